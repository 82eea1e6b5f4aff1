#!/bin/sh

test_description='kill -9 at every system call of git devops add

Whenever it is killed, every file is old or new, both fscks are clean, and the
next run of the same command succeeds with no repair step and leaves nothing
behind.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'add a new large file' '
	add_new &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'add a changed large file' '
	add_changed &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'add many small files' '
	add_small &&
	crash_in_repo "$check"
'

test_expect_success FAULTS 'add a directory of several large files, with one removed' '
	add_several &&
	crash_in_repo "$check"
'

test_done
