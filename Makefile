# The whole interface to building git-devops. On a fresh Debian or Ubuntu with
# Go, "make quickstart" and "make test" install what else they need.

PREFIX  ?= /usr/local
DESTDIR ?=
GO      ?= go
PROVE   ?= prove
PROVE_FLAGS ?= -j2
BINARY  ?= bin/git-devops

bindir  = '$(DESTDIR)$(PREFIX)/bin'
mandir  = '$(DESTDIR)$(PREFIX)/share/man/man1'
bashdir = '$(DESTDIR)$(PREFIX)/share/bash-completion/completions'
zshdir  = '$(DESTDIR)$(PREFIX)/share/zsh/site-functions'
fishdir = '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d'

# What git says the version is; without git the module's own version counts.
VERSION ?= $(shell git describe --tags --match 'v*' --always --dirty 2>/dev/null)
LDFLAGS := -X github.com/git-devops/git-devops/porcelain.version=$(VERSION)

BUILD_PACKAGES = libgit2-dev libkrb5-dev libssl-dev pkg-config gcc libc6-dev git make
TEST_PACKAGES  = sharness perl strace shellcheck iproute2 man-db groff-base \
	acl attr busybox-static gpg openssh-client openssh-server e2fsprogs bash-completion util-linux procps \
	dosfstools fusefat

# Where a test cannot be skipped for want of something: what must be there.
ifeq ($(shell id -u),0)
REQUIRE = ROOT TMPFS STRACE FAULTS STATIC SSHD
endif

.PHONY: all deps build-deps quickstart test unit t lint layers man completions \
	links helpers static install bench clean FORCE

all: bin/git-devops bin/gdo man completions links helpers

bin/git-devops: FORCE
	$(GO) build -ldflags '$(LDFLAGS)' -o '$(BINARY)' ./cmd/git-devops

bin/gdo: bin/git-devops
	ln -sf git-devops $@

man: bin/git-devops
	rm -rf bin/man
	bin/git-devops man bin/man/man1

# One link for each verb that has a manual page.
links: man
	for page in bin/man/man1/git-devops-*.1; do \
		link=$${page##*/} && ln -sf git-devops "bin/$${link%.1}" || exit 1; \
	done

completions: bin/git-devops
	rm -rf bin/completions && mkdir -p bin/completions
	bin/git-devops completion bash >bin/completions/git-devops
	cat contrib/completions/git-devops.bash >>bin/completions/git-devops
	bin/git-devops completion zsh >bin/completions/_git-devops
	bin/git-devops completion fish >bin/completions/git-devops.fish
	cp contrib/completions/gdo.fish bin/completions/

# The programs that the tests use.
helpers:
	mkdir -p bin/t
	$(GO) build -o bin/t/ ./t/helper/...

# One executable for any current Debian or Ubuntu, without libgit2. What stays
# dynamic is libc and libgssapi-krb5, which openssh-client brings.
static:
	CGO_LDFLAGS="-Wl,-Bstatic $$(pkg-config --static --libs libgit2 libssh2) \
		-Wl,-Bdynamic -lgssapi_krb5" \
	$(GO) build -tags static,system_libgit2 -ldflags '$(LDFLAGS)' \
		-o bin/static/git-devops ./cmd/git-devops

build-deps:
	@PACKAGES="$(BUILD_PACKAGES)" t/deps.sh

deps:
	@PACKAGES="$(BUILD_PACKAGES) $(TEST_PACKAGES)" t/deps.sh
	$(GO) mod download
	t/s3-server.sh

quickstart: build-deps
	$(MAKE) all
	t/quickstart.sh

test: deps
	$(MAKE) lint unit t

# The model of package copies has no goroutines, and many states.
unit:
	$(GO) test -race ./...
	$(GO) test -run Model ./plumbing/copies

t: all static
	@t/fault-summary.sh forget
	cd t && GIT_DEVOPS_TEST_REQUIRE="$(REQUIRE)" $(PROVE) $(PROVE_FLAGS) ./t[0-9]*.sh
	@t/fault-summary.sh

lint: layers
	@files=$$(gofmt -l chunkstore plumbing porcelain cmd hooks t) && \
		if test -n "$$files"; then echo "gofmt: $$files"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	shellcheck --severity=warning $(filter-out %.go,$(wildcard .ci/run t/*.sh t/*/*.sh \
		hooks/* contrib/*/*.sh contrib/*/*.bash))

# The layers import each other in one direction only.
layers:
	@$(GO) run ./t/helper/layers

install: all
	install -d $(bindir) $(mandir) $(bashdir) $(zshdir) $(fishdir)
	install bin/git-devops $(bindir)/git-devops
	ln -sf git-devops $(bindir)/gdo
	for page in bin/man/man1/*.1; do \
		name=$${page##*/} && install -m 644 "$$page" $(mandir)/ && \
		case $$name in git-devops-*) ln -sf git-devops $(bindir)/"$${name%.1}";; esac || exit 1; \
	done
	install -m 644 bin/completions/git-devops $(bashdir)/git-devops
	ln -sf git-devops $(bashdir)/gdo
	install -m 644 bin/completions/_git-devops $(zshdir)/_git-devops
	install -m 644 bin/completions/git-devops.fish bin/completions/gdo.fish $(fishdir)/

bench: all
	$(GO) test -run '^$$' -bench . ./chunkstore/... ./plumbing/...
	t/perf/figures.sh

clean:
	rm -rf bin
