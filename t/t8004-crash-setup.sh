#!/bin/sh

test_description='kill -9 at every system call of init, track and untrack'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'init of a repository' '
	scenario init "git devops init -q --uninstall" "git devops init" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'init of a new repository, and of one that git could not finish' '
	mkdir -p new/before &&
	echo content >new/before/file &&
	crash_points "rm -rf repo && cp -a new/before repo" "
		if test -e repo/.git
		then
			test_git_fsck repo
		fi &&
		git devops init -q repo &&
		test_git_fsck repo &&
		test \$(git -C repo config filter.devops.process) &&
		(cd repo && git devops add . && test_commit first) &&
		git -C repo devops fsck -q &&
		git -C repo devops gc -q &&
		no_rests repo &&
		test \"\$(ls -A repo)\" = \".git\${LF}file\"
	" git devops init repo
'

test_expect_success FAULTS 'init --uninstall' '
	scenario uninstall : "git devops init --uninstall" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'track' '
	scenario track : "git devops track \"*.bin\" \"*.img\"" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'untrack' '
	scenario untrack : "git devops untrack /big" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_done
