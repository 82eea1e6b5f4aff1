#!/bin/sh

test_description='an I/O error at each call that uses the disk

The command says what failed, nothing is staged, and the next run succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='says_why "input/output error" && nothing_staged && old_or_new repo && goes_on'
checkout_check='says_why "input/output error" && staged_if_written && old_or_new repo && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'add a new large file' '
	add_new &&
	eio_in_repo "$check"
'

test_expect_success FAULTS 'add many small files' '
	add_small &&
	eio_in_repo "$check"
'

test_expect_success FAULTS 'add a directory of several large files, with one removed' '
	add_several &&
	eio_in_repo "$check"
'

test_expect_success FAULTS 'check out files that are not there' '
	checkout_absent &&
	eio_in_repo "$checkout_check"
'

test_expect_success FAULTS 'check out other versions' '
	checkout_versions &&
	eio_in_repo "$checkout_check"
'

test_expect_success FAULTS 'gc with dead packs' '
	gc_dead &&
	eio_in_repo "$check"
'

test_expect_success FAULTS 'track' '
	track_patterns &&
	eio_in_repo "$check"
'

test_expect_success FAULTS 'init' '
	init_again &&
	eio_in_repo "$check"
'

test_done
