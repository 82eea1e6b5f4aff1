#!/bin/sh

test_description='hostile roots: what others do to a root while it is changed

Users swap directories for links, files for fifos, and edit what is about to be
replaced; disks are full, read-only, or know less than ours.'

. ./lib-mounts.sh
. "$TEST_DIR/lib-hostile.sh"

x=$(printf x | git hash-object --stdin)

# offer_files <directory> <content>: a commit that has these 50 files there.
offer_files () {
	local id n
	id=$(blob "$2") &&
	n=$(seq 50 | sed "s/^/100644 $id f/" | raw_tree) &&
	offer "$(tree_with "40000 $n $1")"
}

# while_running <loop>: stop_it ends it.
while_running () {
	perl -e "$1" &
	loop=$!
}

stop_it () {
	kill "$loop" && wait "$loop"
	return 0
}

test_expect_success 'set up' '
	new_world &&
	test "$x" = "$(blob x)"
'

test_expect_success 'a parent is swapped with a link out of the root, over and over' '
	anew &&
	cp -a root.first/etc world/root/users &&
	chown -R 1000:1000 world/root/users && mkdir -p world/root/users/a &&
	surroundings >before &&
	while_running "
		chdir q(world/root/users) or die;
		symlink q(../../beside/dir), q(link);
		while (1) {
			rename q(a), q(b); rename q(link), q(a);
			rename q(a), q(link); rename q(b), q(a);
		}
	" &&
	id=$(seq 50 | sed "s/^/100644 $x f/" | raw_tree) &&
	id=$(echo "40000 $id a" | raw_tree) &&
	offer "$(tree_with "40000 $id users")" &&
	for i in 1 2 3 4 5 6
	do
		ends_with "0 3 128" apply || return 1
	done &&
	stop_it &&
	surroundings >after &&
	test_cmp before after
'

test_expect_success 'then it is finished, and nothing is left' '
	rm -rf world/root/users/link world/root/users/b &&
	{ test ! -h world/root/users/a || rm world/root/users/a; } &&
	host apply -q &&
	test "$(cat world/root/users/a/f50)" = x &&
	find world -name ".git-devops-*" >left &&
	test_must_be_empty left
'

test_expect_success 'a file is swapped with a fifo and with a link, over and over' '
	anew &&
	surroundings >before &&
	while_running "
		chdir q(world/root/etc) or die;
		use POSIX;
		while (1) {
			mkfifo(q(p), 0644); rename q(p), q(motd);
			symlink q(../../beside/secret), q(l); rename q(l), q(motd);
			open my \$f, q(>), q(n); print \$f qq(mine\n); close \$f; rename q(n), q(motd);
		}
	" &&
	offer "$(tree_with "100644 $x other")" &&
	for i in 1 2 3 4 5 6
	do
		ends_with "0 3 128" apply || return 1
		ends_with "0 128" status || return 1
	done &&
	stop_it &&
	surroundings >after &&
	test_cmp before after
'

# all_versions: every version of etc/log that is on the root or was saved.
all_versions () {
	cat world/root/etc/log && echo &&
	for c in $(host_git rev-list refs/devops/drift 2>/dev/null)
	do
		host_git show "$c:etc/log" 2>/dev/null
	done
	return 0
}

test_expect_success 'a file that is edited during the apply is on the root, or was saved' '
	anew &&
	mkdir -p done &&
	while_running "
		chdir q(world/root/etc) or die;
		my \$i = 0;
		while (! -e q(../../../done/stop)) {
			\$i++;
			open my \$f, q(>), q(new) or die;
			print \$f qq(version \$i\n);
			close \$f;
			rename q(new), q(log);
			open \$f, q(>), q(../../../done/last); print \$f qq(version \$i\n); close \$f;
			select undef, undef, undef, 0.003;
		}
	" &&
	etc=$({ there cat-file -p "$(cat first):etc" | sed "s/^\([0-9]*\) blob \([0-9a-f]*\)	/\1 \2 /" && echo "100644 $x log"; } | raw_tree) &&
	sed "s/ [0-9a-f]* etc$/ $etc etc/" base.entries | raw_tree >tree &&
	offer "$(cat tree)" &&
	for i in 1 2 3 4 5 6 7 8
	do
		ends_with "0 3 128" apply || return 1
	done &&
	touch done/stop && wait "$loop" &&
	host apply -q &&
	all_versions >versions &&
	grep -x -f done/last versions
'

