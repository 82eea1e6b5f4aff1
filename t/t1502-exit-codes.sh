#!/bin/sh

test_description='the exit codes of the table, each once, as text and as JSON'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# code <number> <word> <argument>...: git devops with these ends with that exit
# code and the word on standard error, and with --json an object with that code.
code () {
	local number="$1" word="$2" &&
	shift 2 &&
	test_expect_code "$number" git devops "$@" 2>../err >../out &&
	grep "^$word: " ../err &&
	test_expect_code "$number" git devops --json "$@" 2>../err >../out &&
	json error code ../err >../codes &&
	grep -x "$number" ../codes
}

test_expect_success 'set up' '
	git config --global devops.autoGet false &&
	large_repo repo &&
	make_random repo/a 300000 1 &&
	make_random repo/b 300000 2 &&
	git -C repo devops add a b &&
	git -C repo commit -q -m one &&
	clone_without_chunks repo clone &&
	mkdir nothing &&
	git init -q strange &&
	cd repo
'

test_expect_success '0: done' '
	git devops checkout &&
	git devops status &&
	git devops fsck
'

test_expect_success '1: done, and the answer is no' '
	code 1 error untrack nothing &&
	printf x >>a &&
	code 1 error checkout &&
	git checkout -q a
'

test_expect_success '3: done in part' '
	printf x >>a &&
	rm b &&
	test_expect_code 3 git devops checkout 2>../err &&
	grep "^error: 1 of 2 large files not written$" ../err &&
	git checkout -q a
'

test_expect_success '10: not a repository' '
	for verb in add checkout status ls cat fsck gc track untrack
	do
		case $verb in
		add | cat | track | untrack) set -- x ;;
		*) set -- ;;
		esac &&
		test_expect_code 10 git devops -C ../nothing $verb "$@" 2>../err &&
		grep "^fatal: not a git repository" ../err &&
		grep "^hint: .git devops init. makes one, or -C says where it is$" ../err || return 1
	done &&
	code 10 fatal -C ../nothing status &&
	code 10 fatal -C ../strange checkout
'

test_expect_success '11: busy' '
	printf x >>a &&
	: >.git/index.lock &&
	test_expect_code 11 git devops add a --json 2>../err &&
	json error code ../err >../codes &&
	echo 11 >../expect &&
	test_cmp ../expect ../codes &&
	rm .git/index.lock &&
	git checkout -q a
'

test_expect_success '13: content is missing' '
	code 13 error -C ../clone checkout &&
	code 13 error -C ../clone fsck &&
	test_expect_code 13 git -C ../clone devops cat a 2>../err &&
	grep "^error: a: object [0-9a-f]\{40\} is missing$" ../err
'

test_expect_success '128: any other error' '
	code 128 fatal add missing &&
	code 128 fatal ls nothing -- a &&
	code 128 fatal -C /nowhere/at/all status
'

test_expect_success '129: usage' '
	code 129 error add &&
	code 129 error status --nonsense &&
	code 129 error nonsense &&
	code 129 error cat &&
	code 129 error fsck too many &&
	code 129 error gc x &&
	test_expect_code 129 git devops add -h >../out &&
	grep "^usage: git devops add" ../out
'

test_expect_success '130: interrupted' '
	truncate -s 500G huge &&
	for signal in INT TERM
	do
		test_expect_code 130 interrupted $signal ../err git-devops add --progress huge 2>../err &&
		tr "\r" "\n" <../err >../lines &&
		tail -n 1 ../lines >../last &&
		echo "fatal: interrupted" >../expect &&
		test_cmp ../expect ../last || return 1
	done &&
	rm huge &&
	assert_clean
'

test_expect_success 'without HOME, without standard input, without standard error' '
	env -u HOME git devops status >../out &&
	git devops status <&- >../out &&
	git devops fsck >../out <&- 2>&-
'

test_done
