#!/bin/sh

test_description='git devops add beside others: itself, git, and locks'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# background <function>: without breaking the chain of &&.
background () { "$@" & }

test_expect_success 'set up' '
	large_repo repo &&
	cd repo
'

test_expect_success 'several adds at once all succeed, and nothing is lost' '
	for i in 1 2 3 4 5 6
	do
		make_random large-$i 500000 $i &&
		echo $i >small-$i || return 1
	done &&
	for i in 1 2 3 4 5 6
	do
		{
			git devops add large-$i small-$i 2>../err-$i
			echo $? >../status-$i
		} &
	done &&
	wait &&
	for i in 1 2 3 4 5 6
	do
		test $(cat ../status-$i) = 0 && test_must_be_empty ../err-$i &&
		assert_manifest :large-$i &&
		refute_manifest :small-$i &&
		assert_held :large-$i &&
		grep "^/large-$i filter=devops" .gitattributes || return 1
	done &&
	git devops add .gitattributes &&
	git commit -q -m all &&
	assert_clean &&
	test_git_fsck &&
	git devops fsck
'

test_expect_success 'the same file from all sides' '
	make_random same 3000000 10 &&
	for i in 1 2 3 4
	do
		{
			git devops add same
			echo $? >../status-$i
		} &
	done &&
	git add same &&
	wait &&
	for i in 1 2 3 4
	do
		test $(cat ../status-$i) = 0 || return 1
	done &&
	git devops add . &&
	git commit -q -m same &&
	assert_clean &&
	git devops fsck
'

test_expect_success 'an index.lock that stays: 11, the lock is named, nothing is staged' '
	echo new >new &&
	make_random new-large 300000 11 &&
	: >.git/index.lock &&
	test_expect_code 11 git devops add . 2>../err &&
	grep "^fatal: .*locked by another process.*index.lock" ../err &&
	test_path_is_file .git/index.lock &&
	rm .git/index.lock &&
	git ls-files "new*" >../out &&
	test_must_be_empty ../out &&
	git diff --quiet -- .gitattributes
'

test_expect_success 'one that goes away is waited for; what was stored before is found' '
	: >.git/index.lock &&
	unlock_later () { sleep 1; rm .git/index.lock; } &&
	background unlock_later &&
	git devops add --json . >../out &&
	wait &&
	json add path large stored ../out >../actual &&
	grep "^new-large true 0$" ../actual &&
	grep "^new false 0$" ../actual &&
	git commit -q -m new &&
	assert_clean
'

test_expect_success 'beside git gc' '
	for i in 1 2 3 4 5
	do
		make_random gc-$i 400000 2$i || return 1
	done &&
	collect () {
		for i in 1 2 3 4 5 6
		do
			git gc -q --prune=now || git repack -adq
		done 2>../gc-err
	} &&
	background collect &&
	for i in 1 2 3 4 5
	do
		git devops add gc-$i &&
		# The loose objects of git itself are not safe from git gc.
		for try in 1 2 3 4 5 6
		do
			git commit -q -m gc-$i && break
		done &&
		git diff --cached --quiet || return 1
	done &&
	wait &&
	assert_clean &&
	test_git_fsck &&
	git devops fsck &&
	for i in 1 2 3 4 5
	do
		assert_content HEAD:gc-$i gc-$i || return 1
	done
'

test_expect_success 'two gc at once: one of them may say 11' '
	gc () { git devops gc -q; echo $? >../status; } &&
	background gc &&
	test_might_fail git devops gc -q &&
	wait &&
	grep -x -e 0 -e 11 ../status &&
	git devops gc &&
	git devops fsck
'

test_done
