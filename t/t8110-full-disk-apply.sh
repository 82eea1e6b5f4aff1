#!/bin/sh

test_description='a disk that is full, broken or read-only while a host changes

The command says what failed; each path of the root is old or new; the next run
finishes with no repair step.'

. ./test-lib.sh
. "$TEST_DIR/lib-host-faults.sh"

full="no space left on device" broken="input/output error" locked="read-only file system"

test_expect_success ROOT 'set up' 'make_host'

test_expect_success ROOT,FAULTS 'files are added, changed and removed, full' '
	files_change && fails_on_host enospc "$full"
'

test_expect_success ROOT,FAULTS 'files are added, changed and removed, broken' '
	fails_on_host eio "$broken"
'

test_expect_success ROOT,FAULTS 'files are added, changed and removed, read-only' '
	fails_on_host erofs "$locked"
'

test_expect_success ROOT,FAULTS,EXPENSIVE 'drift is saved, full' '
	drift_is_saved && fails_on_host enospc "$full"
'

test_expect_success ROOT,FAULTS,EXPENSIVE 'drift is saved, broken' '
	fails_on_host eio "$broken"
'

test_expect_success ROOT,FAULTS,EXPENSIVE 'types change, broken' '
	types_change && fails_on_host eio "$broken"
'

test_done
