#!/bin/sh

test_description='kill -9 at every system call, beside what earlier kills have left, and in git

git, when it is killed, leaves its index.lock: that must go by hand, as ever.
All else is as after our own commands.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

# A writer that is dead, its finished pack that nothing names, an unfinished one.
test_expect_success FAULTS 'add beside what earlier kills have left' '
	scenario beside "
		make_random lost 110000 8 &&
		kill_before writev git devops add lost &&
		cp -a .git/devops/spool ../spool &&
		kill_before rename.*/held git devops add lost &&
		cp -a ../spool/. .git/devops/spool &&
		make_random new 110000 9
	" "git devops add new" &&
	find beside/before/.git/objects/pack beside/before/.git/devops >left &&
	test $(grep -c "keep\$" left) -ge 2 &&
	grep /writers/writer- left &&
	grep /spool/git-devops-tmp- left &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'git add of new and changed files' '
	add_by_git &&
	crash_in_repo "rm -f repo/.git/index.lock && $check"
'

test_done
