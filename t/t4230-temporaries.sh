#!/bin/sh

test_description='temporary names: what a killed apply has left is nobody'"'"'s file

Neither add nor the plan takes it for something on the root.'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"

test_expect_success ROOT,STRACE 'an apply is killed before the first rename' '
	new_host &&
	write root/etc/motd hello &&
	write root/srv/new/keep it &&
	commit_root first &&
	host apply -q &&
	commit_elsewhere second "echo x >srv/new/x && echo y >etc/motd" &&
	test_expect_code 137 strace -f -qq -o trace -e inject=renameat2:signal=KILL:when=1 \
		git-devops --repo repo apply -q &&
	find root -name ".git-devops-*" | sort >left &&
	test_line_count = 2 left
'

test_expect_success ROOT,STRACE 'add passes it by, with a word, and refuses it by name' '
	temporary=$(grep /etc/ left) &&
	temporary=${temporary#root/} &&
	host add root 2>err &&
	grep "^warning: .$temporary. is a temporary name of an apply" err &&
	host_git ls-files >files &&
	! grep git-devops files &&
	test_expect_code 128 host add "root/$temporary" 2>err &&
	grep "^fatal: .$temporary. is a temporary name" err &&
	grep "^hint: .*git devops apply" err
'

test_expect_success ROOT,STRACE 'status tells nothing of it' '
	host status --porcelain >out &&
	! grep git-devops- out
'

test_expect_success ROOT,STRACE 'its directory goes, as the plan says' '
	git -C elsewhere rm -q -r srv &&
	git -C elsewhere commit -q -m third &&
	host_git fetch -q origin &&
	host apply -n >out &&
	grep "^rmdir *srv/new" out &&
	! grep "^leave" out &&
	plan=$(sed -n "s/^plan \([0-9a-f]*\): .*/\1/p" out) &&
	host apply -q --plan="$plan" &&
	test_path_is_missing root/srv &&
	find root -name ".git-devops-*" >left &&
	test_must_be_empty left
'

test_done
