#!/bin/sh

test_description='what is captured on one root is the same when applied to another'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"
. "$TEST_DIR/lib-scatter.sh"

seeds=12
test_have_prereq !EXPENSIVE || seeds=400

# carry <message>: commit the first root, and bring the second there.
carry () {
	host add -q root &&
	host commit -q --allow-empty -m "$1" &&
	git --git-dir=second.git fetch -q origin &&
	second apply -q >out &&
	test_must_be_empty out &&
	portrait root >expect &&
	looks_so second &&
	calm second
}

# calm <verb>: the host finds nothing to do.
calm () {
	"$1" status --porcelain --exit-code >out &&
	test_must_be_empty out &&
	"$1" apply -q --exit-code
}

# round_trip <seed>: a tree over the last one, onto an empty root, and changed.
round_trip () {
	rm -rf root empty &&
	mkdir root empty &&
	scatter make root "$1" &&
	carry "$1" &&
	second apply -q --root empty &&
	looks_so empty &&
	for n in 1 2 3 4
	do
		scatter change root "$1$n" &&
		carry "$1, changed $n" || return 1
	done &&
	scatter spoil second "$1" &&
	second apply -q &&
	looks_so second &&
	calm host
}

# On tmpfs, because a disk would be waited for most of the time.
test_expect_success ROOT,TMPFS 'random trees' '
	with_small_disk 4000 disk &&
	(
		cd disk &&
		SHARNESS_TRASH_DIRECTORY=$PWD &&
		new_host &&
		with_mtimes &&
		# In the background it would work where a root has just been removed.
		host_git config gc.autoDetach false &&
		new_second &&
		for seed in $(seq 1 $seeds)
		do
			round_trip $seed || { echo "seed $seed" && exit 1; }
		done &&
		host_git fsck --no-dangling --full --strict &&
		git --git-dir=second.git fsck --no-dangling --full --strict &&
		second verify
	)
'

# Shorter holes than a chunk are stored as the zeroes that they are read as.
test_expect_success ROOT 'the holes of a large file are holes elsewhere' '
	new_host &&
	truncate -s 64M root/disk &&
	printf x | dd of=root/disk bs=1M seek=30 conv=notrunc 2>/dev/null &&
	commit_root sparse &&
	mkdir other &&
	host apply -q --root other &&
	cmp root/disk other/disk &&
	test "$(du -k other/disk | cut -f 1)" -le 2048
'

test_done
