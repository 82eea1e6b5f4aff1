#!/bin/sh

test_description='a file system that is really full

However little space there is, a command succeeds or says why not, and stages
nothing; when there is more space the same command succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

# leave <kilobytes>: fill the small disk but for that.
leave () {
	rm -f disk/ballast &&
	dd if=/dev/zero of=disk/ballast bs=1k count=$(($(df -k --output=avail disk | tail -n 1) - $1)) 2>/dev/null
}

# fails_for_space <command>...
fails_for_space () {
	test_expect_code 128 git -C disk/repo devops "$@" >out 2>&1 &&
	grep -i "^fatal: ..*: no space left on device" out
}

# holds_new: the file that was added is whole.
holds_new () {
	git -C disk/repo devops cat new >content &&
	assert_same content disk/repo/new
}

test_expect_success 'set up' '
	make_template template
'

test_expect_success ROOT,TMPFS 'add' '
	with_small_disk 16 disk &&
	cp -a template disk/repo &&
	make_random disk/repo/new 2000000 3 &&
	git -C disk/repo ls-files --stage >before &&
	failed=0 &&
	for free in 0 4 8 16 64 256 1024 1900 1960 2000 2040 2200
	do
		leave $free &&
		if git -C disk/repo devops add new >out 2>&1
		then
			break
		fi &&
		failed=$((failed + 1)) &&
		grep "^fatal: ..*: no space left on device" out &&
		git -C disk/repo ls-files --stage >after &&
		test_cmp before after &&
		rm disk/ballast &&
		test_git_fsck disk/repo &&
		git -C disk/repo devops fsck -q || return 1
	done &&
	test $failed -gt 5 &&
	rm disk/ballast &&
	git -C disk/repo devops add new &&
	test_git_fsck disk/repo &&
	git -C disk/repo devops fsck -q &&
	holds_new
'

test_expect_success ROOT,TMPFS 'git add through the filter' '
	with_small_disk 16 disk &&
	cp -a template disk/repo &&
	git -C disk/repo devops track new &&
	make_random disk/repo/new 2000000 3 &&
	leave 1000 &&
	test_must_fail git -C disk/repo add new 2>err &&
	grep "no space left on device" err &&
	rm disk/ballast &&
	git -C disk/repo add new &&
	git -C disk/repo devops fsck -q &&
	holds_new
'

test_expect_success ROOT,TMPFS 'checkout' '
	with_small_disk 16 disk &&
	cp -a template disk/repo &&
	rm disk/repo/big &&
	make_random disk/repo/other 300000 4 &&
	cp disk/repo/other changed &&
	leave 200 &&
	fails_for_space checkout &&
	test_path_is_missing disk/repo/big &&
	fails_for_space checkout -f &&
	assert_same disk/repo/other changed &&
	rm disk/ballast &&
	git -C disk/repo devops checkout -f &&
	assert_same disk/repo/big template/big &&
	assert_same disk/repo/other template/other
'

test_expect_success ROOT,TMPFS 'gc needs space for what lives, and loses nothing without' '
	with_small_disk 16 disk &&
	gc_dead &&
	cp -a gc-dead/before disk/repo &&
	leave 40 &&
	fails_for_space gc &&
	test_git_fsck disk/repo &&
	git -C disk/repo devops fsck -q &&
	rm disk/ballast &&
	git -C disk/repo devops gc &&
	git -C disk/repo devops fsck -q &&
	test $(ls disk/repo/.git/objects/pack/*.keep | wc -l) = 2
'

test_done
