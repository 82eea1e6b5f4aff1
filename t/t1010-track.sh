#!/bin/sh

test_description='git devops track and untrack: what they write is what git reads'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# assert_attr <value> <path>: the filter that git gives the path.
assert_attr () {
	git check-attr -z filter -- "$2" >attr &&
	printf "%s\0filter\0%s\0" "$2" "$1" >expect &&
	test_cmp expect attr
}

test_expect_success 'set up' '
	git devops init -q repo &&
	cd repo
'

test_expect_success 'a pattern becomes a line' '
	git devops track "*.img" >out 2>err &&
	echo "tracking '\''*.img'\''" >expect &&
	test_cmp expect out &&
	grep "^hint: commit .gitattributes" err &&
	echo "*.img filter=devops diff=devops merge=devops -text" >expect &&
	test_cmp expect .gitattributes
'

test_expect_success 'a second time nothing happens' '
	cp .gitattributes before &&
	git devops track "*.img" >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	test_cmp before .gitattributes
'

test_expect_success 'several at once; lines that are there stay' '
	printf "*.txt text\n# my own" >.gitattributes &&
	git devops track "*.iso" "/disk" &&
	cat >expect <<-\EOF &&
	*.txt text
	# my own
	*.iso filter=devops diff=devops merge=devops -text
	/disk filter=devops diff=devops merge=devops -text
	EOF
	test_cmp expect .gitattributes
'

test_expect_success 'without a pattern they are listed' '
	git devops track >actual &&
	printf "%s\n" "*.iso" /disk >expect &&
	test_cmp expect actual &&
	git devops track --json >out &&
	json track pattern out >actual &&
	test_cmp expect actual
'

test_expect_success '-n shows and changes nothing' '
	cp .gitattributes before &&
	git devops track -n "*.raw" >out &&
	echo "tracking '\''*.raw'\''" >expect &&
	test_cmp expect out &&
	git devops untrack -n "*.iso" >out &&
	echo "no longer tracking '\''*.iso'\''" >expect &&
	test_cmp expect out &&
	test_cmp before .gitattributes
'

test_expect_success 'untrack takes lines away, and only its own' '
	echo "*.iso -diff" >>.gitattributes &&
	git devops untrack "*.iso" /disk &&
	printf "%s\n" "*.txt text" "# my own" "*.iso -diff" >expect &&
	test_cmp expect .gitattributes
'

test_expect_success 'untrack of what is not tracked exits with 1' '
	test_expect_code 1 git devops untrack "*.nothing" >out 2>err &&
	test_must_be_empty out &&
	grep "^error: none of these patterns is tracked here$" err
'

test_expect_success 'untrack wants a pattern' '
	test_expect_code 129 git devops untrack 2>err &&
	grep "^error: no pattern given$" err
'

# try <description> <pattern> <path that matches> <path that does not>
try () {
	pattern=$2 match=$3 other=$4
	export pattern match other
	test_expect_success "a pattern with $1" '
		rm -f .gitattributes &&
		git devops track -- "$pattern" &&
		assert_attr devops "$match" &&
		assert_attr unspecified "$other" &&
		test_line_count = 1 .gitattributes &&
		git devops untrack -- "$pattern" &&
		assert_attr unspecified "$match" &&
		test_must_be_empty .gitattributes
	'
}

try 'spaces' 'my disk *.img' 'my disk 1.img' 'my'
try 'a trailing space' 'end ' 'end ' 'end'
try 'double quotes' 'say "*"' 'say "hello"' 'say hello'
try 'a leading double quote' '"q"' '"q"' 'q'
try 'single quotes' "it's" "it's" 'its'
try 'a leading #' '#*#' '#autosave#' 'autosave'
try 'a backslash' 'back\\slash' 'back\slash' 'backslash'
try 'an escaped star' 'a\*b' 'a*b' 'axb'
try 'a tab' 'a	b' 'a	b' 'a'
try 'bytes that are not UTF-8' "$(printf 'x\377*')" "$(printf 'x\377y')" 'xy'
try 'letters beyond ASCII' 'größe*' 'größe.img' 'grosse.img'
try 'a bracket' '[art]x' 'ax' 'x'
try 'an escaped macro' '\[attr]x' '[attr]x' 'ax'
try 'an escaped exclamation mark' '\!x' '!x' 'x'
try 'a leading dash' '-n' '-n' 'n'
try 'a directory in it' 'sub/**/*.img' 'sub/a/b.img' 'b.img'

test_expect_success 'a newline in a pattern' '
	rm -f .gitattributes &&
	name=$(printf "two\nlines") &&
	git devops track "$name" &&
	assert_attr devops "$name" &&
	assert_attr unspecified two
'

test_expect_success 'a pattern that git would not take is refused, not written' '
	rm -f .gitattributes &&
	test_expect_code 129 git devops track "!*.img" 2>err &&
	grep "^error: pattern .!\*.img.: git has no negative patterns" err &&
	test_expect_code 129 git devops track "*.iso" "[attr]x" 2>err &&
	grep "^error: pattern .\[attr\]x.: git takes it for the definition of a macro" err &&
	test_expect_code 129 git devops track "" 2>err &&
	grep "^error: an empty pattern" err &&
	test_path_is_missing .gitattributes
'

test_expect_success 'in a subdirectory, the file there' '
	mkdir -p sub/dir &&
	(
		cd sub/dir &&
		git devops track "*.img" &&
		test_path_is_file .gitattributes
	) &&
	test_path_is_missing .gitattributes &&
	assert_attr devops sub/dir/x.img &&
	assert_attr unspecified x.img &&
	git devops -C sub/dir track >actual &&
	echo "*.img" >expect &&
	test_cmp expect actual &&
	git devops -C sub/dir untrack "*.img"
'

test_expect_success 'the permissions of the file stay' '
	echo "*.a -diff" >.gitattributes &&
	chmod 640 .gitattributes &&
	git devops track "*.b" &&
	assert_mode 640 .gitattributes
'

test_expect_success 'lines that end with CR are left as they are' '
	printf "*.a -diff\r\n" >.gitattributes &&
	git devops track "*.b" &&
	printf "*.a -diff\r\n*.b filter=devops diff=devops merge=devops -text\n" >expect &&
	test_cmp expect .gitattributes
'

test_expect_success 'a pattern makes even small files large, for git and for us' '
	rm -f .gitattributes &&
	git devops track "*.img" &&
	echo tiny >a.img &&
	echo tiny >b.img &&
	echo tiny >c.txt &&
	git devops add a.img c.txt .gitattributes &&
	git add b.img &&
	assert_manifest :a.img :b.img &&
	refute_manifest :c.txt
'

test_expect_success 'an untracked file becomes an ordinary blob when it is added again' '
	git commit -q -m images &&
	git devops untrack "*.img" &&
	git add --renormalize . &&
	refute_manifest :a.img :b.img &&
	git commit -q -a -m "no images" &&
	git rm -q --cached a.img b.img &&
	git devops add a.img b.img &&
	refute_manifest :a.img :b.img
'

test_expect_success 'a bare repository has nothing to track' '
	git init -q --bare ../bare.git &&
	test_expect_code 128 git devops -C ../bare.git track "*.img" 2>err &&
	grep "^fatal: this operation must be run in a work tree$" err
'

test_done
