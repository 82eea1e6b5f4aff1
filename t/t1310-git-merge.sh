#!/bin/sh

test_description='git merge, rebase and cherry-pick of large files'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	make_random ../base 600000 1 &&
	make_random ../ours 600000 2 &&
	make_random ../theirs 600000 3 &&
	cp ../base disk.img &&
	git devops add . &&
	git commit -q -m base &&
	git tag base &&
	git switch -q -c theirs &&
	cp ../theirs disk.img &&
	git devops add . &&
	git commit -q -m theirs &&
	git switch -q main
'

test_expect_success 'one side has changed: its content is the result' '
	git switch -q -c clean main &&
	echo text >text &&
	git add text &&
	git commit -q -m text &&
	git merge -q -m merged theirs &&
	assert_same ../theirs disk.img &&
	assert_manifest HEAD:disk.img &&
	assert_clean
'

test_expect_success 'both have changed: a conflict, and ours stays whole' '
	git switch -q -c both main &&
	cp ../ours disk.img &&
	git devops add . &&
	git commit -q -m ours &&
	test_must_fail git merge -q theirs >../out 2>&1 &&
	grep "both sides have changed" ../out &&
	assert_same ../ours disk.img &&
	git ls-files -u >../unmerged &&
	test_line_count = 3 ../unmerged &&
	git devops status >../status &&
	grep "^unmerged.*disk.img" ../status
'

test_expect_success 'no conflict marker is in any of the three' '
	for stage in 1 2 3
	do
		assert_manifest ":$stage:disk.img" || return 1
	done
'

test_expect_success 'theirs is taken, and staged' '
	git checkout -q --theirs -- disk.img &&
	assert_same ../theirs disk.img &&
	git devops add disk.img &&
	git commit -q -m solved &&
	assert_content HEAD:disk.img ../theirs &&
	assert_clean
'

test_expect_success 'both have made the same change: no conflict' '
	git switch -q -c same main &&
	cp ../theirs disk.img &&
	git devops add . &&
	git commit -q -m same &&
	git merge -q -m merged theirs &&
	assert_clean
'

test_expect_success 'git cherry-pick and git rebase carry a large file' '
	git switch -q -c picked main &&
	echo more >more &&
	git add more &&
	git commit -q -m more &&
	git cherry-pick theirs >/dev/null &&
	assert_same ../theirs disk.img &&
	git switch -q -c rebased theirs &&
	echo other >other &&
	git add other &&
	git commit -q -m other &&
	git rebase -q picked &&
	assert_same ../theirs disk.img &&
	assert_clean &&
	test_git_fsck
'

test_done
