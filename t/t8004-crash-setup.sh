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
	crash_points "$setup" "cmp_config && goes_on && cmp_config" sh -c "$(in_repo "$command")"
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
