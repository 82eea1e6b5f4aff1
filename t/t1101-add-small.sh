#!/bin/sh

test_description='git devops add stages small files exactly as git add does

Each situation is made in two repositories that are alike; git add and git
devops add must leave the same index.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# both <script>: run it in either repository.
both () {
	(cd ours && eval "$1") && (cd theirs && eval "$1")
}

# assert_same_index: the entries are the same, and so is what git makes of them.
assert_same_index () {
	git -C ours ls-files -s >actual &&
	git -C theirs ls-files -s >expect &&
	test_cmp expect actual &&
	git -C ours status --porcelain >actual &&
	git -C theirs status --porcelain >expect &&
	test_cmp expect actual
}

# same <description> <script> <argument>...: the script, then add with these
# arguments, here and there.
same () {
	script=$2
	title=$1
	shift 2
	arguments=
	for argument in "$@"
	do
		# shellcheck disable=SC2089 # eval reads the quotes
		arguments="$arguments '$argument'"
	done
	# shellcheck disable=SC2089,SC2090 # eval reads the quotes
	export script arguments
	test_expect_success "$title" '
		both "$script" &&
		(cd ours && eval "git devops add $arguments") &&
		(cd theirs && eval "git add $arguments") &&
		assert_same_index
	'
}

test_expect_success 'set up' '
	git devops init -q ours &&
	git devops init -q theirs
'

same 'files' 'echo one >one && echo two >two && : >empty' .
same 'a file named twice' 'echo once >once' once once ./once
same 'a change' 'echo more >>one' one
same 'the executable bit' 'chmod +x one' .
same 'the executable bit taken away' 'chmod -x one' one
same 'only the owner'\''s bit counts' 'chmod 654 two' .
same 'symbolic links, also dangling and to directories' '
	mkdir -p dir &&
	ln -s one link && ln -s nowhere dangling && ln -s dir to-dir && echo x >dir/x' .
same 'a file becomes a link' 'rm two && ln -s one two' .
same 'a link becomes a file' 'rm two && echo two >two' two
same 'a file becomes a directory' 'rm two && mkdir two && echo in >two/in' .
same 'a directory becomes a file' 'rm -r two && echo two >two' .
same 'a deleted file' 'echo d >deleted && git add deleted && rm deleted' deleted
same 'a deleted file below .' 'echo d >dir/deleted && git add dir && rm dir/deleted' .
same 'a deleted directory' 'mkdir gone && echo g >gone/g && git add gone && rm -r gone' gone
same 'a directory replaced by a link to one with the same files' '
	mkdir -p real && echo f >real/f && mkdir was && echo f >was/f && git add was &&
	rm -r was && ln -s real was' .
same '.gitignore' '
	mkdir -p ign && printf "*.o\n/ign/\n!keep.o\n" >.gitignore &&
	echo o >a.o && echo o >keep.o && echo i >ign/file' .
same 'a tracked file that is ignored' '
	echo o >t.o && git add -f t.o && echo more >>t.o' .
same 'ignored files with -f' 'true' -f a.o ign
same 'patterns' 'mkdir -p p/q && for i in a b; do echo $i >p/$i.c && echo $i >p/q/$i.c && echo $i >p/$i.h; done' 'p/*.c'
same 'excluding patterns' 'true' p ':!*.h'
same 'a pattern with brackets' 'echo new >p/a.h' 'p/[a].h'
same 'top pathspec' 'true' ':/'
same 'a literal name that looks like a pattern' 'echo star >"st*r" && echo star >"stir"' ':(literal)st*r'
same 'an empty directory is nothing' 'mkdir nothing' nothing
same 'fifos and sockets are passed over' 'mkfifo fifo' .
same 'files of a directory named with a slash' 'mkdir sl && echo s >sl/s' sl/
same 'a path through ..' 'echo up >up' dir/../up
same 'modes with core.fileMode off' '
	git config core.fileMode false && chmod +x up && echo more >>up && echo n >new-x && chmod +x new-x' .
same 'core.fileMode on again' 'git config core.fileMode true' .
same 'intent to add' 'echo ita >ita && git add -N ita' ita
same 'intent to add an empty file' ': >ita2 && git add -N ita2' ita2
same 'skip-worktree' '
	echo skip >skip && git add skip && git update-index --skip-worktree skip && rm skip' .
same 'assume-unchanged' '
	echo assume >assume && git add assume && git update-index --assume-unchanged assume &&
	echo other >assume' .
same 'a conflict is resolved' '
	git commit -q -m base && git checkout -q -b side && echo side >one && git commit -q -am side &&
	git checkout -q - && echo main >one && git commit -q -am main &&
	! git merge -q side && echo both >one' one
same 'a conflict resolved by removal' '
	git commit -q -m merged && git checkout -q -b side2 && echo side2 >one && git commit -q -am side2 &&
	git checkout -q - && echo main2 >one && git commit -q -am main2 &&
	! git merge -q side2 && rm one' .

test_expect_success 'a path that does not exist is an error, and nothing is staged' '
	both "git commit -q -m merged2" &&
	echo there >ours/there &&
	test_expect_code 128 git -C ours devops add there missing 2>err &&
	grep "^fatal: pathspec .missing. did not match any files$" err &&
	test_must_fail git -C ours ls-files --error-unmatch there &&
	rm ours/there
'

test_expect_success 'an ignored path that is named is an error' '
	echo o >ours/new.o &&
	test_expect_code 128 git -C ours devops add new.o 2>err &&
	grep "^fatal: .new.o. is ignored by one of your .gitignore files$" err &&
	grep "^hint: " err &&
	rm ours/new.o
'

test_expect_success 'a path outside the repository is an error' '
	: >outside &&
	test_expect_code 128 git -C ours devops add ../outside 2>err &&
	grep "^fatal: .*is outside repository" err
'

test_expect_success 'a path behind a symbolic link is an error' '
	test_expect_code 128 git -C ours devops add to-dir/x 2>err &&
	grep "^fatal: .*beyond a symbolic link" err
'

test_expect_success 'a repository of its own within is named' '
	git init -q ours/nested &&
	echo n >ours/nested/n &&
	git -C ours/nested add n &&
	git -C ours/nested commit -q -m n &&
	test_expect_code 128 git -C ours devops add . 2>err &&
	grep "^fatal: .*nested.* repository of its own" err &&
	rm -rf ours/nested
'

test_expect_success 'a submodule that is registered is left alone' '
	git init -q module &&
	git -C module commit -q --allow-empty -m one &&
	both "git -c protocol.file.allow=always submodule --quiet add ../module sub && git commit -q -m sub" &&
	git -C ours devops add . &&
	assert_same_index
'

test_expect_success 'many files make one pack, not loose objects' '
	git devops init -q many &&
	(
		cd many &&
		for i in 1 2 3 4 5 6 7 8 9 10
		do
			echo $i >$i || exit 1
		done &&
		git devops add . &&
		git count-objects -v >../out
	) &&
	grep "^count: 0$" out &&
	grep "^packs: 1$" out &&
	test_git_fsck many
'

test_done
