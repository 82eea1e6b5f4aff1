#!/bin/sh

test_description='plain git around large files: add, commit, checkout, switch, stash, reset, worktree, archive'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# assert_version <number>: the work tree has the files of that commit.
assert_version () {
	make_random ../expect 400000 "$1" &&
	assert_same ../expect image &&
	make_text ../expect 300000 "$1" &&
	assert_same ../expect log &&
	echo "$1" >../expect &&
	test_cmp ../expect small
}

make_version () {
	make_random image 400000 "$1" &&
	make_text log 300000 "$1" &&
	echo "$1" >small
}

test_expect_success 'set up: git add alone, with a pattern' '
	large_repo repo &&
	cd repo &&
	git devops track image log &&
	for i in 1 2 3
	do
		make_version $i &&
		git add . &&
		git commit -q -m $i &&
		git tag v$i || return 1
	done &&
	assert_manifest v1:image v2:log v3:image &&
	refute_manifest v1:small &&
	assert_clean &&
	test_git_fsck &&
	git devops fsck
'

test_expect_success 'git checkout back and forth' '
	for i in 1 3 2 1 2 3
	do
		git checkout -q v$i &&
		assert_version $i &&
		assert_clean || return 1
	done
'

test_expect_success 'git switch to branches, and with local changes' '
	git switch -q -c side v1 &&
	assert_version 1 &&
	git switch -q main &&
	assert_version 3 &&
	make_random image 400000 99 &&
	test_must_fail git switch -q side 2>../err &&
	grep "would be overwritten" ../err &&
	git switch -q -c kept &&
	git status --porcelain >../out &&
	echo " M image" >../expect &&
	test_cmp ../expect ../out &&
	git restore image &&
	assert_clean
'

test_expect_success 'git checkout <tree-ish> -- <path>' '
	git switch -q main &&
	git checkout -q v1 -- image &&
	make_random ../expect 400000 1 &&
	assert_same ../expect image &&
	git restore --source v2 log &&
	make_text ../expect 300000 2 &&
	assert_same ../expect log &&
	git reset -q --hard &&
	assert_version 3 &&
	assert_clean
'

test_expect_success 'git stash' '
	make_version 4 &&
	git stash -q &&
	assert_version 3 &&
	assert_clean &&
	git stash pop -q &&
	assert_version 4 &&
	git devops add . &&
	git stash -q &&
	assert_version 3 &&
	git devops fsck &&
	git stash apply -q --index &&
	assert_version 4 &&
	git diff --quiet &&
	git reset -q --hard
'

test_expect_success 'git commit -a, --amend, git reset, git revert' '
	make_version 5 &&
	git commit -q -a -m 5 &&
	assert_clean &&
	make_version 6 &&
	git commit -q -a --amend -m 6 &&
	assert_version 6 &&
	git revert --no-edit HEAD >../out &&
	assert_version 3 &&
	git reset -q --hard HEAD~1 &&
	assert_version 6 &&
	git reset -q --soft HEAD~1 &&
	git reset -q --hard &&
	assert_version 3 &&
	assert_clean
'

test_expect_success 'git rm and git mv' '
	git mv image moved &&
	git devops track moved &&
	git commit -q -a -m moved &&
	assert_clean &&
	git rm -q moved &&
	git commit -q -m removed &&
	test_path_is_missing moved &&
	git checkout -q v3 &&
	assert_version 3 &&
	git checkout -q main &&
	git reset -q --hard v3
'

test_expect_success 'the executable bit' '
	chmod +x image &&
	git status --porcelain >../out &&
	echo " M image" >../expect &&
	test_cmp ../expect ../out &&
	git devops add image &&
	git ls-files -s image >../out &&
	grep "^100755 " ../out &&
	git commit -q -m x &&
	git checkout -q v3 &&
	assert_mode 644 image &&
	git checkout -q main &&
	assert_mode 755 image &&
	assert_clean &&
	git reset -q --hard v3
'

test_expect_success 'a linked work tree shares the chunks and has its own index' '
	git worktree add -q ../linked v1 &&
	(
		cd ../linked &&
		assert_version 1 &&
		assert_clean &&
		make_random image 400000 50 &&
		git devops add image &&
		git status --porcelain >../out &&
		echo "M  image" >../expect &&
		test_cmp ../expect ../out &&
		git commit -q -m linked &&
		git devops checkout v2 -- . &&
		make_random ../expect 400000 2 &&
		assert_same ../expect image &&
		git devops status &&
		git devops fsck
	) &&
	assert_clean &&
	assert_version 3 &&
	assert_held HEAD:image &&
	git -C ../linked rev-parse HEAD >../commit &&
	git devops cat "$(cat ../commit):image" >../content &&
	make_random ../expect 400000 50 &&
	assert_same ../expect ../content &&
	git worktree remove --force ../linked
'

test_expect_success 'git archive has the content' '
	git archive -o ../v2.tar v2 &&
	rm -rf ../unpacked &&
	mkdir ../unpacked &&
	tar xf ../v2.tar -C ../unpacked &&
	make_random ../expect 400000 2 &&
	assert_same ../expect ../unpacked/image
'

test_expect_success 'git cat-file --filters, git show, git checkout-index' '
	git cat-file --filters v2:image >../content &&
	assert_same ../expect ../content &&
	git show v2:image >../content &&
	head -n 1 ../content >../first &&
	grep "^git-devops manifest 1$" ../first &&
	git checkout-index --prefix=../exported/ image &&
	make_random ../expect 400000 3 &&
	assert_same ../expect ../exported/image
'

test_expect_success 'git gc, git repack and git prune keep every chunk' '
	git gc -q --prune=now --aggressive &&
	git devops fsck &&
	git repack -adqf &&
	git prune --expire=now &&
	git devops fsck &&
	test_git_fsck &&
	for i in 1 2 3
	do
		git checkout -q v$i && assert_version $i || return 1
	done &&
	git checkout -q main
'

test_expect_success 'a hundred large files through git' '
	mkdir many &&
	git devops track "many/*" &&
	for i in $(seq 100)
	do
		make_random many/$i 70000 $i || return 1
	done &&
	git add . &&
	git commit -q -m many &&
	assert_clean &&
	sha256sum many/* >../sums &&
	rm -rf many &&
	git checkout -q . &&
	sha256sum --quiet -c ../sums &&
	git devops fsck
'

test_done
