#!/bin/sh

test_description='kill -9 at every system call of init, track and untrack'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'init of a repository' '
	init_again &&
	crash_in_repo "$check"
'

# created: init of ./repo that was killed is done again, and what it made works.
created () {
	if test -e repo/.git
	then
		test_git_fsck repo
	fi &&
	git devops init -q repo &&
	ls -A repo >actual &&
	test_cmp expect actual &&
	(
		cd repo &&
		git devops add . &&
		test_commit first &&
		git devops fsck -q &&
		git devops gc -q
	) &&
	no_rests repo
}

test_expect_success FAULTS 'init of a new repository' '
	mkdir -p new/before no-templates &&
	echo content >new/before/file &&
	printf ".git\nfile\n" >expect &&
	git config --global init.templateDir "$PWD/no-templates" &&
	test_when_finished "git config --global --unset init.templateDir" &&
	crash_points "rm -rf repo && cp -a new/before repo" created git devops init repo
'

test_expect_success FAULTS 'init --uninstall' '
	scenario uninstall : "git devops init -q --uninstall" &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'track' '
	track_patterns &&
	crash_in_repo "$check"
'

# The second time there is nothing to take away.
untracked () {
	keeps_promises &&
	command="$command || test \$? = 1" &&
	goes_on
}

test_expect_success FAULTS 'untrack' '
	scenario untrack : "git devops untrack -q /big" &&
	crash_in_repo untracked
'

test_done
