#!/bin/sh

test_description='files that are long, and no large files

Somebody has committed them with git alone. They are applied like any other, in
little memory.'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"
. "$TEST_DIR/lib-large.sh"

size=150000000
! test_have_prereq EXPENSIVE || size=1073741824

# lean <verb>...: git devops on the host, in 128 MiB.
lean () {
	peak 128 git-devops --repo "$SHARNESS_TRASH_DIRECTORY/repo" "$@"
}

# offer <path> <file>: a commit that has it there as one blob, and is fetched.
offer () {
	rm -rf there &&
	git clone -q -b web repo there &&
	(
		cd there &&
		git config core.compression 0 &&
		git config core.bigFileThreshold 1m &&
		id=$(git hash-object -w "../$2") &&
		git update-index --add --cacheinfo "100644,$id,$1" &&
		git commit -q -m offered
	) &&
	host_git fetch -q "$PWD/there" web:refs/remotes/origin/web
}

test_expect_success ROOT 'set up' '
	new_host &&
	write root/etc/motd hello &&
	commit_root first &&
	host apply -q &&
	host_git config branch.web.remote origin &&
	host_git config branch.web.merge refs/heads/web &&
	host_git config remote.origin.url nowhere &&
	host_git config fetch.unpackLimit 1 &&
	host_git config remote.origin.fetch "+refs/heads/*:refs/remotes/origin/*" &&
	make_random long "$size" 1
'

test_expect_success ROOT 'one is applied' '
	offer srv/long long &&
	pack=$(ls -S repo/objects/pack/*.pack | head -n 1) &&
	lean apply -n &&
	lean apply -q &&
	assert_same long root/srv/long
'

test_expect_success ROOT 'status, verify, fsck and gc take little memory' '
	lean status --exit-code &&
	lean verify &&
	lean fsck &&
	lean gc -q &&
	host_git fsck
'

test_expect_success ROOT 'what somebody changes in it is shown and saved' '
	printf edited | dd of=root/srv/long bs=1 seek=100000000 conv=notrunc 2>/dev/null &&
	cp root/srv/long edited &&
	lean diff >out &&
	grep "^@@ -[0-9]*,[0-9]* +[0-9]*,[0-9]* @@" out &&
	lean apply -q &&
	assert_same long root/srv/long &&
	lean drift show >out &&
	grep "^srv/long: content" out &&
	lean drift restore -q root/srv/long &&
	assert_same edited root/srv/long &&
	lean apply -q &&
	assert_same long root/srv/long
'

test_expect_success ROOT 'it is exported, and printed' '
	lean export HEAD out.d &&
	assert_same long out.d/srv/long &&
	peak 128 sh -c "git-devops --repo repo export --tar HEAD >out.tar" &&
	tar -xOf out.tar srv/long | cmp - long &&
	peak 128 sh -c "git-devops --repo repo cat HEAD:srv/long >printed" &&
	assert_same long printed &&
	host cat --offset=100000000 --length=10 HEAD:srv/long >part &&
	dd if=long bs=1 skip=100000000 count=10 2>/dev/null | cmp - part
'

# soon <exit code> <verb>...: git devops on the host, which ends soon.
soon () {
	local code="$1" &&
	shift &&
	test_expect_code "$code" timeout 60 git devops --repo repo "$@"
}

test_expect_success ROOT 'a file too long for anybody to read is not read' '
	truncate -s 10T root/etc/motd &&
	soon 1 status --exit-code &&
	soon 1 verify &&
	soon 0 diff >out &&
	cat >expect <<-\EOF &&
	etc/motd: content
	    size was 6, is 10995116277760
	EOF
	test_cmp expect out &&
	soon 0 apply -n >out &&
	grep "^write *etc/motd" out &&
	soon 128 apply 2>err &&
	grep "^fatal: .*etc/motd has 10995116277760 bytes, too many to be saved" err &&
	grep "^hint: .*truncate" err &&
	truncate -s 4 root/etc/motd &&
	soon 0 apply -q &&
	test "$(cat root/etc/motd)" = hello &&
	test "$(host cat refs/devops/drift:etc/motd)" = hell
'

test_expect_success ROOT 'a flipped byte keeps it off the root' '
	rm -rf root/srv printed out.tar out.d &&
	chmod u+w "$pack" &&
	printf X | dd of="$pack" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null &&
	test_expect_code 13 host apply -q 2>err &&
	cat err &&
	test_path_is_missing root/srv/long &&
	find root -name ".git-devops-*" >left &&
	test_must_be_empty left
'

test_done
