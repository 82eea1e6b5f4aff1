#!/bin/sh

test_description='make lint refuses imports against the layers

cmd -> porcelain -> plumbing -> chunkstore, checked on a copy of the module
into which forbidden imports are planted.'

. ./test-lib.sh

# Go's caches are the person's, so that nothing is compiled or loaded again. The
# make that runs the tests is not this one's: it would announce directories.
in_copy () {
	(
		unset MAKEFLAGS MAKELEVEL MFLAGS &&
		HOME=$ORIGINAL_HOME &&
		export HOME &&
		cd copy &&
		"$@"
	)
}

# plant <package> <import> [<name of the package>]: a file that imports it, the
# only one planted.
plant () {
	rm -f copy/*/planted.go copy/*/*/planted.go copy/*/*/*/planted.go &&
	mkdir -p "copy/$1" &&
	printf 'package %s\n\nimport _ "%s"\n' "${3:-$(basename "$1")}" "$2" >"copy/$1/planted.go"
}

ours=github.com/git-devops/git-devops

test_expect_success 'a copy of the module' '
	mkdir copy &&
	for dir in chunkstore cmd hooks plumbing porcelain t
	do
		(cd "$TOP" && find "$dir" -name "*.go" -o -name help.txt -o -name pre-push) >list &&
		(cd "$TOP" && tar cf - -T -) <list >tar &&
		tar xf tar -C copy || return 1
	done &&
	cp "$TOP/go.mod" "$TOP/go.sum" "$TOP/Makefile" copy/
'

test_expect_success 'the module as it is keeps the layers' '
	in_copy make layers >out &&
	test_must_be_empty out
'

# refuse <description> <package> <import> [<name of the package>]
refuse () {
	local title="$1" from="$2" imported="$3" name="$4"
	test_expect_success "refused: $title" "
		plant '$from' '$imported' '$name' &&
		test_must_fail in_copy make layers >out &&
		grep '^$from imports $imported: ' out
	"
}

refuse 'chunkstore using plumbing' chunkstore $ours/plumbing/pktline
refuse 'chunkstore using another library' chunkstore github.com/klauspost/compress/zlib
refuse 'a store using the library of another' chunkstore/dir github.com/minio/minio-go/v7
refuse 'chunkstore using cgo' chunkstore C
refuse 'plumbing using porcelain' plumbing/pktline $ours/porcelain/ui
refuse 'plumbing using cobra' plumbing/pktline github.com/spf13/cobra
refuse 'plumbing using flags' plumbing/pktline github.com/spf13/pflag
refuse 'git2go outside plumbing/repo' plumbing/pktline github.com/libgit2/git2go/v34
refuse 'porcelain using git2go' porcelain github.com/libgit2/git2go/v34
refuse 'terminals outside porcelain/ui' porcelain golang.org/x/term
refuse 'porcelain using cmd' porcelain $ours/cmd/git-devops
refuse 'cmd using plumbing' cmd/git-devops $ours/plumbing/pktline main
refuse 'contrib used by anything' plumbing/pktline $ours/contrib/x

test_expect_success 'refused: a test that turns the layers round' '
	plant chunkstore/planted fmt &&
	rm copy/chunkstore/planted/planted.go &&
	printf "package planted_test\n\nimport _ \"%s\"\n" $ours/porcelain >copy/chunkstore/planted/x_test.go &&
	test_must_fail in_copy make layers >out &&
	grep "^chunkstore/planted imports $ours/porcelain: " out
'

test_expect_success 'make lint makes that check' '
	in_copy make -n lint >out &&
	grep "helper/layers" out
'

test_done
