#!/bin/sh

test_description='one content has one manifest

Files of every size at which something begins or ends, and files with runs of
zeroes, are staged by git add (a pipe) and by git devops add (the file itself),
with and without an earlier version: the manifests must be the same, and the
content must come back.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# With small_chunks: the shortest chunk and the longest.
min=65536 max=262144

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	git devops track "*.dat" &&
	git devops add .gitattributes &&
	for size in 0 1 2 63 64 65 $((min - 1)) $min $((min + 1)) $((2 * min)) \
		$((max - 1)) $max $((max + 1)) $((2 * max)) $((2 * max + min)) 1000000
	do
		make_random random-$size.dat $size $size &&
		make_text text-$size.dat $size $size &&
		truncate -s $size hole-$size.dat &&
		head -c $size /dev/zero >zero-$size.dat || return 1
	done
'

# Runs of zeroes of all lengths around min, at the start, within, at the end.
test_expect_success 'set up files with runs of zeroes' '
	make_random a 100000 1 &&
	make_random b 150001 2 &&
	for size in $((min - 1)) $min $((min + 1)) $((max + 1)) $((3 * max))
	do
		head -c $size /dev/zero >z &&
		cat z a >run-start-$size.dat &&
		cat a z b >run-within-$size.dat &&
		cat a b z >run-end-$size.dat &&
		cat z a z b z >run-all-$size.dat &&
		cp --sparse=always run-all-$size.dat run-sparse-$size.dat || return 1
	done &&
	rm a b z
'

test_expect_success 'git devops add and git add agree' '
	ls *.dat >../names &&
	sha256sum *.dat >../sums &&
	git devops add . &&
	git ls-files -s >../ours &&
	git commit -q -m ours &&
	assert_clean &&
	git rm -q --cached "*.dat" &&
	git add . &&
	git ls-files -s >../theirs &&
	test_cmp ../ours ../theirs &&
	assert_clean
'

test_expect_success 'also where nothing is held yet' '
	git devops init -q ../fresh &&
	cp -r .devops .gitattributes ../fresh &&
	git -C ../fresh devops add -q . &&
	cp --sparse=always *.dat ../fresh &&
	git -C ../fresh config devops.largeFile 100k &&
	git -C ../fresh add . &&
	git -C ../fresh ls-files -s >../theirs &&
	test_cmp ../ours ../theirs &&
	test_git_fsck ../fresh
'

test_expect_success 'every manifest says size and digest' '
	for name in $(cat ../names)
	do
		git cat-file blob :$name >../manifest &&
		grep "^size $(stat -c %s $name)$" ../manifest &&
		grep "^sha256 $(sed -n "s/ .*$name$//p" ../sums)$" ../manifest || return 1
	done >../out
'

test_expect_success 'the manifests of 0, 1, min and max bytes' '
	git cat-file blob :random-0.dat >../manifest &&
	grep "^chunks 0$" ../manifest &&
	test_line_count = 6 ../manifest &&
	for size in 1 $((min - 1)) $min
	do
		git cat-file blob :random-$size.dat >../manifest &&
		grep "^chunks 1$" ../manifest &&
		grep "^$(git hash-object --no-filters random-$size.dat) $size$" ../manifest || return 1
	done &&
	git cat-file blob :zero-$((min - 1)).dat >../manifest &&
	grep "^chunks 1$" ../manifest &&
	git cat-file blob :zero-$min.dat >../manifest &&
	grep "^chunks 0$" ../manifest &&
	grep "^hole $min$" ../manifest &&
	test "$(git rev-parse :zero-$max.dat)" = "$(git rev-parse :hole-$max.dat)"
'

test_expect_success 'everything comes back, through git and through us' '
	rm *.dat &&
	git checkout -q . &&
	sha256sum --quiet -c ../sums &&
	assert_clean &&
	rm *.dat &&
	git devops checkout &&
	sha256sum --quiet -c ../sums &&
	assert_clean &&
	test_git_fsck &&
	git devops fsck
'

test_expect_success 'cat gives the same' '
	for name in $(cat ../names)
	do
		git devops cat $name >../content &&
		cmp ../content $name || return 1
	done
'

# Edits after which the previous manifest must not change the result.
edit () {
	case $1 in
	insert) { head -c 5 "$2"; printf inserted; tail -c +6 "$2"; } >new ;;
	append) { cat "$2"; printf appended; } >new ;;
	cut) head -c 300000 "$2" >new ;;
	middle) { head -c 200000 "$2"; head -c 70000 /dev/zero; tail -c +200001 "$2"; } >new ;;
	prepend) { head -c 70000 /dev/zero; cat "$2"; } >new ;;
	double) cat "$2" "$2" >new ;;
	nothing) cp "$2" new ;;
	esac
	mv new "$2"
}

for how in insert append cut middle prepend double nothing
do
	export how
	test_expect_success "a previous version changes nothing: $how" '
		git reset -q --hard &&
		for name in random-1000000.dat text-1000000.dat run-all-$((max + 1)).dat \
			zero-1000000.dat random-$max.dat random-0.dat
		do
			edit $how $name || return 1
		done &&
		git devops add . &&
		git ls-files -s >../ours &&
		git reset -q &&
		git add . &&
		git ls-files -s >../theirs &&
		test_cmp ../ours ../theirs &&
		git rm -q --cached "*.dat" &&
		git devops add . &&
		git ls-files -s >../without &&
		test_cmp ../ours ../without
	'
done

test_expect_success 'files with the usual sizes of chunks' '
	git devops init -q ../usual &&
	cd ../usual &&
	git devops track "*.dat" &&
	for size in 524287 524288 524289 8388607 8388608 8388609
	do
		make_random random-$size.dat $size $size &&
		head -c $size /dev/zero >zero-$size.dat || return 1
	done &&
	sha256sum *.dat >../sums &&
	git devops add . &&
	git commit -q -m usual &&
	git ls-files -s >../ours &&
	git rm -q --cached "*.dat" &&
	git add . &&
	git ls-files -s >../theirs &&
	test_cmp ../ours ../theirs &&
	rm *.dat &&
	git devops checkout &&
	sha256sum --quiet -c ../sums &&
	assert_clean
'

test_done