test_expect_success 'what chattr protects stays, the rest is done' '
	anew &&
	chattr +i world/root/etc/motd &&
	test_when_finished "chattr -i world/root/etc/motd" &&
	offer "$(id=$({ there cat-file -p "$(cat first):etc" | sed "s/^\([0-9]*\) blob \([0-9a-f]*\)	/\1 \2 /; s/ [0-9a-f]* \(motd\|conf\)$/ $x \1/"; } | raw_tree) &&
		sed "s/ [0-9a-f]* etc$/ $id etc/" base.entries | raw_tree)" &&
	attack 3 "etc/motd is protected with chattr +i" &&
	grep "hint:.*chattr -i etc/motd" err &&
	chattr -i world/root/etc/motd &&
	test "$(cat world/root/etc/conf)" = x &&
	test "$(cat world/root/etc/motd)" = hello &&
	harmless &&
	test "$(cat world/root/etc/motd)" = x
'

test_expect_success 'a read-only file system below the root' '
	anew &&
	mkdir world/root/mnt &&
	mount -t tmpfs none world/root/mnt &&
	test_when_finished "umount world/root/mnt 2>/dev/null || :" &&
	mount -o remount,ro world/root/mnt &&
	offer_files mnt y &&
	picture world/root >root.before &&
	ends_with "3 128" apply &&
	picture world/root >root.after &&
	umount world/root/mnt &&
	test_cmp root.before root.after &&
	grep -i "read-only file system" err &&
	grep "mnt" err &&
	harmless
'

test_expect_success 'a full file system: nothing has changed' '
	anew &&
	mkdir world/root/mnt &&
	mount -t tmpfs -o size=64k none world/root/mnt &&
	test_when_finished "umount world/root/mnt 2>/dev/null || :" &&
	echo old >world/root/mnt/f1 && chmod 755 world/root/mnt &&
	offer_files mnt "$(printf "%03000d" 1)" &&
	picture world/root | grep -v "^./mnt d" >root.before &&
	ends_with 128 apply &&
	picture world/root | grep -v "^./mnt d" >root.after &&
	test_cmp root.before root.after &&
	grep -i "no space left" err &&
	grep "mnt/f" err &&
	umount world/root/mnt &&
	harmless
'

test_expect_success 'a file system without extended attributes' '
	anew &&
	mkdir world/root/mnt &&
	mount -t ramfs none world/root/mnt &&
	test_when_finished "umount world/root/mnt 2>/dev/null || :" &&
	chmod 755 world/root/mnt &&
	n=$(printf "100644 $x a\n100644 $x b\n" | raw_tree) &&
	m=$(blob "./mnt/a xattr.user.x=eA==\n") &&
	m=$(echo "100644 $m mtree" | raw_tree) &&
	offer "$(tree_with "40000 $m .devops" "40000 $n mnt")" &&
	attack 3 "mnt/a cannot store its xattrs" &&
	test "$(cat world/root/mnt/b)" = x &&
	umount world/root/mnt
'

if truncate -s 16M probe.img && mkfs.vfat probe.img >/dev/null && mkdir probe && {
	mount -t vfat -o loop probe.img probe || fusefat -o rw+ probe.img probe
} >/dev/null 2>&1 && touch probe/file
then
	test_set_prereq FAT
	umount probe
fi

# mount_fat: a FAT file system below the root.
mount_fat () {
	mkdir -p world/root/mnt &&
	{ mount -t vfat -o loop probe.img world/root/mnt || fusefat -o rw+ probe.img world/root/mnt; } >/dev/null 2>&1
}

test_expect_success FAT 'FAT: twins in case are refused' '
	anew &&
	mount_fat &&
	test_when_finished "umount world/root/mnt 2>/dev/null || :" &&
	n=$(printf "100644 $x TWIN\n100644 $(blob y) twin\n" | raw_tree) &&
	offer "$(tree_with "40000 $n mnt" "100644 $x other")" &&
	attack 128 "mnt/TWIN and mnt/twin are one name here" &&
	grep "^hint: rename one" err &&
	ends_with 128 apply -n &&
	# So are those in a directory that is still to be made.
	n=$(echo "40000 $n new" | raw_tree) &&
	offer "$(tree_with "40000 $n mnt" "100644 $x other")" &&
	attack 128 "mnt/new/TWIN and mnt/new/twin are one name here" &&
	test_path_is_missing world/root/other &&
	ls world/root/mnt >names &&
	echo file | test_cmp - names &&
	umount world/root/mnt
'

test_expect_success FAT 'twins elsewhere are none of its business' '
	anew &&
	mount_fat &&
	test_when_finished "umount world/root/mnt 2>/dev/null || :" &&
	n=$(printf "100644 $x TWIN\n100644 $(blob y) twin\n" | raw_tree) &&
	offer "$(tree_with "40000 $n home" "100644 $x other")" &&
	attack 0 applied &&
	test "$(cat world/root/home/TWIN world/root/home/twin)" = xy &&
	umount world/root/mnt
'

