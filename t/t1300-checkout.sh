#!/bin/sh

test_description='git devops checkout: of the index, of trees, of paths; local changes; what it says'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# assert_random <file> <bytes> <seed>
assert_random () {
	make_random ../random "$2" "$3" && assert_same ../random "$1"
}

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	mkdir -p dir/sub &&
	make_random a 300000 1 &&
	make_random dir/b 300000 2 &&
	make_random dir/sub/c 300000 3 &&
	chmod +x dir/b &&
	echo small >small &&
	git devops add . &&
	git commit -q -m one &&
	git tag one &&
	make_random a 300000 11 &&
	make_random dir/b 300000 12 &&
	make_random new 300000 13 &&
	git rm -q --cached dir/sub/c && rm dir/sub/c &&
	echo other >small &&
	git devops add . &&
	git commit -q -m two &&
	git tag two
'

test_expect_success 'nothing to do' '
	git devops checkout >../out 2>../err &&
	test_must_be_empty ../out &&
	test_must_be_empty ../err &&
	assert_clean
'

test_expect_success 'what is gone comes back' '
	rm -r a dir &&
	git devops checkout -v >../out &&
	sort ../out >../actual &&
	printf "checkout '\''%s'\'' (293 KiB)\n" a dir/b >../expect &&
	test_cmp ../expect ../actual &&
	assert_random a 300000 11 &&
	assert_random dir/b 300000 12 &&
	assert_mode 755 dir/b &&
	assert_mode 644 a &&
	assert_clean
'

test_expect_success 'the umask counts' '
	rm a dir/b &&
	(umask 077 && git devops checkout) &&
	assert_mode 600 a &&
	assert_mode 700 dir/b &&
	assert_clean
'

test_expect_success 'local changes are kept where no path names them: exit 1' '
	make_random a 300000 21 &&
	test_expect_code 1 git devops checkout 2>../err &&
	cat >../expect <<-\EOF &&
	error: a: has local changes
	error: 1 of 1 large files not written
	EOF
	test_cmp ../expect ../err &&
	assert_random a 300000 21 &&
	rm dir/b &&
	test_expect_code 3 git devops checkout 2>../err &&
	assert_random a 300000 21 &&
	assert_random dir/b 300000 12
'

test_expect_success 'a path names them, or --force' '
	git devops checkout a &&
	assert_random a 300000 11 &&
	make_random a 300000 22 &&
	git devops checkout --force &&
	assert_random a 300000 11 &&
	make_random a 300000 23 &&
	git devops checkout -f &&
	assert_random a 300000 11 &&
	assert_clean
'

test_expect_success 'changes of the same size within the same second are seen' '
	for i in 1 2 3
	do
		make_random a 300000 3$i &&
		test_expect_code 1 git devops checkout 2>../err &&
		assert_random a 300000 3$i &&
		git devops checkout -- a &&
		assert_random a 300000 11 || return 1
	done
'

test_expect_success 'another tree: its large files, and the index follows' '
	git devops checkout one &&
	assert_random a 300000 1 &&
	assert_random dir/b 300000 2 &&
	assert_random dir/sub/c 300000 3 &&
	echo other >../expect &&
	test_cmp ../expect small &&
	git diff --quiet &&
	git rev-parse :a :dir/b :dir/sub/c >../actual &&
	git rev-parse one:a one:dir/b one:dir/sub/c >../expect &&
	test_cmp ../expect ../actual &&
	test_path_is_file new &&
	git devops checkout two -- . &&
	assert_random a 300000 11 &&
	git rm -q -f dir/sub/c &&
	assert_clean
'

test_expect_success 'paths of another tree' '
	git devops checkout one dir &&
	assert_random a 300000 11 &&
	assert_random dir/b 300000 2 &&
	assert_random dir/sub/c 300000 3 &&
	git reset -q --hard &&
	git devops checkout one -- "dir/*" &&
	assert_random dir/sub/c 300000 3 &&
	git reset -q --hard &&
	(cd dir && git devops checkout one -- b) &&
	assert_random dir/b 300000 2 &&
	git reset -q --hard &&
	git clean -q -f -d &&
	assert_clean
'

test_expect_success 'a tree by any of its names' '
	for name in one HEAD~1 main~1 "$(git rev-parse one)" "$(git rev-parse one^{tree})" ":/one" "main@{1}"
	do
		git devops checkout "$name" -- a &&
		assert_random a 300000 1 &&
		git reset -q --hard || return 1
	done
'

test_expect_success 'a name that is a path and a revision: -- tells' '
	make_random one 300000 40 &&
	git devops add one &&
	rm one &&
	git devops checkout -- one &&
	assert_random one 300000 40 &&
	git rm -q -f one &&
	git reset -q --hard &&
	assert_clean
'

test_expect_success 'what does not exist' '
	test_expect_code 128 git devops checkout nothing 2>../err &&
	grep "^fatal: .*nothing" ../err &&
	test_expect_code 128 git devops checkout nothing -- a 2>../err &&
	grep "^fatal: .*nothing" ../err &&
	test_expect_code 128 git devops checkout one -- nothing 2>../err &&
	test_expect_code 129 git devops checkout one two -- a 2>../err &&
	grep "^error: only one tree-ish expected, 2 given$" ../err
