#!/bin/sh

test_description='a clock that goes wrong hides no change

Either the files were last changed in years that the clock says are to come, or
the program is told of another year than the kernel stamps changes with.'

. ./lib-mounts.sh
. "$TEST_DIR/lib-host.sh"

if ! test_have_prereq ROOT,STRACE
then
	skip_all="this needs root and strace"
	test_done
fi

# at <seconds since 1970> <verb>...: git devops on the host, told that it is then.
at () {
	local now="$1" time='' n &&
	shift &&
	for n in 0 8 16 24 32 40 48 56
	do
		time=$time$(printf "%02x" $((now >> n & 255))) || return 1
	done &&
	strace -f -qq -o trace -e "inject=clock_gettime:poke_exit=@arg2=${time}0000000000000000" \
		git-devops --repo repo "$@"
}

# edited <path> <text>: its content changes, and neither size nor mtime.
edited () {
	touch -r "$1" mtime &&
	printf "%s\n" "$2" >"$1" &&
	touch -r mtime "$1"
}

# hides_nothing <time>: whatever is done when it is said to be then.
hides_nothing () {
	edited root/etc/motd hello &&
	at "$1" apply -q &&
	at "$1" status --exit-code &&
	at "$1" status --exit-code &&
	edited root/etc/motd HELLO &&
	test_expect_code 1 at "$1" status --exit-code &&
	test_expect_code 1 host status --exit-code &&
	test_expect_code 1 host verify &&
	at "$1" apply -q &&
	echo hello | test_cmp - root/etc/motd &&
	edited root/etc/motd HOWDY &&
	test_expect_code 1 host status --exit-code &&
	host apply -q &&
	echo hello | test_cmp - root/etc/motd &&
	chmod 600 root/etc/motd &&
	test_expect_code 1 at "$1" status --exit-code &&
	at "$1" apply -q &&
	test "$(stat -c %a root/etc/motd)" = 644
}

test_expect_success 'set up' '
	truncate -s 32M image &&
	mkfs.ext4 -q -I 256 image &&
	mkdir root &&
	git devops init -q --host --repo repo --root root --type web &&
	write root/etc/motd hello &&
	write root/etc/other other &&
	commit_root first &&
	host apply -q &&
	cp -a root root.first
'

test_expect_success 'the program is told of other years' '
	at 1000000000 status >out &&
	grep "clock_gettime.*INJECTED" trace >/dev/null &&
	grep "tv_sec=1000000000" trace
'

test_expect_success 'years ago' '
	hides_nothing 1000000000
'

test_expect_success 'years to come' '
	hides_nothing 2200000000
'

if mount -o loop image root 2>/dev/null
then
	test_set_prereq LOOP
	cp -a root.first/. root/
fi

# stamp <path> <time>: it was last changed then, in the image.
stamp () {
	umount root &&
	for field in ctime mtime
	do
		echo "set_inode_field $1 $field $2" &&
		echo "set_inode_field $1 ${field}_extra 0x10"
	done | debugfs -w -f - image 2>&1 &&
	mount -o loop image root
}

test_expect_success LOOP 'files were changed in years to come' '
	host apply -q &&
	stamp etc/motd 20350101000000 &&
	test "$(stat -c %Z root/etc/motd)" -gt "$(date +%s)" &&
	host status --exit-code &&
	host status --exit-code &&
	edited root/etc/motd HELLO &&
	test_expect_code 1 host status --exit-code &&
	host apply -q &&
	echo hello | test_cmp - root/etc/motd &&
	host verify
'

# The very same stat, and another content: this is what an edit within the same
# tick of the clock leaves.
test_expect_success LOOP 'and are changed with nothing to be seen of it' '
	stamp etc/motd 20350101000000 &&
	host status --exit-code &&
	stat -c "%i %s %Y %Z %y %z" root/etc/motd >before &&
	edited root/etc/motd HELLO &&
	stamp etc/motd 20350101000000 &&
	stat -c "%i %s %Y %Z %y %z" root/etc/motd >after &&
	test_cmp before after &&
	test_expect_code 1 host status --exit-code &&
	host apply -q &&
	echo hello | test_cmp - root/etc/motd
'

# This is why it is certain that the test before this one looks at something:
# no clock can do it, and only verify finds out.
test_expect_success LOOP 'a change that no kernel makes is for verify' '
	stamp etc/motd 20150101000000 &&
	device=$(stat -c %d root) &&
	host status --exit-code &&
	edited root/etc/motd HELLO &&
	stamp etc/motd 20150101000000 &&
	if test "$device" = "$(stat -c %d root)"
	then
		host status --exit-code
	fi &&
	test_expect_code 1 host verify
'

test_expect_success LOOP 'away with it' 'umount root'

test_done
