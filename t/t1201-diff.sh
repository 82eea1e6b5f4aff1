#!/bin/sh

test_description='git diff, git log -p and git show of large files'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	make_random one 600000 1 &&
	git devops add one &&
	git commit -q -m one &&
	cp one two &&
	printf changed | dd of=two bs=1 seek=300000 conv=notrunc 2>../err &&
	mv two one &&
	git devops add one &&
	git commit -q -m two &&
	git tag two &&
	git cat-file blob HEAD~1:one >../old &&
	git cat-file blob HEAD:one >../new &&
	sed -n "s/^sha256 //p" ../old >../sha-old &&
	sed -n "s/^sha256 //p" ../new >../sha-new
'

# The description that textconv gives of a manifest.
describe () {
	echo "large file"
	sed -n "s/^size \(.*\)/size \1 (586 KiB)/p; s/^sha256/sha256/p" "$1" | sort -r
	sed -n "s/^\([0-9a-f]\{12\}\)[0-9a-f]\{28\} \([0-9]*\)$/chunk \1 of \2 bytes/p" "$1"
}

test_expect_success 'git log -p shows size, digest and chunks' '
	git log -p -1 --format= >../out &&
	grep "^-sha256 $(cat ../sha-old)$" ../out &&
	grep "^+sha256 $(cat ../sha-new)$" ../out &&
	grep "^ size 600000 (586 KiB)$" ../out &&
	grep "^-chunk [0-9a-f]\{12\} of [0-9]* bytes$" ../out >../gone &&
	grep "^+chunk [0-9a-f]\{12\} of [0-9]* bytes$" ../out >../come &&
	test_line_count -le 3 ../gone &&
	test_line_count -le 3 ../come &&
	grep "^ chunk " ../out
'

test_expect_success 'git show and git diff --no-ext-diff show the same' '
	git show --format= HEAD >../show &&
	test_cmp ../out ../show &&
	git diff --no-ext-diff HEAD~1 HEAD >../diff &&
	test_cmp ../out ../diff
'

test_expect_success 'the same where the chunks are absent' '
	clone_without_chunks . ../clone &&
	git -C ../clone log -p -1 --format= >../absent 2>../err &&
	test_cmp ../out ../absent
'

test_expect_success 'the description is that of the manifest' '
	describe ../new >../expect &&
	git-devops textconv ../new >../actual &&
	test_cmp ../expect ../actual &&
	git-devops textconv one >../actual &&
	test_cmp ../expect ../actual
'

test_expect_success 'git diff between commits tells which ranges changed' '
	git diff HEAD~1 HEAD >../out &&
	sed -n 1p ../out >../first &&
	echo "diff --git-devops a/one b/one" >../expect &&
	test_cmp ../expect ../first &&
	grep "^--- a/one	600000 bytes, sha256 $(cat ../sha-old)$" ../out &&
	grep "^+++ b/one	600000 bytes, sha256 $(cat ../sha-new)$" ../out &&
	sed -n "s/^@@ -\([0-9]*\),\([0-9]*\) +\([0-9]*\),\([0-9]*\) @@ .*changed$/\1 \2 \3 \4/p" ../out >../range &&
	test_line_count = 1 ../range &&
	read a b c d <../range &&
	test $a = $c && test $b = $d && test $a -le 300000 && test $((a + b)) -gt 300000
'

test_expect_success 'git diff of the work tree, which stores nothing' '
	printf more >>one &&
	git count-objects -v >../before &&
	git rev-parse refs/devops/held >../held-before &&
	git diff >../out &&
	grep "^+++ b/one	600004 bytes, sha256 $(sha256sum one | cut -d" " -f1)$" ../out &&
	grep "^@@ .* became " ../out &&
	git checkout -q one &&
	git diff >../out &&
	test_must_be_empty ../out
'

test_expect_success 'a file that is added or removed' '
	make_random three 500000 3 &&
	git devops add three &&
	git diff --cached -- three >../out &&
	grep "^--- /dev/null$" ../out &&
	grep "^+++ b/three	500000 bytes" ../out &&
	grep "^@@ -0,0 +0,500000 @@ 488 KiB added$" ../out &&
	git commit -q -m three &&
	git rm -q three &&
	git diff --cached -- three >../out &&
	grep "^+++ /dev/null$" ../out &&
	grep "^@@ -0,500000 +0,0 @@ 488 KiB removed$" ../out &&
	git reset -q --hard
'

test_expect_success 'from a subdirectory, with paths from the top' '
	mkdir -p sub/dir &&
	make_random sub/dir/in 200000 4 &&
	git devops add sub &&
	git commit -q -m sub &&
	printf x >>sub/dir/in &&
	(
		cd sub/dir &&
		git diff >../../../out &&
		git diff -- in >../../../out2
	) &&
	test_cmp ../out ../out2 &&
	grep "^--- a/sub/dir/in	200000 bytes" ../out &&
	grep "^+++ b/sub/dir/in	200001 bytes" ../out &&
	git checkout -q .
'

test_expect_success 'a small file that became large, and the other way round' '
	echo small >turn &&
	git devops add turn &&
	git commit -q -m small &&
	make_random turn 200000 5 &&
	git devops add turn &&
	git commit -q -m large &&
	git diff HEAD~1 HEAD -- turn >../out &&
	grep "^+++ b/turn	200000 bytes" ../out &&
	git log -p -2 --format= -- turn >../out &&
	grep "^+size 200000 (195 KiB)$" ../out
'

test_expect_success 'git diff --stat, --name-only, --quiet, --binary' '
	git diff --stat HEAD~1 HEAD >../out &&
	grep "turn *|" ../out &&
	git diff --name-only HEAD~1 HEAD >../out &&
	printf "%s\n" .gitattributes turn >../expect &&
	test_cmp ../expect ../out &&
	test_expect_code 1 git diff --quiet HEAD~1 HEAD &&
	git diff --binary --no-ext-diff --no-textconv two~1 two >../patch &&
	git checkout -q two~1 &&
	git apply --index ../patch &&
	git diff --cached --quiet two &&
	git checkout -q -f main
'

test_expect_success 'git format-patch and git am carry the manifest' '
	git format-patch -q -1 --stdout two >../mail &&
	git checkout -q two~1 &&
	git am -q <../mail &&
	git diff --quiet two HEAD &&
	git checkout -q main
'

test_expect_success 'git log -S, git blame and git grep do not choke' '
	git log -S"changed" --oneline -- one >../out &&
	git grep -c "^size 600000" HEAD -- one >../out &&
	git blame one >../out
'

test_expect_success 'the programs behind it refuse what is no call of git' '
	test_expect_code 129 git-devops diff-driver one 2>../err &&
	grep "^error: git passes seven arguments" ../err &&
	test_expect_code 129 git-devops textconv 2>../err &&
	test_expect_code 128 git-devops textconv ../nowhere 2>../err &&
	grep "^fatal: .*nowhere: no such file" ../err &&
	test_expect_code 129 git-devops merge-driver a b c 2>../err &&
	grep "^error: 4 arguments expected, 3 given$" ../err
'

test_done
