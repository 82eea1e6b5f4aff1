#!/bin/sh

test_description='a disk that is full, or broken, while chunks go between machines

The command says what failed, nothing is lost, and the next run succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-copies.sh"

# told <error>: where the command did not succeed, it named the error; git has
# words of its own for an index and a ref.
told () {
	test "$POINT_STATUS" = 0 ||
	grep -q -i "$1\|write error. out of diskspace\|unable to write new index file\|couldn.t [sw]" .harness/out
}

# survives <error> <check> <command>...: it was told, nothing is lost, and the same
# command now succeeds.
survives () {
	local error="$1" done="$2" &&
	shift 2 &&
	told "$error" &&
	git -C world/host fsck --full --strict >found 2>&1 &&
	{ git -C world/host devops fsck >found 2>&1 || test $? = 13; } &&
	! grep "^damaged" found &&
	nowhere_none &&
	"$@" &&
	eval "$done"
}

full_in_world () {
	TEMPLATE=$1 done="$2" &&
	shift 2 &&
	enospc_points "from $TEMPLATE" "survives \"no space left on device\" $done $*" "$@"
}

broken_in_world () {
	TEMPLATE=$1 done="$2" &&
	shift 2 &&
	eio_points "from $TEMPLATE" "survives \"input/output error\" $done $*" "$@"
}

test_expect_success 'set up' '
	make_world && mv world template &&
	variant all "git -C host devops sync && git -C host merge -q" &&
	variant second "git -C host devops get"
'

fetched () {
	held_by world/host >holds &&
	test_cmp chunks holds &&
	test "$(git -C world/host rev-parse origin/main)" = "$(git -C world/hub rev-parse main)"
}

got () {
	chunks_of world/host >needed &&
	held_by world/host >holds &&
	test_cmp needed holds
}

all_stored () {
	stored world/store >holds &&
	test_cmp chunks holds
}

nothing_here () {
	held_by world/host >holds &&
	test_must_be_empty holds
}

test_expect_success FAULTS 'get, full' '
	PLACES=hub &&
	full_in_world template got git -C world/host devops get
'

test_expect_success FAULTS 'copy --to a store, broken' '
	PLACES=host &&
	broken_in_world all all_stored git -C world/host devops copy --to=disk
'

test_expect_success FAULTS 'drop, full' '
	PLACES="hub host" &&
	full_in_world all nothing_here git -C world/host devops drop --no-gc
'

test_expect_success FAULTS,EXPENSIVE 'sync, full' '
	PLACES=hub &&
	full_in_world second fetched git -C world/host devops sync
'

test_expect_success FAULTS,EXPENSIVE 'get, broken' '
	PLACES=hub &&
	broken_in_world template got git -C world/host devops get
'

test_expect_success FAULTS,EXPENSIVE 'copy --to a store, full' '
	PLACES=host &&
	full_in_world all all_stored git -C world/host devops copy --to=disk
'

test_expect_success FAULTS,EXPENSIVE 'sync, broken' '
	PLACES=hub &&
	broken_in_world second fetched git -C world/host devops sync
'

test_expect_success FAULTS,EXPENSIVE 'drop, broken' '
	PLACES="hub host" &&
	broken_in_world all nothing_here git -C world/host devops drop
'

test_expect_success ROOT,TMPFS 'a store that is really full' '
	PLACES=host &&
	from all &&
	mkdir -p world/store &&
	with_small_disk 1 small &&
	git -C world/host devops store add -q small "dir:$(pwd -P)/small" &&
	for free in 0 4 64 120 200
	do
		rm -f small/ballast &&
		dd if=/dev/zero of=small/ballast bs=1k count=$(($(df -k --output=avail small | tail -n 1) - free)) 2>/dev/null
		test_expect_code 128 git -C world/host devops copy --to=small >out 2>&1 &&
		grep -i "no space left on device" out &&
		rm small/ballast &&
		git -C world/host devops store check --read small &&
		nowhere_none || return 1
	done &&
	git -C world/host devops copy --to=small &&
	stored small >holds &&
	test_cmp chunks holds
'

test_done
