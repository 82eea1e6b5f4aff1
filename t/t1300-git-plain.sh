#!/bin/sh

test_description='plain git on large files: add, checkout, switch, stash, diff, log'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	git devops track "*.img" &&
	make_random ../v1 1000000 1 &&
	{ head -c 400000 ../v1 && printf inserted && tail -c +400001 ../v1; } >../v2 &&
	cp ../v1 disk.img &&
	git add . &&
	git commit -q -m v1 &&
	git tag v1
'

test_expect_success 'git add has stored chunks and a manifest' '
	assert_manifest HEAD:disk.img &&
	assert_held HEAD:disk.img &&
	assert_clean &&
	test_git_fsck
'

test_expect_success 'git add and git devops add make the same manifest' '
	git rev-parse HEAD:disk.img >../by-git &&
	git rm -q --cached disk.img &&
	git devops add disk.img &&
	git rev-parse :disk.img >../by-us &&
	test_cmp ../by-git ../by-us
'

test_expect_success 'git status sees a change, git commit -a takes it' '
	cp ../v2 disk.img &&
	git status --porcelain >../status &&
	echo " M disk.img" >../expect &&
	test_cmp ../expect ../status &&
	git commit -q -a -m v2 &&
	git tag v2 &&
	assert_clean &&
	assert_held v2:disk.img
'

test_expect_success 'the change has cost a chunk or two' '
	manifest_chunks v1:disk.img >../chunks1 &&
	manifest_chunks v2:disk.img >../chunks2 &&
	comm -13 ../chunks1 ../chunks2 >../new &&
	test_line_count -le 3 ../new
'

test_expect_success 'git checkout and git switch bring the content back' '
	git checkout -q v1 &&
	assert_same ../v1 disk.img &&
	assert_clean &&
	git switch -q main &&
	assert_same ../v2 disk.img &&
	rm disk.img &&
	git checkout -- disk.img &&
	assert_same ../v2 disk.img &&
	git restore --source=v1 disk.img &&
	assert_same ../v1 disk.img &&
	git restore disk.img
'

test_expect_success 'git stash keeps a change' '
	cp ../v1 disk.img &&
	git stash -q &&
	assert_same ../v2 disk.img &&
	git stash pop -q &&
	assert_same ../v1 disk.img &&
	git checkout -q -- disk.img
'

test_expect_success 'git diff tells which ranges changed' '
	git diff v1 v2 -- disk.img >../diff &&
	grep "^diff --git-devops a/disk.img b/disk.img" ../diff &&
	grep "^--- a/disk.img.*1000000 bytes, sha256 $(sha256sum <../v1 | cut -d" " -f1)" ../diff &&
	grep "^+++ b/disk.img.*1000008 bytes, sha256 $(sha256sum <../v2 | cut -d" " -f1)" ../diff &&
	grep -c "^@@ " ../diff >../hunks &&
	echo 1 >../expect &&
	test_cmp ../expect ../hunks
'

test_expect_success 'the range holds the inserted bytes' '
	range=$(sed -n "s/^@@ -\([0-9]*\),\([0-9]*\) .*/\1 \2/p" ../diff) &&
	from=${range% *} length=${range#* } &&
	test "$from" -le 400000 &&
	test $((from + length)) -ge 400000
'

test_expect_success 'git diff of the work tree stores nothing' '
	held_chunks >../before &&
	make_random disk.img 500000 7 &&
	git diff >../diff &&
	grep "500000 bytes" ../diff &&
	git checkout -q -- disk.img
'

test_expect_success 'git log -p shows size, digest and chunks' '
	git log -p -1 v2 -- disk.img >../log &&
	grep "^+size 1000008" ../log &&
	grep "^-size 1000000" ../log &&
	grep "^+sha256 $(sha256sum <../v2 | cut -d" " -f1)" ../log &&
	grep "^+chunk [0-9a-f]\{12\} of " ../log
'

test_expect_success 'git show, blame-free: the manifest is text for who asks' '
	git diff --no-ext-diff --no-textconv v1 v2 -- disk.img >../raw &&
	grep "^+size 1000008" ../raw
'

test_expect_success 'git archive puts the content in' '
	git archive v1 disk.img >../v1.tar &&
	tar -xOf ../v1.tar disk.img >../archived &&
	assert_same ../v1 ../archived
'

test_expect_success 'git mv and git rm' '
	git mv disk.img other.img &&
	git commit -q -m moved &&
	assert_same ../v2 other.img &&
	assert_clean &&
	git rm -q other.img &&
	git commit -q -m removed &&
	assert_clean &&
	test_git_fsck
'

test_expect_success 'git gc --prune=now leaves every chunk of every version' '
	git gc -q --prune=now &&
	git repack -q -a -d &&
	git prune &&
	assert_held v1:disk.img &&
	assert_held v2:disk.img &&
	git devops fsck -q &&
	test_git_fsck
'

test_expect_success 'a work tree of git worktree has the content' '
	git worktree add -q ../linked v1 &&
	assert_same ../v1 ../linked/disk.img &&
	assert_clean ../linked &&
	make_random ../linked/new.img 700000 9 &&
	git -C ../linked devops add new.img &&
	git -C ../linked commit -q -m linked &&
	assert_clean ../linked &&
	git devops fsck -q
'

test_done
