#!/bin/sh

test_description='kill -9 at every system call of copy and move

Whenever it is killed, no chunk is nowhere and both fscks are clean; the same
command then succeeds with no repair step and leaves nothing behind.'

. ./test-lib.sh
. "$TEST_DIR/lib-copies.sh"

test_expect_success 'set up' '
	make_full_template
'

all_stored () {
	stored world/store >holds &&
	test_cmp chunks holds
}

all_moved () {
	all_stored && nothing_here
}

test_expect_success FAULTS,EXPENSIVE 'copy --to a store' '
	PLACES="host" &&
	crash_in_world template all_stored git -C world/host devops copy --to=disk
'

test_expect_success FAULTS 'copy --from a store' '
	PLACES="store" &&
	variant empty "git -C host devops copy --to=disk && git -C host devops drop" &&
	crash_in_world empty all_here git -C world/host devops copy --from=disk
'

test_expect_success FAULTS 'move --to a store' '
	PLACES="store host" &&
	variant alone "git -C host remote remove origin" &&
	crash_in_world alone all_moved git -C world/host devops move --to=disk
'

test_expect_success FAULTS,EXPENSIVE 'move --from a store' '
	PLACES="store host" &&
	variant moved "git -C host remote remove origin && git -C host devops move --to=disk" &&
	crash_in_world moved all_here git -C world/host devops move --from=disk
'

test_done
