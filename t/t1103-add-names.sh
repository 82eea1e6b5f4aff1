#!/bin/sh

test_description='large and small files whose names need care, through every command'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

newline=$(printf 'new\nline')
bytes=$(printf 'not-\377-utf8')
bell=$(printf 'be\007ll')
esc=$(printf 'esc\033[31m')

# names <command> <argument>...: run it with every name added, one at a time.
names () {
	for name in 'sp ace' ' leading' 'trailing ' "$newline" "$bytes" "$bell" "$esc" 'tab	tab' \
		'*' 'st*r' 'qu?stion' '[bracket]' 'back\slash' '"double"' "'single'" '#hash' '!bang' \
		'-dash' '--json' ':colon' ':(top)magic' 'a:b' '$(touch x)' '%P' 'größe' '[attr]x' '.hidden' \
		"dir $newline/*/in"
	do
		"$@" "$name" || {
			echo "with the name '$name'" >&2
			return 1
		}
	done
}

make_large () {
	mkdir -p "$(dirname "./$1")" && printf %s "$1" >seed && cksum seed >sum &&
	read -r seed rest <sum && rm seed sum && make_random "./$1" 120000 "$seed"
}
make_small () { mkdir -p "small/$(dirname "./$1")" && printf %s "$1" >"small/$1"; }
count=28

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	names make_large &&
	names make_small &&
	git ls-files -o >../others &&
	test_line_count = $((2 * count)) ../others
'

test_expect_success 'add all of them' '
	git devops add --json . >../out &&
	json add large ../out >../large &&
	grep true ../large >../n &&
	test_line_count = $count ../n &&
	assert_large () { is_manifest ":$1" && assert_held ":$1" && refute_manifest ":small/$1"; } &&
	names assert_large &&
	git commit -q -m names &&
	assert_clean
'

test_expect_success 'each line of .gitattributes fits its file alone' '
	test_line_count = $count .gitattributes &&
	assert_alone () {
		git check-attr -z filter -- "$1" "x$1" "small/$1" "${1}x" >../attrs &&
		printf "%s\0filter\0%s\0" "$1" devops "x$1" unspecified "small/$1" unspecified \
			"${1}x" unspecified >../expect &&
		cmp ../expect ../attrs
	} &&
	names assert_alone &&
	git check-attr filter star "a/st*r" b >../attrs &&
	test_must_fail grep devops ../attrs
'

test_expect_success 'git add makes the same of them' '
	git ls-files -s >../ours &&
	git rm -r -q --cached . &&
	git add . &&
	git ls-files -s >../theirs &&
	test_cmp ../ours ../theirs &&
	assert_clean
'

test_expect_success 'each named alone, as a literal path' '
	edit () { printf more >>"./$1"; } &&
	names edit &&
	add_one () {
		git --literal-pathspecs devops add -- "$1" &&
		git diff --quiet -- ":(literal)$1" &&
		git ls-files -z -m >../modified
	} &&
	names add_one &&
	git commit -q -m edited &&
	assert_clean
'

test_expect_success 'status, ls, cat, checkout' '
	git devops status --json >../out &&
	json file path ../out >../status &&
	git ls-files -z -- ":(attr:filter=devops)" | tr "\0" "\n" >../expect &&
	test_cmp ../expect ../status &&
	git devops ls --json HEAD >../out &&
	json file path ../out >../ls &&
	test_cmp ../expect ../ls &&
	cat_one () { git devops cat "HEAD:$1" >../content && cmp ../content "./$1"; } &&
	names cat_one &&
	sum_one () { sha256sum <"./$1" >>../sums; } &&
	: >../sums &&
	names sum_one &&
	mv ../sums ../before &&
	remove_one () { rm "./$1"; } &&
	names remove_one &&
	git devops checkout &&
	: >../sums &&
	names sum_one &&
	test_cmp ../before ../sums &&
	assert_clean
'

test_expect_success 'no control character of a name reaches the terminal' '
	names remove_one &&
	git devops add -v . >../out &&
	git devops status >>../out &&
	git reset -q --hard &&
	git devops ls >>../out &&
	git devops ls --json >>../out &&
	test_must_fail grep "$(printf "\033")" ../out &&
	test_must_fail grep "$(printf "\007")" ../out &&
	printf x >>"./$esc" &&
	git diff >../out &&
	test_must_fail grep "$(printf "\033")" ../out &&
	git checkout -q . &&
	test_must_fail git devops cat "$esc$esc" 2>../err &&
	test_must_fail grep "$(printf "\033")" ../err
'

test_expect_success 'git checkout and git clone' '
	names remove_one &&
	git checkout -q . &&
	: >../sums &&
	names sum_one &&
	test_cmp ../before ../sums &&
	assert_clean &&
	clone_without_chunks . ../clone &&
	fetch_chunks ../clone &&
	cd ../clone &&
	git devops checkout &&
	: >../sums &&
	names sum_one &&
	test_cmp ../before ../sums &&
	assert_clean
'

test_expect_success 'diff and fsck name them' '
	change_one () { printf y >>"./$1"; } &&
	names change_one &&
	git diff >../out &&
	grep "^diff --git-devops" ../out >../n &&
	test_line_count = $count ../n &&
	git devops fsck &&
	names remove_one &&
	git devops checkout -- . &&
	assert_clean
'

test_done
