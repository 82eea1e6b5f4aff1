#!/bin/sh

test_description='git devops apply is asked to end

It ends between two steps with exit code 130, and the next run finishes.'

. ./test-lib.sh
. "$TEST_DIR/lib-host-faults.sh"

# ended: at once, or it had nothing more to do.
ended () {
	test "$POINT_STATUS" = 130 || test "$POINT_STATUS" = 0
}

test_expect_success ROOT,FAULTS 'at every system call' '
	make_host &&
	files_change &&
	# git in front of it would get the signal.
	command="git-devops --repo repo apply -q" &&
	term_points "$setup" "ended && keeps_promises && goes_on" sh -c "exec $command" &&
	eval "$setup" &&
	test_expect_code 130 faults -at 30 -term sh -c "exec $command" 2>err &&
	grep "^fatal: interrupted" err
'

test_done
