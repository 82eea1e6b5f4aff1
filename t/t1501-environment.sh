#!/bin/sh

test_description='GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, -C, -c, links, hooks'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up' '
	large_repo repo &&
	mkdir repo/sub &&
	make_random repo/a 200000 1 &&
	git -C repo devops add a &&
	git -C repo commit -q -m one
'

# round <directory>: everything once, with the environment as it is.
round () {
	(
		cd "$1" &&
		make_random b 200000 2 &&
		git devops add b &&
		git ls-files --full-name b >"$SHARNESS_TRASH_DIRECTORY/out" &&
		test_line_count -eq 1 "$SHARNESS_TRASH_DIRECTORY/out" &&
		git diff --quiet &&
		git devops status >"$SHARNESS_TRASH_DIRECTORY/out" &&
		grep "^materialised *held .*b$" "$SHARNESS_TRASH_DIRECTORY/out" &&
		git devops ls >"$SHARNESS_TRASH_DIRECTORY/out" &&
		git devops cat b >"$SHARNESS_TRASH_DIRECTORY/content" &&
		cmp b "$SHARNESS_TRASH_DIRECTORY/content" &&
		rm b &&
		git devops checkout &&
		cmp b "$SHARNESS_TRASH_DIRECTORY/content" &&
		printf x >>b &&
		git diff >"$SHARNESS_TRASH_DIRECTORY/out" &&
		grep "200001 bytes" "$SHARNESS_TRASH_DIRECTORY/out" &&
		git devops fsck &&
		git devops gc &&
		git rm -q -f b &&
		git checkout -q HEAD -- "${2:-.gitattributes}"
	)
}

# with <variables> <directory> [<path of .gitattributes from there>]
with () {
	variables=$1 dir=$2 attributes=$3
	export variables dir attributes
	test_expect_success "with $variables, in $dir" '
		(
			eval "export $variables" &&
			round "$dir" "$attributes"
		) &&
		assert_clean repo
	'
}

with 'NOTHING=' repo
with 'NOTHING=' repo/sub ../.gitattributes
with 'GIT_DIR=.git' repo
with 'GIT_DIR="$PWD/repo/.git"' repo
with 'GIT_DIR=.git GIT_WORK_TREE=.' repo
with 'GIT_DIR=../.git GIT_WORK_TREE=..' repo/sub ../.gitattributes
with 'GIT_DIR="$PWD/repo/.git" GIT_WORK_TREE="$PWD/repo"' repo/sub ../.gitattributes
with 'GIT_WORK_TREE=..' repo/sub ../.gitattributes

test_expect_success 'with GIT_DIR and GIT_WORK_TREE, from outside: paths are those from the top' '
	make_random repo/c 200000 3 &&
	GIT_DIR=repo/.git GIT_WORK_TREE=repo git devops add c &&
	git -C repo ls-files c >out &&
	test_line_count -eq 1 out &&
	git --git-dir=repo/.git --work-tree=repo devops status >out &&
	grep "^materialised *held .*c$" out &&
	git -C repo commit -q -m c &&
	assert_clean repo
'

test_expect_success 'the repository beside its work tree' '
	git init -q --separate-git-dir=apart.git joined &&
	git devops init -q joined &&
	make_random joined/large 2000000 4 &&
	git -C joined devops add large &&
	git -C joined commit -q -m large &&
	assert_clean joined &&
	rm joined/large &&
	git -C joined devops checkout &&
	assert_clean joined
'

test_expect_success 'core.worktree' '
	mkdir tree &&
	git init -q by-config &&
	git -C by-config config core.worktree "$PWD/tree" &&
	git -C by-config/.git devops init -q &&
	make_random tree/large 2000000 5 &&
	GIT_DIR=by-config/.git git devops add large &&
	GIT_DIR=by-config/.git git commit -q -m large &&
	git --git-dir=by-config/.git status --porcelain >out &&
	test_must_be_empty out
'

test_expect_success 'GIT_INDEX_FILE, absolute and relative to the top' '
	(
		cd repo &&
		make_random d 200000 6 &&
		git ls-files -s >../before &&
		GIT_INDEX_FILE="$PWD/../other-index" git devops add d &&
		git ls-files -s >../after &&
		test_cmp ../before ../after &&
		GIT_INDEX_FILE="$PWD/../other-index" git ls-files >../out &&
		printf "%s\n" .gitattributes d >../expect &&
		test_cmp ../expect ../out &&
		git checkout -q .gitattributes &&
		(cd sub && GIT_INDEX_FILE=.git/index2 git devops add ../d) &&
		test_path_is_file .git/index2 &&
		GIT_INDEX_FILE=.git/index2 git ls-files d >../out &&
		test_line_count -eq 1 ../out &&
		GIT_INDEX_FILE=.git/index2 git devops ls -q >../out &&
		grep "  d$" ../out &&
		git ls-files -s >../after &&
		test_cmp ../before ../after &&
		rm d .git/index2 ../other-index &&
		git checkout -q .gitattributes
	) &&
	assert_clean repo
