#!/bin/sh

test_description='kill -9 at every system call of git devops gc

Nothing that is held is lost, and the next run finishes.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'gc with an abandoned pack' '
	scenario abandoned "
		make_random lost 200000 8 &&
		kill_before rename.*/held git devops add lost &&
		rm lost &&
		git checkout .gitattributes
	" "git devops gc" &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'gc with a dead pack and a mostly dead one' '
	gc_dead &&
	test $(ls $name/before/.git/objects/pack/*.keep | wc -l) = 3 &&
	test $(ls $name/after/.git/objects/pack/*.keep | wc -l) = 2 &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'gc with many small packs' '
	gc_many &&
	test $(ls $name/after/.git/objects/pack/*.keep | wc -l) = 1 &&
	crash_in_repo "$check"
'

test_done
