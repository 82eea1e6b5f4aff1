#!/bin/sh

test_description='add, status and verify on a host: the root against commits'

. ./test-lib.sh

# gdh <argument>...: git devops for the host of this test.
gdh () {
	git devops --repo "$SHARNESS_TRASH_DIRECTORY/repo" "$@"
}

# settle: what was done before can be told from what will be done.
settle () {
	sleep 0.02
}

test_expect_success ROOT 'a root' '
	mkdir -p root/etc/ssh root/usr/bin root/var/empty root/tmp &&
	chmod 755 root root/etc root/etc/ssh root/usr root/usr/bin root/var root/var/empty &&
	chmod 1777 root/tmp &&
	ln -s usr/bin root/bin &&
	echo hello >root/etc/motd &&
	echo key >root/etc/ssh/key &&
	chmod 600 root/etc/ssh/key &&
	echo tool >root/usr/bin/tool &&
	chmod 4755 root/usr/bin/tool &&
	ln root/usr/bin/tool root/usr/bin/tool2 &&
	mkfifo -m 644 root/fifo &&
	head -c 3000000 /dev/urandom >root/var/image &&
	chmod 644 root/var/image root/etc/motd &&
	chown 0:7 root/etc/motd &&
	git devops init --host --repo repo --root root --type web >/dev/null
'

test_expect_success ROOT 'status before anything' '
	gdh status >out 2>err &&
	test_must_be_empty err &&
	echo "nothing was applied yet, and web has no commit" >expect &&
	test_cmp expect out &&
	test_expect_code 128 gdh verify 2>err &&
	head -n 1 err >actual &&
	echo "fatal: nothing was applied yet" >expect &&
	test_cmp expect actual
'

test_expect_success ROOT 'add captures the root' '
	gdh add root >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	git --git-dir=repo ls-files >actual &&
	cat >expect <<-\EOF &&
	.devops/mtree
	.gitattributes
	bin
	etc/motd
	etc/ssh/key
	usr/bin/tool
	usr/bin/tool2
	var/image
	EOF
	test_cmp expect actual &&
	git --git-dir=repo show :.devops/mtree | sed 1,2d >actual &&
	cat >expect <<-\EOF &&
	./etc/motd gid=7
	./etc/ssh/key mode=0600
	./fifo type=fifo
	./tmp type=dir mode=1777
	./usr/bin/tool mode=4755
	./usr/bin/tool2 hardlink=./usr/bin/tool
	./var/empty type=dir
	EOF
	test_cmp expect actual &&
	gdh commit -q -m root &&
	git --git-dir=repo fsck --full --strict
'

test_expect_success ROOT 'clean' '
	gdh status --porcelain --exit-code >out &&
	test_must_be_empty out &&
	gdh status --json >out &&
	grep "\"type\":\"summary\".*\"drift\":0,\"pending\":0" out &&
	gdh verify >out &&
	test_must_be_empty out &&
	gdh add -v root >out &&
	test_must_be_empty out
'

test_expect_success ROOT 'drift of every kind' '
	settle &&
	echo jello >root/etc/motd &&
	touch -r root/usr/bin/tool root/etc/motd &&
	chmod 640 root/etc/ssh/key &&
	rm root/fifo &&
	mkdir root/fifo &&
	rmdir root/var/empty &&
	echo unmanaged >root/etc/other &&
	cat >expect <<-\EOF &&
	M  etc/motd
	m  etc/ssh/key
	T  fifo
	D  var/empty
	EOF
	gdh status --porcelain >actual &&
	test_cmp expect actual &&
	settle &&
	test_expect_code 1 gdh status --porcelain --exit-code >actual &&
	test_cmp expect actual &&
	rm repo/devops/statcache &&
	gdh status --porcelain >actual &&
	test_cmp expect actual &&
	tr "\n" "\0" <expect >expect-z &&
	gdh status -z >actual &&
	test_cmp expect-z actual &&
	gdh status >out &&
	tail -n 1 out >actual &&
	echo "4 paths differ from what was applied, web $(git --git-dir=repo rev-parse HEAD | cut -c 1-12)" >expect &&
	test_cmp expect actual
'

test_expect_success ROOT 'verify says in what' '
	test_expect_code 1 gdh verify >actual 2>err &&
	cat >expect <<-\EOF &&
	M etc/motd (content)
	m etc/ssh/key (mode)
	T fifo (type)
	D var/empty
	EOF
	test_cmp expect actual &&
	echo "error: 4 paths are not what was applied" >expect &&
	test_cmp expect err &&
	test_expect_code 1 gdh verify --json >out 2>err &&
	grep "{\"type\":\"path\",\"path\":\"etc/ssh/key\",\"status\":\"m\",\"aspects\":\[\"mode\"\]}" out
'

test_expect_success ROOT 'drift that is captured and committed is none' '
	gdh add root &&
	gdh commit -q -m drifted &&
	settle &&
	gdh status --exit-code &&
	gdh verify
'

