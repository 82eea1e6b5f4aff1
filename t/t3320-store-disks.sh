#!/bin/sh

test_description='stores on disks as they are: FAT, and one with errors

FAT knows no modes, no links and no inode numbers that last; a disk that fails
is told of, and nothing is lost that it does not have.'

. ./lib-mounts.sh
. "$TEST_DIR/lib-large.sh"

# mount_fat <image> <dir>: by the kernel, or where it knows no FAT, by FUSE.
mount_fat () {
	mount -t vfat -o loop "$1" "$2" 2>/dev/null ||
	fusefat -o rw+ "$1" "$2" >/dev/null 2>&1
}

if truncate -s 16M probe.img && mkdir probe && {
	mkfs.vfat probe.img && mount_fat probe.img probe && touch probe/file && umount probe
} >/dev/null 2>&1
then
	test_set_prereq FAT
fi

# in_repo <command>...: git devops in the repository.
in_repo () {
	git -C repo devops "$@"
}

# held: how many chunks are held.
held () {
	(cd repo && held_chunks) >list && wc -l <list
}

total=
test_expect_success 'set up' '
	large_repo repo &&
	make_random repo/a.bin 400000 1 &&
	cp repo/a.bin a &&
	in_repo add a.bin &&
	git -C repo commit -q -m a &&
	total=$(held) &&
	id=$(cd repo && manifest_chunks :a.bin | head -n 1) &&
	body=objects/$(echo "$id" | sed "s/^../&\//")
'

test_expect_success FAT 'FAT: copy there, pull the plug, copy back' '
	truncate -s 40M disk.img &&
	mkfs.vfat disk.img &&
	mkdir disk &&
	mount_fat disk.img disk &&
	in_repo store add fat dir:../disk &&
	in_repo copy --to=fat --json >out &&
	test "$(json copy chunks out)" = "$total" &&
	umount disk &&
	test_expect_code 128 git -C repo devops copy --from=fat 2>err &&
	grep "is offline" err &&
	test_expect_code 13 git -C repo devops drop &&
	mount_fat disk.img disk &&
	in_repo store check --read &&
	in_repo copy --to=fat --json >out &&
	test "$(json copy chunks there out)" = "0 $total" &&
	in_repo drop &&
	test "$(held)" = 0 &&
	in_repo get &&
	test "$(held)" = "$total"
'

test_expect_success FAT 'FAT: damaged, repaired, moved there and back' '
	printf x | dd of="disk/$body" bs=1 seek=1000 conv=notrunc 2>/dev/null &&
	test_expect_code 13 git -C repo devops store check --read fat &&
	in_repo store check --repair fat &&
	in_repo store check --read fat &&
	in_repo move --to=fat &&
	test "$(held)" = 0 &&
	rm repo/a.bin &&
	in_repo checkout &&
	assert_same repo/a.bin a &&
	in_repo move --from=fat &&
	find disk/objects disk/tmp -type f >left &&
	test_must_be_empty left &&
	in_repo fsck &&
	in_repo store remove fat &&
	umount disk
'

# told: an error was met by everyone who had to know.
told () {
	test "$POINT_STATUS" = 0 ||
	grep -q -i "input/output error\|failed to write\|unable to write" .harness/out
}

# safe: every chunk is here or on the disk, whole.
safe () {
	(cd repo && held_chunks) >some &&
	in_repo fsck --quick >found 2>&1
	! grep "^damaged" found &&
	in_repo store check --read disk &&
	find shelf/objects -type f | sed "s:^shelf/objects\|/::g" >>some &&
	test "$(sort -u some | wc -l)" = "$total"
}

# Both sides as they were, for each point.
test_expect_success 'set up a disk with errors' '
	in_repo store add disk dir:../shelf &&
	rm repo/.git/devops/known/store-* &&
	cp -a repo repo.full && cp -a shelf shelf.empty &&
	in_repo move --to=disk &&
	in_repo gc &&
	cp -a repo repo.empty && cp -a shelf shelf.full
'

POINTS_BELOW=$(pwd -P)/shelf

# as <repository> <store>: put both back.
as () {
	rm -rf repo shelf && cp -a "repo.$1" repo && cp -a "shelf.$2" shelf
}

test_expect_success FAULTS 'an error at each call of move --to' '
	eio_points "as full empty" \
		"told && safe && in_repo move --to=disk && safe && test \"\$(held)\" = 0" \
		git -C repo devops move --to=disk
'

test_expect_success FAULTS 'an error at each call of move --from' '
	eio_points "as empty full" \
		"told && safe && in_repo move --from=disk && safe && test \"\$(held)\" = $total" \
		git -C repo devops move --from=disk
'

# failing <call> <path> <command>...: that call on the path says EIO.
failing () {
	local call=$1 path=$2
	shift 2
	strace -f -qq -o /dev/null -P "$path" -e trace="$call" -e inject="$call":error=EIO "$@"
}

test_expect_success STRACE 'a chunk that cannot be read' '
	as empty full &&
	path=$(pwd -P)/shelf/$body &&
	test_expect_code 128 failing read "$path" git-devops -C repo copy --from=disk 2>err &&
	grep -i "input/output error" err &&
	test_expect_code 1 failing read "$path" git-devops -C repo store check --read 2>err &&
	grep -i "input/output error" err &&
	cmp "$path" "shelf.full/$body" &&
	in_repo copy --from=disk &&
	test "$(held)" = "$total" &&
	test_expect_code 1 failing read "$path" git-devops -C repo store check --repair 2>err &&
	cmp "$path" "shelf.full/$body"
'

test_expect_success STRACE 'a disk that cannot tell what it has is no proof' '
	as full full &&
	test_expect_code 13 failing newfstatat,openat "$(pwd -P)/shelf/$(dirname "$body")" \
		git-devops -C repo drop 2>err &&
	grep -i "disk: .*input/output error" err &&
	test "$(held)" = "$total"
'

test_done
