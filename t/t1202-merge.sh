#!/bin/sh

test_description='git merge, rebase and cherry-pick of large files: one side or a conflict, never markers'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# assert_random <file> <bytes> <seed>
assert_random () {
	make_random ../random "$2" "$3" && assert_same ../random "$1"
}

# change <file> <seed> <branch>: a commit there that changes the file.
change () {
	git checkout -q "$3" && make_random "$1" 300000 "$2" && git devops add "$1" && git commit -q -m "$1 $2"
}

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	make_random a 300000 1 &&
	make_random b 300000 2 &&
	git devops add a b &&
	git commit -q -m base &&
	git tag base &&
	git branch other
'

test_expect_success 'either side has changed another file' '
	change a 10 main &&
	change b 20 other &&
	git checkout -q main &&
	git merge -q --no-edit other &&
	assert_random a 300000 10 &&
	assert_random b 300000 20 &&
	assert_clean &&
	assert_held HEAD:a &&
	assert_held HEAD:b
'

test_expect_success 'both sides have made the same change' '
	git checkout -q -B one base && change a 30 one &&
	git checkout -q -B two base && change a 30 two && git commit -q --allow-empty -m more &&
	git merge -q --no-edit one &&
	assert_random a 300000 30 &&
	assert_clean
'

test_expect_success 'both sides have changed it: a conflict, ours is kept whole' '
	git checkout -q -B one base && change a 40 one &&
	git checkout -q -B two base && change a 50 two &&
	test_expect_code 1 git merge one >../out 2>../err &&
	grep "^error: a: both sides have changed this large file; ours is kept$" ../err &&
	grep "^hint: take theirs with .git checkout --theirs -- a., then .git devops add a.$" ../err &&
	grep "^CONFLICT (content): Merge conflict in a$" ../out &&
	assert_random a 300000 50 &&
	git ls-files -u a >../out &&
	test_line_count = 3 ../out &&
	git status --porcelain >../out &&
	grep "^UU a$" ../out &&
	git devops status >../out &&
	grep "^unmerged .* a$" ../out &&
	git devops status --json >../out &&
	json file path state ../out >../actual &&
	grep "^a unmerged$" ../actual
'

test_expect_success 'other commands in the middle of it' '
	git devops ls >../out &&
	git devops checkout &&
	assert_random a 300000 50 &&
	git devops fsck &&
	git ls-files -u a >../out &&
	test_line_count = 3 ../out
'

test_expect_success 'theirs, as the hint says' '
	git checkout -q --theirs -- a &&
	assert_random a 300000 40 &&
	git devops add a &&
	git ls-files -u >../out &&
	test_must_be_empty ../out &&
	git commit -q -m merged &&
	assert_clean &&
	assert_random a 300000 40
'

test_expect_success 'ours, and something new altogether' '
	git reset -q --hard HEAD~1 &&
	test_must_fail git merge -q one 2>../err &&
	git checkout -q --ours -- a &&
	git add a &&
	git commit -q -m ours &&
	assert_random a 300000 50 &&
	git reset -q --hard HEAD~1 &&
	test_must_fail git merge -q one 2>../err &&
	make_random a 310000 60 &&
	git devops add a &&
	git commit -q -m new &&
	assert_clean &&
	assert_random a 310000 60
'

test_expect_success 'git merge --abort' '
	git reset -q --hard HEAD~1 &&
	test_must_fail git merge -q one 2>../err &&
	git merge --abort &&
	assert_random a 300000 50 &&
	assert_clean
'

test_expect_success 'strategies: -X theirs, -s ours' '
	test_might_fail git merge -q --no-edit -X theirs one 2>../err &&
	test_might_fail git merge --abort &&
	git reset -q --hard &&
	git merge -q --no-edit -s ours one &&
	assert_random a 300000 50 &&
	git reset -q --hard HEAD~1
'

test_expect_success 'one side removes what the other has changed' '
	git checkout -q -B gone base && git rm -q a && git commit -q -m gone &&
	test_must_fail git merge -q one >../out &&
	assert_random a 300000 40 &&
	git devops add a &&
	git commit -q -m kept &&
	assert_clean
'

test_expect_success 'both sides add a file of the same name' '
	git checkout -q -B new1 base && change new 70 new1 &&
	git checkout -q -B new2 base && change new 80 new2 &&
	test_must_fail git merge -q new1 2>../err &&
	assert_random new 300000 80 &&
	test_must_fail grep "<<<<<<<" .gitattributes new &&
	git reset -q --hard
'

test_expect_success 'git rebase' '
	git checkout -q -B up base && change a 90 up && change a 91 up &&
	git checkout -q -B topic base && change b 92 topic && change b 93 topic &&
	git rebase -q up &&
	assert_random a 300000 91 &&
	assert_random b 300000 93 &&
	assert_clean &&
	make_random ../random 300000 92 &&
	assert_content HEAD~1:b ../random
'

test_expect_success 'git rebase with a conflict' '
	git checkout -q -B topic2 base && change a 94 topic2 &&
	test_must_fail git rebase -q up 2>../err &&
	assert_random a 300000 91 &&
	git checkout -q --theirs -- a &&
	assert_random a 300000 94 &&
	git devops add a &&
	GIT_EDITOR=: git rebase --continue >../out 2>../err &&
	assert_random a 300000 94 &&
	assert_clean
'

test_expect_success 'git cherry-pick' '
	git checkout -q -B pick base &&
	git cherry-pick topic~1 >../out &&
	assert_random b 300000 92 &&
	assert_random a 300000 1 &&
	assert_clean &&
	change a 97 pick &&
	test_must_fail git cherry-pick up 2>../err &&
	assert_random a 300000 97 &&
	git cherry-pick --abort &&
	assert_random a 300000 97 &&
	assert_clean
'

test_expect_success 'merge where neither side has the chunks' '
	git checkout -q main &&
	git branch -f left base && git branch -f right base &&
	change a 95 left && change b 96 right && git checkout -q main &&
	clone_without_chunks . ../clone &&
	cd ../clone &&
	git checkout -q left 2>../err &&
	git merge -q --no-edit origin/right 2>../err &&
	git rev-parse HEAD:a HEAD:b >../actual &&
	git rev-parse origin/left:a origin/right:b >../expect &&
	test_cmp ../expect ../actual &&
	assert_clean &&
	fetch_chunks . &&
	git devops checkout &&
	assert_random a 300000 95 &&
	assert_random b 300000 96 &&
	assert_clean
'

test_done
