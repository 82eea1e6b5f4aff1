#!/bin/sh

test_description='actions: what is run after paths of a root changed'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"

# Actions run in the root, which has a shell of its own.

# action <name> <path> <command> [<timeout>]: for .devops/actions.
action () {
	printf "[action \"%s\"]\n\tpath = %s\n\trun = \"%s\"\n" "$1" "$2" "$3"
	test -z "$4" || printf "\ttimeout = %s\n" "$4"
}

# ran <line>...: what the actions have written since the last look.
ran () {
	: >expect &&
	test $# = 0 || printf "%s\n" "$@" >expect &&
	touch root/log &&
	mv root/log actual &&
	test_cmp expect actual
}

test_expect_success ROOT 'a root with a shell, and actions' '
	new_host &&
	mkdir -p root/bin &&
	cp /bin/busybox root/bin/sh &&
	write root/etc/app/a a &&
	write root/etc/app/b b &&
	write root/etc/other other &&
	host add -q root/etc &&
	host commit -q -m first &&
	{
		action app "etc/app/**" "echo app \$GIT_DEVOPS_ACTION \$PWD >>/log; echo to you" &&
		action all "etc/**" "echo all >>/log" &&
		action fails "etc/fails" "test -e /mended && echo mended >>/log" &&
		action slow "etc/slow" "read line </fifo" 100ms
	} >actions &&
	commit_elsewhere actions "mkdir -p .devops && cp ../actions .devops/actions" &&
	host apply -q &&
	ran
'

test_expect_success ROOT 'each is run once, when all files are in place' '
	commit_elsewhere change "echo 1 >etc/app/a && echo 1 >etc/app/b && echo 1 >etc/other" &&
	host apply -n >out &&
	grep "^run *app (" out &&
	ran &&
	host apply >out &&
	ran "app app /" all &&
	grep "^to you$" out &&
	test_path_is_missing repo/devops/actions &&
	host apply -q --exit-code &&
	ran
'

test_expect_success ROOT 'only what matches' '
	commit_elsewhere other "echo 2 >etc/other" &&
	host apply -q &&
	ran all
'

test_expect_success ROOT 'drift and metadata count' '
	chmod 600 root/etc/app/a &&
	host apply -q &&
	ran "app app /" all &&
	rm root/etc/other &&
	host apply -q &&
	ran all
'

test_expect_success ROOT 'one that fails is run again until it succeeds' '
	commit_elsewhere fails "echo 1 >etc/fails" &&
	test_expect_code 3 host apply -q 2>err &&
	grep "action fails: exit status 1" err &&
	ran all &&
	test "$(host_git rev-parse refs/devops/applied)" = "$(host_git rev-parse origin/web)" &&
	grep "\"name\":\"fails\"" repo/devops/actions &&
	test_expect_code 3 host apply -q 2>err &&
	ran &&
	touch root/mended &&
	host apply -q &&
	ran mended &&
	test_path_is_missing repo/devops/actions &&
	host apply -q &&
	ran
'

test_expect_success ROOT 'the report says how it failed, not what it wrote' '
	rm root/mended &&
	sed "s/run = \"test.*/run = \"echo secret; exit 7\"/" actions >actions.new &&
	commit_elsewhere secret "cp ../actions.new .devops/actions && echo 2 >etc/fails" &&
	test_expect_code 3 host apply -q >out 2>err &&
	host report >out &&
	grep "^    run  *fails (failed; exit status 7)" out &&
	test_must_fail grep secret out &&
	ran all &&
	commit_elsewhere back "cp ../actions .devops/actions" &&
	touch root/mended &&
	host apply -q &&
	ran mended
'

test_expect_success ROOT 'not with --no-actions: pending until an apply without' '
	commit_elsewhere no-actions "echo 3 >etc/app/a" &&
	host apply -q --no-actions &&
	ran &&
	host apply -q --no-actions &&
	ran &&
	host apply -q &&
	ran "app app /" all
'

test_expect_success ROOT 'the time that one has' '
	mkfifo root/fifo &&
	commit_elsewhere slow "echo 1 >etc/slow" &&
	test_expect_code 3 host apply -q 2>err &&
	grep "action slow: timed out after 100ms" err &&
	ran all &&
	sed "/slow/,\$d" actions >actions.new &&
	commit_elsewhere no-more "git rm -q etc/slow && cp ../actions.new .devops/actions" &&
	host apply -q &&
	ran all &&
	test_path_is_missing repo/devops/actions
'

test_expect_success ROOT 'not for part of a commit' '
	commit_elsewhere part "echo 4 >etc/app/a" &&
	host apply -q origin/web -- root/etc/app &&
	ran &&
	host apply -q &&
	ran "app app /" all
'

test_expect_success ROOT 'with what a restore or a rollback brings back, too' '
	write root/etc/app/a mine &&
	host apply -q &&
	ran "app app /" all &&
	host drift restore -q root/etc/app/a &&
	ran "app app /" all &&
	host rollback -q &&
	ran "app app /" all &&
	host apply -q --resume &&
	ran "app app /" all
'

test_expect_success ROOT 'after a kill in its middle it is run again' '
	{
		action app "etc/app/**" "test -e /killed || { echo >/killed; kill -9 \$PPID; exit; }; echo app >>/log" &&
		action all "etc/**" "echo all >>/log"
	} >actions.new &&
	commit_elsewhere killed "cp ../actions.new .devops/actions && echo 5 >etc/app/a" &&
	test_expect_code 137 git devops --repo repo apply -q &&
	grep "\"name\":\"app\"" repo/devops/actions &&
	ran &&
	echo 5 >expect &&
	test_cmp expect root/etc/app/a &&
	host apply -q &&
	ran app all &&
	test_path_is_missing repo/devops/actions
'

test_expect_success ROOT 'one that cannot be read stops an apply before anything' '
	printf "[action \"bad\"]\n\trun = ls\n" >actions.new &&
	commit_elsewhere bad "cp ../actions.new .devops/actions && echo 6 >etc/app/a" &&
	test_expect_code 128 host apply -q 2>err &&
	grep "bad" err &&
	echo 5 >expect &&
	test_cmp expect root/etc/app/a
'

test_done
