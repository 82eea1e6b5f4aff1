#!/bin/sh

test_description='the test library itself

A harness that does not notice failures makes every other test worthless.'

. ./test-lib.sh

# run_script <name>: a test script of its own, whose body is standard input.
run_script () {
	mkdir -p sub &&
	{
		echo "test_description='$1'" &&
		echo '. ./test-lib.sh' &&
		cat &&
		echo test_done
	} >"sub/$1.sh" &&
	(
		cd "$TEST_DIR" &&
		GIT_DEVOPS_TEST_ROOT="$SHARNESS_TRASH_DIRECTORY/sub" HOME=$ORIGINAL_HOME \
			sh "$SHARNESS_TRASH_DIRECTORY/sub/$1.sh"
	) >"$1.out" 2>"$1.err"
}

test_expect_success 'a passing script passes' '
	run_script passing <<-\EOF &&
	test_expect_success "passes" "true && true"
	EOF
	grep "^ok 1 - passes" passing.out
'

test_expect_success 'a failing test is noticed' '
	test_must_fail run_script failing <<-\EOF &&
	test_expect_success "fails" "false"
	EOF
	grep "^not ok 1 - fails" failing.out
'

test_expect_success 'a broken && chain is noticed' '
	test_must_fail run_script chain <<-\EOF &&
	test_expect_success "unchained" "
		false
		true
	"
	EOF
	grep "broken &&-chain" chain.out chain.err
'

test_expect_success 'a missing prerequisite skips visibly' '
	run_script skip <<-\EOF &&
	test_expect_success NOSUCH "needs it" "false"
	EOF
	grep "^ok 1 # skip needs it" skip.out
'

test_expect_success 'a required prerequisite must hold' '
	(
		GIT_DEVOPS_TEST_REQUIRE=NOSUCH &&
		export GIT_DEVOPS_TEST_REQUIRE &&
		test_must_fail run_script required <<-\EOF
		test_expect_success NOSUCH "needs it" "false"
		EOF
	) &&
	grep "^Bail out! .*NOSUCH" required.out
'

test_expect_success 'the programs under test are those just built' '
	test "$(command -v git-devops)" -ef "$TOP/bin/git-devops" &&
	test "$(git --exec-path)" != "$TOP/bin"
'

test_expect_success 'no repository is found around the trash directory' '
	test_must_fail git rev-parse --git-dir
'

test_expect_success 'commits are the same every time' '
	git init -q repo &&
	(
		cd repo &&
		echo content >file &&
		test_commit first file &&
		git rev-parse HEAD >../actual
	) &&
	echo 2f01d3c9295268b87fd5f8aeecd7c948d88d6cfb >expect &&
	test_cmp expect actual
'

test_expect_success 'test data is the same every time' '
	make_random random 100000 1 &&
	make_text text 100000 1 &&
	sha256sum random text >actual &&
	cat >expect <<-\EOF &&
	4b77492bf21323fc1f91f8ec9a7c3372feb170da2438e88628ffcdedee0b6415  random
	a7c7ca573443ead0782aa5e783c3d8737eadb65673ba3e5a9f9b065923ceb208  text
	EOF
	test_cmp expect actual
'

test_expect_success 'test data depends on the seed, text compresses, random does not' '
	make_random other 100000 2 &&
	refute_same random other &&
	test_must_fail assert_same random other &&
	assert_same random random &&
	test_must_fail refute_same random random &&
	gzip -k random text &&
	test $(stat -c %s random.gz) -gt 100000 &&
	test $(stat -c %s text.gz) -lt 50000
'

test_expect_success 'assert_mode' '
	: >file &&
	chmod 640 file &&
	assert_mode 640 file &&
	test_must_fail assert_mode 644 file
'

test_expect_success 'assert_held and refute_held' '
	git init -q held &&
	(
		cd held &&
		blob=$(echo chunk | git hash-object -w --stdin) &&
		printf "git-devops manifest 1\nchunks 1\n\n%s 6\nhole 100\n" "$blob" >file &&
		echo plain >plain &&
		test_commit first file plain &&
		echo "$blob" >expect &&
		manifest_chunks HEAD:file >actual &&
		test_cmp expect actual &&
		refute_held HEAD:file &&
		test_must_fail assert_held HEAD:file &&
		tree=$(printf "100644 blob %s\t%s\n" "$blob" "$blob" | git mktree) &&
		git update-ref refs/devops/held "$tree" &&
		assert_held HEAD:file &&
		test_must_fail refute_held HEAD:file &&
		test_must_fail assert_held HEAD:plain
	)
'

test_expect_success 'test_git_fsck notices a damaged repository' '
	test_git_fsck repo &&
	blob=$(git -C repo rev-parse HEAD:file) &&
	rm -f "repo/.git/objects/$(echo $blob | sed "s,..,&/,")" &&
	test_must_fail test_git_fsck repo
'

test_done
