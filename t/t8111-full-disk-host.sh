#!/bin/sh

test_description='a disk that is full, broken or read-only under what else changes a host

As for apply: the command says what failed, each path of the root is old or new,
and the same command then succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-host-faults.sh"

# fails_each_way [<way>]: full, broken and read-only.
fails_each_way () {
	"${1:-fails_on_host}" enospc "no space left on device" &&
	"${1:-fails_on_host}" eio "input/output error" &&
	"${1:-fails_on_host}" erofs "read-only file system"
}

test_expect_success ROOT 'set up' 'make_host && POINTS_EVERY=17'

test_expect_success ROOT,FAULTS 'add' '
	some_to_add && fails_each_way
'

test_expect_success ROOT,FAULTS 'rollback' '
	one_to_roll_back && fails_each_way fails_repeated
'

test_expect_success ROOT,FAULTS 'resolve' '
	one_to_resolve && fails_each_way fails_repeated
'

test_expect_success ROOT,FAULTS 'drift restore' '
	some_to_restore && fails_each_way
'

test_done
