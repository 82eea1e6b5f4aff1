#!/bin/sh

test_description='kill -9 at every system call of what else changes a host

As for apply: each path is old or new, and the same command then succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-host-faults.sh"

test_expect_success ROOT 'set up' 'make_host'

test_expect_success ROOT,FAULTS 'add' '
	some_to_add && crash_on_host
'

test_expect_success ROOT,FAULTS 'rm' '
	back_to begin &&
	scenario rm "git devops --repo repo rm -q -r root/etc root/srv/large" &&
	crash_repeated
'

test_expect_success ROOT,FAULTS 'rollback' '
	one_to_roll_back && crash_repeated
'

test_expect_success ROOT,FAULTS 'resolve' '
	one_to_resolve && crash_repeated
'

test_done
