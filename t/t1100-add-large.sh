#!/bin/sh

test_description='git devops add: which files become manifests, and what it says'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up' '
	large_repo repo &&
	cd repo
'

test_expect_success 'by size: the limit itself is large' '
	make_random exact 102400 1 &&
	make_random less 102399 2 &&
	git devops add exact less >../out 2>../err &&
	test_must_be_empty ../out &&
	test_must_be_empty ../err &&
	assert_manifest :exact &&
	refute_manifest :less &&
	assert_held :exact
'

test_expect_success 'a large file gets a line of its own, which is staged' '
	echo "/exact filter=devops diff=devops merge=devops -text" >../expect &&
	test_cmp ../expect .gitattributes &&
	git cat-file blob :.gitattributes >../actual &&
	test_cmp ../expect ../actual &&
	git check-attr filter exact less >../actual &&
	printf "%s\n" "exact: filter: devops" "less: filter: unspecified" >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'git sees what git devops staged as unchanged' '
	git status --porcelain >../out &&
	printf "A  %s\n" .gitattributes exact less >../expect &&
	test_cmp ../expect ../out &&
	git commit -q -m one &&
	assert_clean &&
	test_git_fsck
'

test_expect_success 'again: nothing to do' '
	cp .git/index ../index &&
	git devops add -v . >../out &&
	test_must_be_empty ../out &&
	assert_clean &&
	touch -d "1 minute ago" exact less .gitattributes .devops/config &&
	git devops add . &&
	cp .git/index ../index &&
	git devops add -v . >../out &&
	test_must_be_empty ../out &&
	cmp .git/index ../index
'

test_expect_success 'a touched file is read and found the same' '
	touch exact &&
	git devops add . &&
	assert_clean
'

test_expect_success 'a file that becomes smaller stays large: its line says so' '
	echo tiny >exact &&
	git devops add exact &&
	assert_manifest :exact &&
	git commit -q -m small &&
	assert_clean
'

test_expect_success 'a small file that grows becomes large' '
	make_random less 102400 3 &&
	git devops add less &&
	assert_manifest :less &&
	git commit -q -m grown &&
	assert_clean
'

test_expect_success 'devops.largeFile decides, with git'\''s suffixes' '
	make_random two 3000 4 &&
	git config devops.largeFile 2k &&
	git devops add two &&
	assert_manifest :two &&
	git config devops.largeFile 1g &&
	make_random three 300000 5 &&
	git devops add three &&
	refute_manifest :three &&
	git config devops.largeFile nonsense &&
	test_expect_code 128 git devops add . 2>../err &&
	grep -i "^fatal: .*devops.largefile" ../err &&
	git config devops.largeFile 100k
'

test_expect_success 'devops.largeFile can be given for one command' '
	make_random four 3000 4 &&
	git -c devops.largeFile=2k devops add four &&
	assert_manifest :four
'

test_expect_success 'the default is 1 MiB' '
	git config --unset devops.largeFile &&
	make_random mib 1048576 6 &&
	make_random less-than-mib 1048575 7 &&
	git devops add mib less-than-mib &&
	assert_manifest :mib &&
	refute_manifest :less-than-mib &&
	git config devops.largeFile 100k
'

test_expect_success 'a file with another filter is that one'\''s, whatever its size' '
	git config filter.rot.clean "tr a-z b-za" &&
	git config filter.rot.smudge "tr b-za a-z" &&
	make_text log 200000 8 &&
	echo "log filter=rot" >>.gitattributes &&
	git devops add log .gitattributes &&
	refute_manifest :log &&
	tr a-z b-za <log >../rotten &&
	git cat-file blob :log >../actual &&
	test_cmp ../rotten ../actual &&
	make_text plain 200000 9 &&
	echo "plain -filter" >>.gitattributes &&
	git devops add plain &&
	refute_manifest :plain
'

test_expect_success 'a directory is walked, .git is not' '
	git add -A &&
	git commit -q -m "all the rest" &&
	mkdir -p tree/a/b tree/c &&
	make_random tree/a/b/large 150000 10 &&
	echo small >tree/a/b/small &&
	make_random tree/c/large 150000 11 &&
	git devops add tree &&
	git ls-files tree >../actual &&
	printf "tree/%s\n" a/b/large a/b/small c/large >../expect &&
	test_cmp ../expect ../actual &&
	assert_manifest :tree/a/b/large :tree/c/large &&
	git commit -q -m tree &&
	assert_clean
'

