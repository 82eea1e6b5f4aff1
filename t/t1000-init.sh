#!/bin/sh

test_description='git devops init: new and existing repositories, and back'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

keys='filter.devops.process
filter.devops.required
diff.devops.textconv
diff.devops.command
merge.devops.name
merge.devops.driver
core.bigFileThreshold
core.fsync
core.fsyncMethod
gc.bigPackThreshold'

test_expect_success 'a new repository' '
	git devops init new >out 2>err &&
	test_must_be_empty err &&
	head -n 1 out >first &&
	echo "created a repository in $PWD/new" >expect &&
	test_cmp expect first &&
	sed -n "s/^set    \([^ ]*\) = .*/\1/p" out >actual &&
	echo "$keys" >expect &&
	test_cmp expect actual &&
	git -C new config --local filter.devops.process >actual &&
	echo "git-devops filter-process" >expect &&
	test_cmp expect actual &&
	test "$(git -C new config --local core.bigFileThreshold)" = 512k
'

test_expect_success 'the second time it says and does nothing' '
	cp new/.git/config before &&
	git devops init new >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	test_cmp before new/.git/config
'

test_expect_success 'it puts back only what is missing' '
	git -C new config --unset diff.devops.command &&
	git devops init new >out &&
	grep "^set    diff.devops.command = " out &&
	test_line_count = 1 out
'

test_expect_success 'an existing repository, from a subdirectory' '
	git init -q old &&
	mkdir -p old/sub/dir &&
	(
		cd old/sub/dir &&
		git devops init >out &&
		test_must_fail grep "^created" out &&
		test_path_is_missing .git
	) &&
	git -C old config --local filter.devops.process
'

test_expect_success 'a named directory below a repository becomes one of its own' '
	git devops init old/own >out &&
	grep "^created a repository in $PWD/old/own$" out &&
	test_path_is_dir old/own/.git
'

test_expect_success 'parent directories are made' '
	git devops init deep/er/still &&
	test_path_is_dir deep/er/still/.git
'

test_expect_success 'the current directory' '
	mkdir here &&
	(
		cd here &&
		git devops init >out &&
		grep "^created a repository in $PWD$" out
	) &&
	test_path_is_dir here/.git
'

test_expect_success '-C' '
	mkdir there &&
	git devops -C there init -q &&
	test_path_is_dir there/.git &&
	git devops init -C there -n >out &&
	test_must_be_empty out
'

test_expect_success 'a bare repository' '
	git init -q --bare bare.git &&
	git devops -C bare.git init >out &&
	test_must_fail grep "^created" out &&
	git -C bare.git config filter.devops.process &&
	git devops init bare.git >again &&
	test_must_be_empty again &&
	test_path_is_missing bare.git/.git
'

test_expect_success 'values of the user are kept' '
	git init -q own &&
	git -C own config core.bigFileThreshold 7m &&
	git -C own config filter.devops.process mine &&
	git devops init own >out &&
	grep "^keep   core.bigFileThreshold = 7m (suggested: 512k; " out &&
	test "$(git -C own config core.bigFileThreshold)" = 7m &&
	test "$(git -C own config filter.devops.process)" = "git-devops filter-process"
'

test_expect_success '-n shows and changes nothing' '
	git init -q dry &&
	cp dry/.git/config before &&
	git devops init -n dry >out &&
	sed -n "s/^set    \([^ ]*\) = .*/\1/p" out >actual &&
	echo "$keys" >expect &&
	test_cmp expect actual &&
	test_cmp before dry/.git/config &&
	git devops init -n nowhere >out &&
	echo "would create a repository in $PWD/nowhere" >expect &&
	test_cmp expect out &&
	test_path_is_missing nowhere
'

test_expect_success '--uninstall takes back what init has set, and no more' '
	git init -q plain &&
	cp plain/.git/config before &&
	git -C own devops init -n --uninstall >out &&
	grep "^unset  filter.devops.process$" out &&
	git -C own config filter.devops.process &&
	git devops init plain &&
	git devops init --uninstall plain >out &&
	sed -n "s/^unset  //p" out >actual &&
	echo "$keys" >expect &&
	test_cmp expect actual &&
	git -C plain config --local --list >actual &&
	git config --file before --list >expect &&
	test_cmp expect actual &&
	git devops init --uninstall own &&
	test "$(git -C own config core.bigFileThreshold)" = 7m &&
	git devops init --uninstall plain >out &&
	test_must_be_empty out
'

test_expect_success '--uninstall where there is no repository' '
	mkdir empty &&
	test_expect_code 10 git devops -C empty init --uninstall 2>err &&
	grep "^fatal: not a git repository" err &&
	test_path_is_missing empty/.git
'

test_expect_success 'what was added stays when init is taken back' '
	large_repo back &&
	(
		cd back &&
		make_random file 300000 1 &&
		git devops add file &&
		git commit -q -m file &&
		git devops init --uninstall -q &&
		git cat-file blob HEAD:file >manifest &&
		assert_held HEAD:file &&
		rm file manifest &&
		git checkout -q -- file &&
		head -n 1 file >first &&
		grep "^git-devops manifest" first &&
		rm first &&
		git devops init -q &&
		git devops checkout &&
		make_random again 300000 1 &&
		assert_same again file
	)
'

test_expect_success '--json' '
	git devops --json init json >out &&
	json created path out >actual &&
	echo "$PWD/json" >expect &&
	test_cmp expect actual &&
	json config key out >actual &&
	echo "$keys" >expect &&
	test_cmp expect actual &&
	git -C json config core.fsync none &&
	git devops --json init json >out &&
	json config key value old kept out >actual &&
	echo "core.fsync added,reference none true" >expect &&
	test_cmp expect actual
'

test_expect_success 'a work tree beside the main one' '
	git -C old commit -q --allow-empty -m one &&
	git -C old worktree add -q ../linked &&
	git devops -C linked init >out &&
	test_must_be_empty out
'

test_expect_success 'a file is no place for a repository' '
	: >file &&
	test_expect_code 128 git devops init file 2>err &&
	grep "^fatal: " err
'

test_expect_success 'one directory at most' '
	test_expect_code 129 git devops init one two 2>err &&
	grep "^error: unexpected argument .two.$" err &&
	test_path_is_missing one
'

test_done
