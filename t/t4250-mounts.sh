#!/bin/sh

test_description='mount points below the root

Files are made on the file system that they are to lie on. What a mount keeps
from being changed is named; all else is.'

. ./lib-mounts.sh
. "$TEST_DIR/lib-host.sh"

if ! test_have_prereq ROOT,TMPFS
then
	skip_all="nothing can be mounted"
	test_done
fi

# files <directory> <text>: 20 files there, more than are fsynced one by one.
files () {
	local n
	for n in $(seq 20)
	do
		write "$1/f$n" "$2" || return 1
	done
}

# anew: the host as it was when it had applied the first commit, without mounts.
anew () {
	umount root/srv/mnt root/srv/ro root/etc/motd root/srv/gone 2>/dev/null
	rm -rf root repo &&
	cp -a root.first root &&
	cp -a repo.first repo
}

test_expect_success 'set up' '
	new_host &&
	files root/srv/mnt a &&
	files root/srv/ro a &&
	write root/srv/gone/file a &&
	write root/etc/motd hello &&
	write root/etc/conf a &&
	commit_root first &&
	host apply -q &&
	cp -a root root.first &&
	cp -a repo repo.first
'

test_expect_success 'another file system where managed files are to lie' '
	anew &&
	mount -t tmpfs -o mode=755 none root/srv/mnt &&
	commit_elsewhere second "
		files srv/mnt b && write srv/mnt/sub/dir/new b && ln -s f1 srv/mnt/link &&
		files etc b
	" &&
	strace -f -y -qq -e trace=syncfs,renameat2,linkat,rename,link -o trace git-devops --repo repo apply -q &&
	! grep EXDEV trace &&
	grep "syncfs([0-9]*<[^>]*/root/srv/mnt[^>]*>) = 0" trace &&
	grep "syncfs([0-9]*<[^>]*/root/\(etc\|srv\)>) = 0" trace &&
	cat root/srv/mnt/f* root/srv/mnt/sub/dir/new | uniq -c >out &&
	grep "^ *21 b$" out &&
	host verify -q &&
	host apply -q --exit-code &&
	umount root/srv/mnt &&
	test "$(cat root/srv/mnt/f1)" = a
'

test_expect_success 'a file that is mounted over a managed one' '
	anew &&
	write mounted "from elsewhere" &&
	mount --bind mounted root/etc/motd &&
	commit_elsewhere second "files etc b && write etc/motd b && write etc/conf b" &&
	test_expect_code 1 host status --exit-code &&
	test_expect_code 3 host apply -q 2>err &&
	cat err &&
	grep "^error: etc/motd: etc/motd is a mount point" err &&
	grep "^hint: .*umount" err &&
	test "$(cat mounted)" = "from elsewhere" &&
	test "$(cat root/etc/conf)" = b &&
	find root -name ".git-devops-*" >left &&
	test_must_be_empty left &&
	umount root/etc/motd &&
	host apply -q &&
	test "$(cat root/etc/motd)" = b
'

test_expect_success 'a file that is mounted over one that is to go' '
	anew &&
	mount --bind mounted root/etc/motd &&
	commit_elsewhere second "git rm -q etc/motd && write etc/conf b" &&
	test_expect_code 3 host apply -q 2>err &&
	grep "^error: etc/motd: etc/motd is a mount point" err &&
	test "$(cat root/etc/conf)" = b &&
	umount root/etc/motd &&
	host apply -q &&
	test_path_is_missing root/etc/motd
'

# read_only <what is done elsewhere>: to files on a read-only file system it is
# refused before anything is changed.
read_only () {
	anew &&
	mount -t tmpfs -o mode=755 none root/srv/ro &&
	cp -a root.first/srv/ro/. root/srv/ro/ &&
	mount -o remount,ro root/srv/ro &&
	commit_elsewhere second "$1; write etc/conf b; write aaa b" &&
	picture root >before &&
	test_expect_code 128 host apply -q 2>err &&
	cat err &&
	picture root >after &&
	test_cmp before after &&
	grep "^fatal: .*srv/ro.*read-only file system" err &&
	mount -o remount,rw root/srv/ro &&
	host apply -q &&
	host verify -q &&
	umount root/srv/ro
}

test_expect_success 'a read-only one: content' '
	read_only "files srv/ro b"
'

test_expect_success 'a read-only one: a new file' '
	read_only "write srv/ro/new b"
'

test_expect_success 'a read-only one: a mode' '
	read_only "chmod +x srv/ro/f7"
'

test_expect_success 'a read-only one: a file that is to go' '
	read_only "git rm -q srv/ro/f7"
'

test_expect_success 'a read-only one where nothing changes is no matter' '
	anew &&
	mount --bind root/srv/ro root/srv/ro &&
	mount -o remount,bind,ro root/srv/ro &&
	commit_elsewhere second "write etc/conf b" &&
	host apply -q &&
	test "$(cat root/etc/conf)" = b
'

test_expect_success 'a directory that is to go is a mount point' '
	anew &&
	mount -t tmpfs none root/srv/gone &&
	commit_elsewhere second "git rm -q -r srv/gone && write etc/conf b" &&
	test_expect_code 3 host apply -q 2>err &&
	cat err &&
	grep "^error: srv/gone: srv/gone is a mount point" err &&
	grep "^hint: .*umount" err &&
	test "$(cat root/etc/conf)" = b &&
	umount root/srv/gone &&
	host apply -q &&
	test_path_is_missing root/srv/gone
'

test_expect_success 'a directory that is to be a file is a mount point' '
	anew &&
	mount -t tmpfs none root/srv/gone &&
	commit_elsewhere second "git rm -q -r srv/gone && write srv/gone b && write etc/conf b" &&
	test_expect_code 3 host apply -q 2>err &&
	cat err &&
	grep "^error: srv/gone: srv/gone is a mount point" err &&
	test "$(cat root/etc/conf)" = b &&
	umount root/srv/gone &&
	host apply -q &&
	test "$(cat root/srv/gone)" = b
'

umount root/srv/mnt root/srv/ro root/etc/motd root/srv/gone 2>/dev/null

test_done