test_expect_success 'from a subdirectory: paths are relative, the line is at the top' '
	(
		cd tree/a &&
		make_random here 150000 12 &&
		make_random ../up 150000 13 &&
		git devops add here ../up
	) &&
	assert_manifest :tree/a/here :tree/up &&
	grep "^/tree/a/here filter" .gitattributes &&
	test_path_is_missing tree/a/.gitattributes &&
	git commit -q -m below &&
	assert_clean
'

test_expect_success '. in a subdirectory means that directory' '
	make_random outside 150000 14 &&
	make_random tree/c/more 150000 15 &&
	git -C tree/c devops add . &&
	assert_manifest :tree/c/more &&
	git ls-files --error-unmatch tree/c/more &&
	test_must_fail git ls-files --error-unmatch outside &&
	rm outside &&
	git commit -q -m more &&
	assert_clean
'

test_expect_success '-n shows and changes nothing' '
	make_random new 150000 16 &&
	echo small >new-small &&
	rm tree/up &&
	git count-objects -v >../before &&
	cp .git/index ../index &&
	git devops add -n . >../out 2>../err &&
	test_must_be_empty ../err &&
	cat >../expect <<-\EOF &&
	add '\''new'\'' (large, 146 KiB)
	add '\''new-small'\''
	remove '\''tree/up'\''
	EOF
	test_cmp ../expect ../out &&
	cmp .git/index ../index &&
	git count-objects -v >../after &&
	test_cmp ../before ../after &&
	test_must_fail grep new .gitattributes
'

test_expect_success '-v tells what is staged and what it takes' '
	git devops add -v . >../out &&
	cat >../expect <<-\EOF &&
	add '\''new'\'' (large, 146 KiB, 147 KiB stored)
	add '\''new-small'\''
	remove '\''tree/up'\''
	add '\''.gitattributes'\''
	EOF
	sed "s/14[67] KiB stored/147 KiB stored/" ../out >../actual &&
	test_cmp ../expect ../actual &&
	git commit -q -m new &&
	assert_clean
'

test_expect_success '--json' '
	cp new copy &&
	echo other >new-small &&
	rm less &&
	git devops add --json . >../out 2>../err &&
	test_must_be_empty ../err &&
	json add path size large removed stored ../out >../actual &&
	size=$(stat -c %s .gitattributes) &&
	cat >../expect <<-EOF &&
	copy 150000 true false 0
	less 0 false true 0
	new-small 6 false false 0
	.gitattributes $size false false 0
	EOF
	test_cmp ../expect ../actual &&
	git commit -q -m json &&
	assert_clean
'

test_expect_success 'an edit stores only what changed' '
	make_random base 4000000 20 &&
	git devops add base &&
	git commit -q -m base &&
	printf "an insertion" >ins &&
	{ head -c 2000000 base && cat ins && tail -c +2000001 base; } >edited &&
	mv edited base &&
	rm ins &&
	git devops add --json base >../out &&
	stored=$(json add stored ../out) &&
	test "$stored" -gt 0 &&
	test "$stored" -lt 800000 &&
	git commit -q -m edited &&
	assert_clean
'

test_expect_success 'progress when asked for' '
	make_random base 1000000 21 &&
	git devops add --progress base 2>../err &&
	tr "\r" "\n" <../err >../lines &&
	grep "^Adding: 100% (977 KiB/977 KiB) | .*, done\.$" ../lines &&
	make_random base 1000000 22 &&
	git devops add base 2>../err &&
	test_must_be_empty ../err &&
	git commit -q -m progress
'

test_expect_success 'nothing specified' '
	test_expect_code 129 git devops add 2>../err &&
	grep "^error: nothing specified, nothing added$" ../err
'

test_expect_success 'a repository that init has not seen' '
	git init -q ../strange &&
	echo content >../strange/file &&
	test_expect_code 10 git devops -C ../strange add file 2>../err &&
	grep "^fatal: this repository is not set up for git devops$" ../err &&
	grep "^hint: run .git devops init. in it once$" ../err &&
	git -C ../strange ls-files >../out &&
	test_must_be_empty ../out
'

test_expect_success 'a manifest that was left in place is staged as it is' '
	git cat-file blob HEAD:base >../manifest &&
	cp ../manifest base &&
	touch -d "1 hour ago" base &&
	git devops add base &&
	git diff --cached --exit-code &&
	cp ../manifest as-file &&
	echo "as-file filter=devops" >>.gitattributes &&
	git devops add as-file .gitattributes &&
	git cat-file blob :as-file >../actual &&
	cmp ../manifest ../actual
'

test_done
