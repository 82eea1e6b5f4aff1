#!/bin/sh

test_description='git devops add leaves to git what git converts: line ends, ident, filters

As in t1101, git add and git devops add must leave the same index.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# same <description> <attributes> <configuration> <script>: add all files in two
# fresh repositories.
same () {
	title=$1 attributes=$2 config=$3 script=$4
	export attributes config script
	test_expect_success "$title" '
		for repo in ours theirs
		do
			rm -rf $repo &&
			git devops init -q $repo &&
			(
				cd $repo &&
				git config devops.largeFile 10k &&
				git config core.safecrlf false &&
				for one in $config
				do
					git config "${one%%=*}" "${one#*=}" || exit 1
				done &&
				printf "$attributes" >.gitattributes &&
				eval "$script"
			) || return 1
		done &&
		git -C ours devops add . &&
		git -C theirs add . &&
		git -C ours ls-files -s >actual &&
		git -C theirs ls-files -s >expect &&
		test_cmp expect actual &&
		git -C ours status --porcelain >actual &&
		git -C theirs status --porcelain >expect &&
		test_cmp expect actual &&
		git -C ours commit -q -m all &&
		assert_clean ours
	'
}

files='printf "a\r\nb\r\n" >crlf.txt && printf "a\nb\n" >lf.txt && printf "a\r\nb\n" >mixed.txt &&
	printf "a\r\n\0b" >binary.dat && printf "\$Id: 1234 \$\n" >ident.c && chmod +x crlf.txt'

same 'nothing converted' '' '' "$files"
same 'text' '*.txt text\n' '' "$files"
same 'text=auto' '* text=auto\n' '' "$files"
same 'eol=crlf' '*.txt eol=crlf\n' '' "$files"
same 'eol=lf' '*.txt text eol=lf\n' '' "$files"
same 'the old name crlf' '*.txt crlf=input\n' '' "$files"
same 'core.autocrlf=true' '' core.autocrlf=true "$files"
same 'core.autocrlf=input' '' core.autocrlf=input "$files"
same 'core.autocrlf=yes' '' core.autocrlf=yes "$files"
same 'core.autocrlf=false' '' core.autocrlf=false "$files"
same 'core.autocrlf with -text' '*.txt -text\n' core.autocrlf=true "$files"
same 'core.autocrlf where the index has CRLF already' '' '' "$files"' &&
	git add . && git commit -q -m crlf && git config core.autocrlf true &&
	printf "a\r\nb\r\nc\r\n" >crlf.txt'
same 'ident' '*.c ident\n' '' "$files"
same 'working-tree-encoding' '*.u16 text working-tree-encoding=UTF-16LE\n' '' \
	'printf "h\0i\0\r\0\n\0" >x.u16'
same 'a filter of one'\''s own' '*.rot filter=rot\n' \
	'filter.rot.clean=rev filter.rot.smudge=rev' 'echo abc >x.rot && echo abc >x.txt'
same 'a filter that is not configured' '*.odd filter=unknown\n' '' 'echo abc >x.odd'
same 'a filter unset' '* -filter\n' '' 'echo abc >x'
same 'names that need care' '* text\n' '' '
	printf "a\r\n" >"new
line" && printf "a\r\n" >"sp ace" && printf "a\r\n" >"*" && printf "a\r\n" >"$(printf "\377")" &&
	printf "a\r\n" >":(top)" && printf "a\r\n" >"\"quoted\"" && printf "a\r\n" >-n'
same 'links are never converted' '* text=auto\n' core.autocrlf=true \
	'ln -s "$(printf "a\r\nb")" link'
same 'in a subdirectory with attributes of its own' '' '' '
	mkdir sub && echo "*.txt text" >sub/.gitattributes && printf "a\r\n" >sub/a.txt &&
	printf "a\r\n" >a.txt'

test_expect_success 'attributes set beside the work tree count, too' '
	git devops init -q beside &&
	(
		cd beside &&
		echo "*.txt text" >.git/info/attributes &&
		printf "a\r\n" >a.txt &&
		git devops add . &&
		git cat-file blob :a.txt >actual &&
		echo a >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'large files are never converted' '
	git devops init -q large &&
	(
		cd large &&
		git config core.autocrlf true &&
		git config devops.largeFile 1k &&
		make_text log 10000 1 &&
		sed "s/$/\r/" log >crlf &&
		git devops add log crlf &&
		git commit -q -m logs &&
		sha256sum crlf log >../sums &&
		rm crlf log &&
		git checkout -q . &&
		sha256sum -c ../sums &&
		git status --porcelain >../status &&
		test_must_be_empty ../status
	)
'

test_expect_success 'when git refuses to convert one, nothing is staged' '
	git devops init -q refused &&
	(
		cd refused &&
		git config core.safecrlf true &&
		git config core.autocrlf true &&
		git config devops.largeFile 10k &&
		echo small >small.bin &&
		printf "*.bin -text\n" >.gitattributes &&
		make_random large 20000 1 &&
		printf "a\nb\r\n" >bad.txt &&
		test_expect_code 128 git devops add . 2>../err &&
		git ls-files >../out &&
		echo "*.bin -text" >../expect &&
		test_cmp ../expect .gitattributes
	) &&
	test_must_be_empty out &&
	grep "^fatal: .*LF would be replaced by" err
'

test_expect_success 'nor when a filter fails' '
	git devops init -q failing &&
	(
		cd failing &&
		git config filter.bad.clean false &&
		git config filter.bad.required true &&
		echo "*.bad filter=bad" >.gitattributes &&
		echo x >x.bad &&
		echo y >y.good &&
		test_expect_code 128 git devops add . 2>../err &&
		git ls-files >../out
	) &&
	test_must_be_empty out &&
	grep "^fatal: .*x.bad" err
'

test_done
