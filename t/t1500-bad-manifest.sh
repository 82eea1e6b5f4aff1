#!/bin/sh

test_description='manifests that are wrong, staged by hand: a clear error from every command, never a panic'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	make_random good 300000 1 &&
	make_random other 200000 2 &&
	git devops add good other &&
	git devops track bad &&
	git devops add .gitattributes &&
	git commit -q -m good &&
	git cat-file blob :good >../good &&
	n=$(sed -n "s/^chunks //p" ../good) &&
	test $n -ge 2 &&
	sed -n 7p ../good >../chunk &&
	read id length <../chunk &&
	printf "%s\n" "$n" >../n
'

# stage <manifest>: as the file "bad" of a commit.
stage () {
	id=$(git hash-object -w --no-filters "$1") &&
	git update-index --add --cacheinfo "100644,$id,bad" &&
	git commit -q -m bad &&
	test_might_fail git update-index -q --refresh
}

# forget: as if there had never been such a commit.
forget () {
	git reset -q --hard HEAD~1 2>../err &&
	git reflog expire --expire=now --all
}

# says <codes> <name> <word> <command>...: it fails with one of the codes for bad content, names the
# file, says a word of what is wrong, and does not panic.
says () {
	local codes="$1" name="$2" word="$3" status &&
	shift 3 &&
	"$@" >../out 2>../err
	status=$?
	case " $codes " in
	*" $status "*) ;;
	*)
		echo "'$*' ended with $status, not $codes" >&2
		cat ../out ../err >&2
		return 1
		;;
	esac
	cat ../out ../err >../both
	if grep -a -e "^panic:" -e "^goroutine " ../both >&2
	then
		return 1
	fi
	if ! grep -a -e "$name" ../both >../named || ! grep -a -i -e "$word" ../named >../said
	then
		echo "'$*' does not say '$word' of '$name':" >&2
		cat ../both >&2
		return 1
	fi
}

# bad <description> <word of the message> <command that makes it from ../good>
bad () {
	title=$1 word=$2 make=$3
	export word make
	test_expect_success "$title" '
		eval "$make" >../bad &&
		stage ../bad &&
		says 13 bad "$word" git devops checkout HEAD -- bad &&
		says 13 bad "$word" git devops cat bad &&
		says 3 bad "$word" git devops ls &&
		says 3 bad "$word" git devops status &&
		says 13 bad "$word" git devops fsck --quick &&
		forget
	'
}

test_expect_success 'every command, with one that is bad' '
	sed "s/^chunks .*/chunks 99/" ../good >../bad &&
	stage ../bad &&
	says 13 bad "99 chunks" git devops checkout &&
	says 13 bad "99 chunks" git devops checkout -n &&
	says 13 bad "99 chunks" git devops checkout -- bad &&
	says 13 bad "99 chunks" git devops cat --offset=1 --length=1 HEAD:bad &&
	says 3 bad "99 chunks" git devops ls HEAD &&
	grep "  good$" ../out &&
	says 3 bad "99 chunks" git devops status &&
	grep "  good$" ../out &&
	grep "^unreadable .*  bad$" ../out &&
	rm good other &&
	says 3 bad "99 chunks" git devops checkout &&
	assert_content HEAD:good good &&
	assert_content HEAD:other other &&
	says 13 bad "99 chunks" git devops fsck &&
	test_expect_code 13 git devops fsck --json >../out 2>../err &&
	json file uses ../out >../actual &&
	grep "\"path\":\"bad\"" ../actual &&
	git devops gc -q &&
	assert_content HEAD:good good &&
	git devops checkout -- good &&
	git devops add good &&
	git diff --cached HEAD --quiet -- good &&
	git log -p -1 >../out &&
	test_might_fail git diff HEAD~1 HEAD >../out 2>../err &&
	test_must_fail grep -e "^panic:" ../err &&
	forget &&
	git devops fsck
'

bad 'an unknown version' 'version' 'sed "1s/1$/2/" ../good'
bad 'a version that is no number' 'manifest' 'sed "1s/1$/x/" ../good'
bad 'too many chunks stated' 'chunks' 'sed "s/^chunks .*/chunks 99/" ../good'
bad 'too few chunks stated' 'chunks' 'sed "s/^chunks .*/chunks 1/" ../good'
bad 'an absurd number of chunks' 'chunks' 'sed "s/^chunks .*/chunks 99999999999999999999/" ../good'
bad 'a negative number of chunks' 'chunks' 'sed "s/^chunks .*/chunks -1/" ../good'
bad 'a size that is too large' 'line' 'sed "s/^size .*/size 300001/" ../good'
bad 'a size that is too small' 'line' 'sed "s/^size .*/size 299999/" ../good'
bad 'a size beyond all numbers' 'line' 'sed "s/^size .*/size 99999999999999999999/" ../good'
bad 'a negative size' 'line' 'sed "s/^size .*/size -300000/" ../good'
bad 'a size with a leading zero' 'line' 'sed "s/^size /size 0/" ../good'
bad 'a header key twice' 'line' 'sed "3p" ../good'
bad 'an unknown header key' 'line' 'sed "3a colour blue" ../good'
bad 'a header key that is missing' 'line' 'sed "3d" ../good'
bad 'header keys in another order' 'line' \
	'sed -n 1p ../good && sed -n 3p ../good && sed -n 2p ../good && sed -n "4,\$p" ../good'
