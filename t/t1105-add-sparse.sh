#!/bin/sh

test_description='holes: not read, not stored, and holes again when checked out'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# blocks <file>: what it takes on disk, in units of 512 bytes.
blocks () { stat -c %b "$1"; }

# assert_blocks <most> <file>
assert_blocks () {
	test "$(blocks "$2")" -le "$1" || {
		echo "assert_blocks: '$2' takes $(blocks "$2") blocks, not at most $1" >&2
		return 1
	}
}

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	make_random data 400000 1 &&
	truncate -s 50M image &&
	dd if=data of=image bs=1M seek=10 conv=notrunc 2>../err &&
	dd if=data of=image bs=1M seek=30 conv=notrunc 2>../err &&
	rm data &&
	blocks image >../blocks &&
	test $(cat ../blocks) -lt 4000
'

test_expect_success 'only data is stored, and what repeats once' '
	git devops add --json image >../out &&
	json add size stored ../out >../actual &&
	read size stored <../actual &&
	test $size = 52428800 &&
	test $stored -lt 450000 &&
	git cat-file blob :image >../manifest &&
	grep "^hole " ../manifest >../holes &&
	test_line_count = 3 ../holes &&
	git commit -q -m image &&
	assert_clean
'

test_expect_success 'git devops checkout makes the holes again' '
	sha256sum image >../sum &&
	rm image &&
	git devops checkout &&
	sha256sum -c ../sum &&
	assert_blocks $(($(cat ../blocks) + 64)) image &&
	assert_clean
'

test_expect_success 'zeroes that were written become holes, too' '
	head -c 20000000 /dev/zero >zeroes &&
	test $(blocks zeroes) -gt 30000 &&
	git devops add zeroes &&
	git commit -q -m zeroes &&
	rm zeroes &&
	git devops checkout &&
	assert_blocks 64 zeroes &&
	cmp -n 20000000 zeroes /dev/zero &&
	assert_clean
'

test_expect_success 'a hole that is filled, and data that becomes a hole' '
	make_random data 300000 2 &&
	dd if=data of=image bs=1M seek=20 conv=notrunc 2>../err &&
	fallocate --punch-hole --offset 10485760 --length 262144 image &&
	rm data &&
	sha256sum image >../sum &&
	git devops add image &&
	git commit -q -m changed &&
	rm image &&
	git devops checkout &&
	sha256sum -c ../sum &&
	assert_clean &&
	git devops checkout HEAD~1 -- image &&
	git diff --cached --quiet HEAD~1 -- image &&
	git devops checkout HEAD -- image &&
	sha256sum -c ../sum &&
	assert_blocks 4000 image &&
	assert_clean
'

test_expect_success 'preallocated but unwritten space reads as zeroes' '
	fallocate -l 10000000 allocated &&
	git devops add allocated &&
	git cat-file blob :allocated >../manifest &&
	grep "^hole 10000000$" ../manifest
'

test_expect_success 'a file system without holes: the same manifest' '
	git devops cat :image >../whole &&
	cp --sparse=never ../whole dense &&
	git devops add dense &&
	test "$(git rev-parse :dense)" = "$(git rev-parse :image)"
'

test_expect_success 'ls counts holes' '
	git devops ls --json >../out &&
	json summary holes ../out >../actual &&
	test $(cat ../actual) -gt 100000000
'

test_expect_success 'a file of more than 8 GiB with some data at its end' '
	git devops init -q ../big &&
	cd ../big &&
	truncate -s 8193M disk &&
	make_random data 3000000 3 &&
	dd if=data of=disk bs=1M seek=8190 conv=notrunc 2>../err &&
	test $(stat -c %s disk) = 8590983168 &&
	git devops add --json disk >../out &&
	json add size stored ../out >../actual &&
	read size stored <../actual &&
	test $size = 8590983168 &&
	test $stored -lt 3100000 &&
	git commit -q -m disk
'

test_expect_success 'its end can be read at once' '
	git devops cat --offset=8587837440 disk >../tail &&
	test $(stat -c %s ../tail) = 3145728 &&
	cmp -n 3000000 data ../tail
'

test_expect_success 'it comes back as sparse as it was' '
	blocks disk >../blocks &&
	rm disk &&
	git devops checkout &&
	test $(stat -c %s disk) = 8590983168 &&
	assert_blocks $(($(cat ../blocks) + 1024)) disk &&
	dd if=disk bs=1M skip=8190 2>../err | cmp -n 3000000 - data &&
	git devops status --json >../out &&
	json file state held ../out >../actual &&
	echo "materialised held" >../expect &&
	test_cmp ../expect ../actual
'

test_done