test_expect_success ROOT 'a damaged cache hides nothing' '
	printf "\377\377\377" | dd of=repo/devops/statcache bs=1 seek=60 conv=notrunc 2>/dev/null &&
	echo cello >root/etc/motd &&
	echo "M  etc/motd" >expect &&
	gdh status --porcelain >actual &&
	test_cmp expect actual &&
	: >repo/devops/statcache &&
	gdh status --porcelain >actual &&
	test_cmp expect actual
'

test_expect_success ROOT 'what is to come is the second column' '
	applied=$(git --git-dir=repo rev-parse HEAD) &&
	chmod 755 root/etc/motd &&
	rm -r root/tmp &&
	echo new >root/etc/new &&
	gdh add root/etc/motd root/tmp root/etc/new &&
	gdh commit -q -m next &&
	git --git-dir=repo update-ref refs/devops/applied $applied &&
	cat >expect <<-\EOF &&
	MM etc/motd
	 A etc/new
	DD tmp
	EOF
	gdh status --porcelain >actual &&
	test_cmp expect actual &&
	gdh status --json >out &&
	grep "\"path\":\"etc/motd\",\"status\":\"MM\",\"drift\":\[\"content\",\"mode\"\],\"pending\":\[\"content\",\"mode\"\]" out
'

test_expect_success ROOT 'add names what it cannot capture' '
	test_expect_code 128 gdh add root/absent 2>err &&
	echo "fatal: '\''absent'\'' did not match any files" >expect &&
	test_cmp expect err &&
	test_expect_code 128 gdh add . 2>err &&
	grep "^fatal: .* is not in the root " err &&
	mkdir root/home &&
	git init -q root/home/clone &&
	gdh add root/home 2>err &&
	echo "warning: '\''home/clone/.git'\'' is a name that git keeps for itself" >expect &&
	test_cmp expect err &&
	test_expect_code 129 gdh add --spill root 2>err &&
	git init -q plain &&
	test_expect_code 129 git -C plain devops status --porcelain
'

test_expect_success ROOT 'what is gone from a directory is managed no longer' '
	rm -r root/usr/bin/tool root/home root/etc/ssh &&
	gdh add -v root/usr root/home root/etc >out &&
	cat >expect <<-\EOF &&
	add '\''usr/bin/tool2'\''
	remove '\''etc/ssh/key'\''
	remove '\''home/clone'\''
	EOF
	grep -v "usr/bin/tool'\''" out >actual &&
	test_cmp expect actual &&
	git --git-dir=repo show :.devops/mtree >out &&
	! grep "tool hardlink\|ssh" out
'

test_expect_success ROOT 'what is staged, and what holds the host back' '
	mkdir staged && cd staged && . "$TEST_DIR/lib-host.sh" &&
	SHARNESS_TRASH_DIRECTORY=$PWD &&
	new_host &&
	write root/etc/motd one && write root/etc/key key && write root/etc/issue issue && write root/etc/old old &&
	commit_root one &&
	one=$(host_git rev-parse --short=12 HEAD) &&
	write root/etc/motd two && commit_root two &&
	host status >out &&
	echo "the root is as web $(host_git rev-parse --short=12 HEAD) has it" >expect &&
	test_cmp expect out &&
	write root/etc/motd three && write root/etc/new new && chmod 600 root/etc/key &&
	host add -q root/etc/motd root/etc/new root/etc/key &&
	host rm -q root/etc/issue && host rm -q --delete root/etc/old &&
	host status >out &&
	cat >expect <<-\EOF &&
	Changes to be committed:
	  (use "git devops commit" to commit them)
	> forgotten:  etc/issue
	> metadata:   etc/key
	> modified:   etc/motd
	> new file:   etc/new
	> deleted:    etc/old
	> new file:   .gitattributes

	Paths that differ, on the root from what was applied, and this from what is to come:
	m  etc/key
	M  etc/motd
	EOF
	sed -e \$d -e "s/^	/> /" out >actual &&
	test_cmp expect actual &&
	host status --porcelain >actual &&
	printf "%s\n" "m  etc/key" "M  etc/motd" >expect &&
	test_cmp expect actual &&
	host status --json >out &&
	grep "^{\"type\":\"staged\",\"path\":\"etc/issue\",\"status\":\"F\"" out &&
	grep "\"staged\":6,\"held\":false" out &&
	host commit -q -m three && host apply -q &&
	host rollback -q --reason="it was better" $one &&
	host status >out &&
	grep "^held back at $one since .*: it was better$" out &&
	grep "^  (use .git devops apply --resume. " out &&
	host status -q >out &&
	! grep held out &&
	host status --json >out &&
	grep "^{\"type\":\"held\",\"at\":\"$one[0-9a-f]*\",.*\"reason\":\"it was better\"}" out &&
	test_expect_code 1 host status --porcelain --exit-code >out &&
	! grep held out &&
	host apply -q --resume &&
	host status --exit-code >out &&
	! grep held out
'

test_done