'

test_expect_success 'small files that git converts, with a relative GIT_DIR' '
	(
		cd repo/sub &&
		printf "a\r\n" >crlf.txt &&
		echo "*.txt text" >.gitattributes &&
		GIT_DIR=../.git GIT_WORK_TREE=.. git devops add . &&
		git cat-file blob :sub/crlf.txt >../../actual &&
		git rm -q -f crlf.txt .gitattributes
	) &&
	echo a >expect &&
	test_cmp expect actual &&
	mkdir -p repo/sub
'

test_expect_success 'configuration given for one command' '
	git init -q plain &&
	git devops init -q plain &&
	(
		cd plain &&
		make_random large 5000 1 &&
		git -c devops.largeFile=4k devops add large &&
		assert_manifest :large &&
		printf "a\r\nb\r\n" >crlf &&
		git -c core.autocrlf=true -c core.safecrlf=false devops add crlf &&
		git cat-file blob :crlf >../actual &&
		printf "a\nb\n" >../expect &&
		test_cmp ../expect ../actual &&
		make_random large2 5000 1 &&
		GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=devops.largefile GIT_CONFIG_VALUE_0=4k git devops add large2 &&
		assert_manifest :large2 &&
		test_expect_code 128 git -c devops.largeFile=much devops add large2 2>../err &&
		grep -i "^fatal: .*devops.largefile" ../err
	)
'

test_expect_success 'the names of the program' '
	git -C repo devops ls >expect &&
	(cd repo && git-devops ls) >actual && test_cmp expect actual &&
	(cd repo && git devops-ls) >actual && test_cmp expect actual &&
	(cd repo && git-devops-ls) >actual && test_cmp expect actual &&
	(cd repo && gdo ls) >actual && test_cmp expect actual &&
	gdo -C repo ls >actual && test_cmp expect actual &&
	git-devops-ls -C repo >actual && test_cmp expect actual &&
	git config --global alias.big "devops ls" &&
	git -C repo/sub big >actual && test_cmp expect actual &&
	(
		cd repo &&
		make_random e 200000 7 &&
		git-devops-add e &&
		rm e &&
		git-devops-checkout e &&
		gdo status >../out &&
		grep "^materialised .* e$" ../out &&
		git reset -q --hard
	)
'

test_expect_success 'a work tree reached through a symbolic link' '
	ln -s repo link &&
	(
		cd link/sub &&
		make_random f 200000 8 &&
		git devops add f "$PWD/../a" &&
		git devops add "$SHARNESS_TRASH_DIRECTORY/link/sub/f" &&
		git ls-files --full-name f >../../out &&
		echo sub/f >../../expect &&
		test_cmp ../../expect ../../out &&
		git devops cat f >../../content &&
		cmp f ../../content &&
		git reset -q --hard
	) &&
	ln -s repo/sub link-to-sub &&
	mkdir -p repo/sub &&
	(
		cd link-to-sub &&
		make_random f 200000 8 &&
		git devops add f &&
		git devops add ./f ../a &&
		git reset -q --hard
	) &&
	rm -rf repo/sub &&
	assert_clean repo
'

test_expect_success 'in a hook, where git sets the variables' '
	(
		cd repo &&
		mkdir -p .git/hooks &&
		cat >.git/hooks/pre-commit <<-\EOF &&
		#!/bin/sh
		git devops add g && git devops status >status.out && git devops ls >ls.out
		EOF
		chmod +x .git/hooks/pre-commit &&
		make_random g 200000 9 &&
		mkdir -p sub &&
		(cd sub && git commit -q -m hook --allow-empty) &&
		grep " g$" status.out &&
		rm .git/hooks/pre-commit status.out ls.out &&
		git ls-tree HEAD g >../out &&
		test_line_count -eq 1 ../out
	) &&
	assert_clean repo
'

test_expect_success 'another user'\''s repository' '
	test_might_fail chown 12345 repo/.git repo &&
	if test "$(stat -c %u repo)" = 12345
	then
		test_expect_code 128 git -C repo devops ls 2>err &&
		grep "dubious ownership" err &&
		chown "$(id -u)" repo repo/.git
	fi
'

test_done
