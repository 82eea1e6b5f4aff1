#!/bin/sh

test_description='a disk that is full from each call on that needs space

The command says what failed, nothing is staged, and when there is space again
it succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='says_why "no space left on device" && nothing_staged && old_or_new repo && goes_on'
checkout_check='says_why "no space left on device" && staged_if_written && old_or_new repo && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'add a new large file' '
	add_new &&
	enospc_in_repo "$check"
'

test_expect_success FAULTS 'add many small files' '
	add_small &&
	enospc_in_repo "$check"
'

test_expect_success FAULTS 'add a directory of several large files, with one removed' '
	add_several &&
	enospc_in_repo "$check"
'

test_expect_success FAULTS 'check out files that are not there' '
	checkout_absent &&
	enospc_in_repo "$checkout_check"
'

test_expect_success FAULTS 'check out other versions' '
	checkout_versions &&
	enospc_in_repo "$checkout_check"
'

test_expect_success FAULTS 'gc with dead packs' '
	gc_dead &&
	enospc_in_repo "$check"
'

test_expect_success FAULTS 'track' '
	track_patterns &&
	enospc_in_repo "$check"
'

test_expect_success FAULTS 'init' '
	init_again &&
	enospc_in_repo "$check"
'

test_done
