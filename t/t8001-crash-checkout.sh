#!/bin/sh

test_description='kill -9 at every system call of git devops checkout

Each file has its old or its new content, whole, and the next run finishes.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'check out files that are not there' '
	checkout_absent &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'check out other versions, taking chunks from the files' '
	checkout_versions &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'check out an executable file in a new directory' '
	checkout_executable &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'the next run clears the spool before it writes' '
	rm -rf repo && cp -a template repo &&
	(
		cd repo &&
		rm big &&
		kill_before pwrite64 git devops checkout &&
		test -n "$(ls .git/devops/spool)" &&
		git devops checkout &&
		assert_same big ../template/big &&
		test -z "$(ls .git/devops/spool)"
	)
'

test_expect_success FAULTS,ROOT,TMPFS 'a work tree on another file system is clear, too' '
	rm -rf repo && cp -a template repo &&
	with_small_disk 4 disk &&
	git -C repo worktree add -q --detach "$PWD/disk/tree" &&
	(
		cd disk/tree &&
		rm big other &&
		test_expect_code 137 faults -at 4 git devops checkout &&
		ls >left &&
		grep git-devops-tmp left &&
		rm left &&
		git devops checkout &&
		printf "big\nother\nsmall\n" >../expect &&
		ls >../actual &&
		test_cmp ../expect ../actual
	)
'

test_done