bad 'bytes after the end' 'line' 'cat ../good && echo more'
bad 'an empty line after the end' 'line' 'cat ../good && echo'
bad 'no newline at the end' 'newline\|line\|end' 'head -c -1 ../good'
bad 'cut short' 'line\|end\|chunks' 'head -c 200 ../good'
bad 'the first line only' 'line\|end\|sha256' 'head -n 1 ../good'
bad 'a chunk longer than the maximum' 'line' 'sed "7s/ .*/ 262145/" ../good'
bad 'a chunk of no length' 'line' 'sed "7s/ .*/ 0/" ../good'
bad 'a chunk id that is too short' 'line' 'sed "7s/^.//" ../good'
bad 'a chunk id in capitals' 'line' 'sed "7s/^[0-9a-f]*/\U&/" ../good'
bad 'two holes in a row' 'hole\|line' 'sed "3s/.*/size 500000/; 6a hole 100000\nhole 100000" ../good'
bad 'a hole shorter than the shortest chunk' 'hole\|line' 'sed "3s/.*/size 300100/; 6a hole 100" ../good'
bad 'holes that overflow the size' 'line\|size' \
	'sed "6a hole 9223372036854775807" ../good'
bad 'a polynomial that is reducible' 'polynom\|chunker' 'sed "4s/rabin [0-9a-f]*/rabin 20000000000000/" ../good'
bad 'chunk sizes beyond the limits' 'chunker\|line' 'sed "4s/65536/1/" ../good'
bad 'an unknown chunker' 'chunker\|line' 'sed "4s/rabin/fastcdc/" ../good'
bad 'a digest that is too short' 'sha256\|line' 'sed "2s/.$//" ../good'
bad 'CR at the ends of lines' 'line\|manifest' 'sed "s/$/\r/" ../good'
bad 'a NUL in it' 'line' 'sed "3s/300000/3000\x000/" ../good'
bad 'a line of a megabyte' 'line' \
	'head -n 4 ../good && printf "chunks " && head -c 1000000 /dev/zero | tr "\0" 1 && echo'
bad 'a first line of a megabyte' 'manifest\|line\|version' \
	'printf "git-devops manifest " && head -c 1000000 /dev/zero | tr "\0" 1 && echo'

# What can only be seen when the content is put together.
wrong () {
	title=$1 word=$2 make=$3
	export word make
	test_expect_success "$title" '
		eval "$make" >../bad &&
		stage ../bad &&
		rm -f bad &&
		says 13 bad "$word" git devops checkout -- bad &&
		head -n 1 bad >../first &&
		grep "^git-devops manifest 1$" ../first &&
		says 13 bad "$word" git devops cat bad &&
		git devops ls >../out &&
		grep "  bad$" ../out &&
		says 13 bad "$word" git devops fsck &&
		forget &&
		git devops fsck
	'
}

wrong 'a SHA-256 that does not match' 'sha256' 'sed "2s/.$/0/; 2s/ ./ 0/" ../good'
wrong 'chunks in the wrong order' 'sha256' \
	'sed -n 1,6p ../good && sed -n 8p ../good && sed -n 7p ../good && sed -n "9,\$p" ../good'
wrong 'a chunk that is nowhere' 'missing' 'sed "7s/^......../00000000/" ../good'
wrong 'a chunk with another length' 'long\|length' '
	set -- $(sed -n 7p ../good) $(sed -n 8p ../good) &&
	sed "7s/.*/$1 $(($2 + 1))/; 8s/.*/$3 $(($4 - 1))/" ../good'

test_expect_success 'chunks that are no blobs' '
	commit=$(git rev-parse HEAD) &&
	sed "7s/^[0-9a-f]*/$commit/" ../good >../bad &&
	stage ../bad &&
	rm -f bad &&
	test_expect_code 13 git devops checkout -- bad 2>../err &&
	test_expect_code 13 git devops cat bad 2>../err &&
	test_expect_code 13 git devops fsck 2>../err &&
	forget
'

test_expect_success 'git leaves one of a later version in place, and add keeps it' '
	sed "1s/1$/2/" ../good >../bad &&
	stage ../bad &&
	rm -f bad &&
	git checkout -- bad 2>../err &&
	grep "^warning: bad: manifest left in place: .*unknown version" ../err &&
	assert_same ../bad bad &&
	touch bad &&
	assert_clean &&
	touch bad &&
	git devops add bad &&
	git add --renormalize . &&
	git diff --cached --exit-code HEAD &&
	assert_clean &&
	forget
'

test_expect_success 'content that only begins like a manifest is content' '
	{ sed 2,5d ../good && cat good; } >bad &&
	cp bad ../content &&
	git devops add bad &&
	git rev-parse :bad >../ours &&
	git add --renormalize bad &&
	git rev-parse :bad >../theirs &&
	test_cmp ../ours ../theirs &&
	git commit -q -m content &&
	rm bad &&
	git checkout -- bad &&
	assert_same ../content bad &&
	rm bad &&
	git devops checkout &&
	assert_same ../content bad &&
	assert_clean &&
	git devops fsck &&
	forget
'

test_expect_success 'paths that lead out of the work tree are not even in an index' '
	id=$(git hash-object -w --no-filters ../good) &&
	tree=$(printf "100644 blob %s\t..\n" $id | git mktree) &&
	tree=$(printf "040000 tree %s\tx\n100644 blob %s\t.gitattributes\n" $tree "$(git rev-parse HEAD:.gitattributes)" | git mktree) &&
	test_must_fail git devops checkout $tree 2>../err &&
	test_must_fail git devops checkout $tree -- x 2>../err &&
	dotgit=$(printf "100644 blob %s\tconfig\n" $id | git mktree) &&
	tree=$(printf "040000 tree %s\t.GIT\n" $dotgit | git mktree) &&
	cp .git/config ../config &&
	test_must_fail git devops checkout $tree -- . 2>../err &&
	test_cmp ../config .git/config
'

test_done
