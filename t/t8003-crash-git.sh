#!/bin/sh

test_description='kill -9 at every system call of git that runs our filter

git, when it is killed, leaves its index.lock: that must go by hand, as ever.
All else is as after our own commands.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='rm -f repo/.git/index.lock && keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'git add of new and changed files' '
	scenario add "
		git devops track \"*.bin\" &&
		make_random new.bin 200000 3 &&
		make_random part 100000 4 && cat part >>big && rm part
	" "git add ." &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_done