test_expect_success FAT 'FAT: modes and owners' '
	anew &&
	mount_fat &&
	test_when_finished "umount world/root/mnt 2>/dev/null || :" &&
	n=$(printf "100644 $x TWIN\n100644 $(blob y) other\n" | raw_tree) &&
	offer "$(tree_with "40000 $n mnt" "100644 $x other")" &&
	ends_with "0 3" apply &&
	cat out err &&
	test "$(cat world/root/other)" = x &&
	umount world/root/mnt
'

test_expect_success 'a mount point in the place of a file stays' '
	anew &&
	mount --bind world/beside/secret world/root/etc/motd &&
	test_when_finished "umount world/root/etc/motd 2>/dev/null || :" &&
	offer "$(id=$({ there cat-file -p "$(cat first):etc" | sed "s/^\([0-9]*\) blob \([0-9a-f]*\)	/\1 \2 /; s/ [0-9a-f]* \(motd\|conf\)$/ $x \1/"; } | raw_tree) &&
		sed "s/ [0-9a-f]* etc$/ $id etc/" base.entries | raw_tree)" &&
	attack 3 "etc/motd is a mount point" &&
	umount world/root/etc/motd &&
	test "$(cat world/root/etc/conf)" = x
'

test_expect_success 'a hard link to a file outside is not written through' '
	anew &&
	rm world/root/etc/motd && ln world/beside/shared world/root/etc/motd &&
	cp -p world/beside/shared shared.before &&
	offer "$(there rev-parse "$(cat first)^{tree}")" &&
	host apply -q &&
	test_cmp shared.before world/beside/shared &&
	stat -c "%a %U" shared.before world/beside/shared | uniq >modes && test_line_count = 1 modes &&
	echo hello | test_cmp - world/root/etc/motd &&
	host_git show refs/devops/drift:etc/motd | test_cmp - world/beside/shared
'

test_expect_success 'nor are its mode and owner changed' '
	anew &&
	ln world/root/etc/motd world/beside/other &&
	chmod 600 world/beside/other && chown 1000 world/beside/other &&
	host apply -q &&
	test "$(stat -c "%a %u" world/beside/other)" = "600 1000" &&
	test "$(stat -c "%a %u" world/root/etc/motd)" = "644 0" &&
	rm world/beside/other
'

test_expect_success 'a passwd that is a link, a fifo, a directory or huge' '
	anew &&
	offer "$(id=$(blob "./f uname=www\n") && id=$(echo "100644 $id mtree" | raw_tree) && tree_with "40000 $id .devops" "100644 $x f")" &&
	for make in "ln -s ../../beside/secret" mkfifo mkdir "truncate -s 8E" "truncate -s 1T"
	do
		rm -rf world/root/etc/passwd &&
		$make world/root/etc/passwd 2>/dev/null || touch world/root/etc/passwd &&
		surroundings >before &&
		echo "# $make" &&
		ends_with "0 3 128" apply -n &&
		surroundings >after && test_cmp before after || return 1
	done
'

test_expect_success 'a root of another user' '
	anew &&
	chown -R 1000:1000 world/root && chmod 777 world/root/etc &&
	offer "$(tree_with "100644 $x fine")" &&
	attack 0 applied &&
	test "$(cat world/root/fine)" = x &&
	test "$(stat -c %u world/root/fine world/root/etc/motd | uniq)" = 0
'

test_expect_success 'a directory that everybody may write to' '
	anew &&
	chmod 777 world/root/etc &&
	ln -s ../../beside/dir world/root/etc/sub &&
	id=$(echo "100644 $x motd" | raw_tree) &&
	id=$({ there cat-file -p "$(cat first):etc" | sed "s/^\([0-9]*\) blob \([0-9a-f]*\)	/\1 \2 /" && echo "40000 $id sub"; } | raw_tree) &&
	offer "$(sed "s/ [0-9a-f]* etc$/ $id etc/" base.entries | raw_tree)" &&
	harmless &&
	test ! -h world/root/etc/sub
'

test_expect_success 'two at once: one is busy, or comes after' '
	anew &&
	offer_files many y &&
	{ (host apply >out1 2>err1; echo $? >status1) & } &&
	ends_with "0 11" apply &&
	wait &&
	cat status1 err1 &&
	grep -x "0\|11" status1 &&
	host apply -q --exit-code
'

test_expect_success 'files from the future, and from long ago' '
	anew &&
	for when in 1960-01-01 1970-01-01 2037-12-31 2400-01-01
	do
		echo "$when" >world/root/etc/motd &&
		touch -d "$when" world/root/etc/motd &&
		host status >out && grep "etc/motd" out &&
		host apply -q &&
		echo hello | test_cmp - world/root/etc/motd || return 1
	done
'

test_done
