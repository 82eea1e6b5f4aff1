#!/bin/sh

test_description='help, usage, manual pages and messages'

. ./test-lib.sh

MANPATH=$TOP/bin/man
export MANPATH

verbs () {
	sed -n "s,^.*/git-devops-\([a-z-]*\)\.1$,\1,p" pages
}

test_expect_success 'the manual pages' '
	ls "$TOP"/bin/man/man1/git-devops*.1 >pages &&
	verbs >verbs &&
	grep "^version$" verbs
'

test_expect_success '-h shows a usage on standard output, exit 129' '
	test_expect_code 129 git devops -h >out 2>err &&
	test_must_be_empty err &&
	head -n 1 out >first &&
	grep "^usage: git devops " first &&
	grep "^start$" out &&
	grep "^    version  *print the version of git-devops$" out
'

test_expect_success '-h of every verb, even where arguments are wanting' '
	for verb in $(cat verbs)
	do
		test_expect_code 129 git-devops $verb -h >out 2>err &&
		test_must_be_empty err &&
		grep "^usage: git devops $verb" out || return 1
	done
'

test_expect_success 'no verb at all shows the same' '
	test_expect_code 129 git-devops -h >expect &&
	test_expect_code 129 git-devops >actual 2>err &&
	test_must_be_empty err &&
	test_cmp expect actual
'

test_expect_success 'groups without verbs are not shown' '
	test_expect_code 129 git-devops -h >out &&
	sed -n "/^[a-z][a-z ]*$/p" out >groups &&
	while read group
	do
		grep -A1 "^$group$" out >lines &&
		grep "^    [a-z]" lines || return 1
	done <groups
'

test_expect_success '--help prints the page where there is no terminal' '
	git-devops --help >out 2>err &&
	test_must_be_empty err &&
	grep "^NAME$" out &&
	grep "^EXIT STATUS$" out &&
	for verb in $(cat verbs)
	do
		git-devops $verb --help >out &&
		grep "^    git-devops-$verb - " out &&
		git-devops help $verb >again &&
		test_cmp out again || return 1
	done
'

test_expect_success 'git opens our page' '
	git devops --help >out &&
	grep "^GIT-DEVOPS(1)" out
'

test_expect_success '--help opens the page on a terminal' '
	script -qec "git devops version --help" typescript </dev/null >out &&
	tr -d "\r" <out >text &&
	grep "^GIT-DEVOPS-VERSION(1)" text
'

test_expect_success '--help on a terminal without the page prints its text' '
	script -qec "MANPATH=/nonexistent git devops version --help" typescript </dev/null >out &&
	tr -d "\r" <out >text &&
	grep "^NAME" text
'

test_expect_success 'the pages are well-formed' '
	while read page
	do
		man --warnings=all -E UTF-8 -l -Tutf8 -Z "$page" >/dev/null 2>err &&
		test_must_be_empty err || return 1
	done <pages
'

test_expect_success 'the pages have the sections of git pages, in order' '
	for verb in $(cat verbs)
	do
		man git-devops-$verb >page &&
		sed -n "/^[A-Z][A-Z -]*$/p" page >sections &&
		sed -n "1,3p" sections >first &&
		printf "%s\n" NAME SYNOPSIS DESCRIPTION >expect &&
		test_cmp expect first &&
		tail -n 3 sections >last &&
		printf "%s\n" "EXIT STATUS" "SEE ALSO" GIT-DEVOPS >expect &&
		test_cmp expect last || return 1
	done
'

test_expect_success 'the pages are the same every time' '
	git-devops man pages-again &&
	diff -r pages-again "$TOP/bin/man/man1"
'

test_expect_success 'an unknown verb' '
	test_expect_code 129 git devops frobnicate >out 2>err &&
	test_must_be_empty out &&
	cat >expect <<-\EOF &&
	error: '\''frobnicate'\'' is not a git devops verb
	hint: see '\''git devops -h'\''
	EOF
	test_cmp expect err
'

test_expect_success 'a misspelt verb' '
	test_expect_code 129 git devops versoin 2>err &&
	grep "^hint: did you mean .git devops version.?$" err
'

test_expect_success 'an unknown option' '
	test_expect_code 129 git devops version --frobnicate >out 2>err &&
	test_must_be_empty out &&
	cat >expect <<-\EOF &&
	error: unknown option `frobnicate'\''
	usage: git devops version
	EOF
	test_cmp expect err &&
	test_expect_code 129 git devops version -z 2>err &&
	grep "^error: unknown switch .z.$" err
'

test_expect_success 'with --json an error is one line' '
	test_expect_code 129 git devops version --json --frobnicate >out 2>err &&
	test_must_be_empty out &&
	echo "{\"type\":\"error\",\"code\":129,\"message\":\"unknown option \`frobnicate'\''\"}" >expect &&
	test_cmp expect err &&
	test_expect_code 129 git devops versoin --json 2>err &&
	echo "{\"type\":\"error\",\"code\":129,\"message\":\"'\''versoin'\'' is not a git devops verb\",\"hint\":\"did you mean '\''git devops version'\''?\"}" >expect &&
	test_cmp expect err
'

test_expect_success '-C: relative to the one before, and an error where it is nothing' '
	mkdir -p a/b &&
	git-devops -C a -C b version &&
	test_expect_code 128 git-devops -C b -C a version 2>err &&
	grep "^fatal: cannot change to .*/b/a.: no such file or directory$" err &&
	: >file &&
	test_expect_code 128 git-devops -C file version 2>err &&
	grep "^fatal: cannot change to .*/file.: not a directory$" err
'

test_expect_success 'a removed current directory is an error, not a crash' '
	mkdir gone &&
	(
		cd gone &&
		rmdir ../gone &&
		test_expect_code 128 git-devops version 2>../err
	) &&
	grep "^fatal: " err
'

test_done