'

test_expect_success '-n shows and changes nothing' '
	rm a &&
	cp .git/index ../index &&
	git devops checkout -n >../out &&
	echo "checkout '\''a'\'' (293 KiB)" >../expect &&
	test_cmp ../expect ../out &&
	test_path_is_missing a &&
	git devops checkout -n one >../out &&
	test_line_count = 3 ../out &&
	cmp ../index .git/index &&
	git devops checkout &&
	git devops checkout -n >../out &&
	test_must_be_empty ../out &&
	assert_clean
'

test_expect_success '--json' '
	rm a &&
	make_random dir/b 300000 50 &&
	test_expect_code 3 git devops checkout --json >../out 2>../err &&
	json checkout path size written error ../out >../lines &&
	sort ../lines >../actual &&
	printf "%s\n" "a 300000 true null" "dir/b 300000 false has local changes" >../expect &&
	test_cmp ../expect ../actual &&
	json error code ../err >../actual &&
	echo 3 >../expect &&
	test_cmp ../expect ../actual &&
	git devops checkout -f -q
'

test_expect_success 'a file where a directory must be is refused, and stays' '
	rm -r dir &&
	echo mine >dir &&
	rm a &&
	test_expect_code 3 git devops checkout 2>../err &&
	grep "^error: .*dir/b.*dir is not a directory" ../err &&
	grep mine dir &&
	assert_random a 300000 11 &&
	rm dir
'

test_expect_success 'a symbolic link in place of a directory is not followed' '
	mkdir ../elsewhere &&
	ln -s ../elsewhere dir &&
	test_expect_code 128 git devops checkout 2>../err &&
	grep "^error: .*dir/b.*dir is not a directory" ../err &&
	test_expect_code 128 git devops checkout -f -- dir/b 2>../err &&
	test_expect_code 128 git devops checkout one -- dir 2>../err &&
	ls ../elsewhere >../out &&
	test_must_be_empty ../out &&
	rm dir &&
	git devops checkout &&
	assert_clean
'

test_expect_success 'a symbolic link in place of a file is replaced, not followed' '
	echo precious >../precious &&
	rm a &&
	ln -s ../precious a &&
	test_expect_code 1 git devops checkout 2>../err &&
	git devops checkout a &&
	assert_random a 300000 11 &&
	echo precious >../expect &&
	test_cmp ../expect ../precious &&
	assert_clean
'

test_expect_success 'a hard link keeps its content' '
	ln a ../other-name &&
	git devops checkout one -- a &&
	assert_random a 300000 1 &&
	assert_random ../other-name 300000 11 &&
	git reset -q --hard &&
	assert_clean
'

test_expect_success 'a directory in place of a file' '
	rm a &&
	mkdir a &&
	rm -r dir &&
	test_expect_code 128 git devops checkout a 2>../err &&
	grep "^error: a: .*directory" ../err &&
	test_expect_code 3 git devops checkout -f 2>../err &&
	test -f dir/b &&
	rmdir a &&
	git devops checkout &&
	assert_clean
'

test_expect_success 'a fifo in place of a file' '
	rm a &&
	mkfifo a &&
	test_expect_code 1 timeout 10 git devops checkout 2>../err &&
	timeout 10 git devops checkout a &&
	assert_random a 300000 11 &&
	assert_clean
'

test_expect_success 'only the executable bit differs' '
	chmod -x dir/b &&
	chmod +x a &&
	git devops checkout &&
	assert_mode 755 dir/b &&
	assert_mode 644 a &&
	assert_clean
'

test_expect_success 'an open file keeps its old content to the end' '
	exec 9<a &&
	git devops checkout one -- a &&
	cat <&9 >../old &&
	exec 9<&- &&
	assert_random ../old 300000 11 &&
	git reset -q --hard
'

test_expect_success 'sparse checkout: what is outside is left alone' '
	git sparse-checkout init --cone &&
	git sparse-checkout set nothing &&
	test_path_is_missing dir &&
	git devops checkout &&
	test_path_is_missing dir &&
	git devops status >../out &&
	grep "^skipped *held .* dir/b$" ../out &&
	git reset -q --hard &&
	git sparse-checkout disable &&
	assert_random dir/b 300000 12 &&
	assert_clean
'

test_expect_success 'from a tree, with nothing in the index' '
	git init -q ../empty &&
	git -C ../empty devops init -q &&
	git -C ../empty fetch -q ../repo "refs/*:refs/taken/*" &&
	(
		cd ../empty &&
		test_must_fail git devops checkout FETCH_HEAD -- nothing 2>../err &&
		grep "nothing.*did not match" ../err &&
		git devops checkout refs/taken/tags/one -- a &&
		git ls-files >../actual &&
		echo a >../expect &&
		test_cmp ../expect ../actual &&
		assert_random a 300000 1
	)
'

test_expect_success 'progress when asked for' '
	rm a dir/b &&
	git devops checkout --progress 2>../err &&
	tr "\r" "\n" <../err >../lines &&
	grep "^Checking out: .* | .*/s.*, done\.$" ../lines &&
	assert_clean
'

test_done
