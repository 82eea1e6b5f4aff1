#!/bin/sh

test_description='git devops sync does not wait for what it need not wait for'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

mkdir bin
PATH=$PWD/bin:$PATH
STARTED=$PWD/started
ASKED=$PWD/asked
export PATH STARTED ASKED

# answers <name> <command>: makes a program that notes its name in started, and
# runs the command.
answers () {
	printf '#!/bin/sh\necho %s >>"$STARTED"\n%s\n' "$1" "$2" >"bin/$1" &&
	chmod 755 "bin/$1"
}

# waits <name> <command>: the same, and waits until the program has started.
waits () {
	printf '
		for i in $(seq 200)
		do
			grep -q "^%s\$" "$STARTED" && break
			sleep 0.05
		done
		grep -q "^%s\$" "$STARTED" || exit 9
		%s
	' "$1" "$1" "$2"
}

# served_by <program>, fetched_by <program>: what the peer runs.
served_by () {
	git -C here config remote.origin.devopsServe "$1"
}
fetched_by () {
	git -C here config remote.origin.uploadpack "$1"
}

test_expect_success 'a repository, and one that knows it' '
	git init -q -b main there &&
	git init -q -b main here &&
	(
		cd there &&
		git devops init -q &&
		small_chunks &&
		make_random file 3000000 1 &&
		git devops add -q file .devops &&
		git commit -q -m first
	) &&
	(
		cd here &&
		git devops init -q &&
		git remote add origin ../there
	)
'

test_expect_success 'git fetches before git-devops has said who it is' '
	answers late-serve "$(waits git-asked "exec git-devops \"\$@\"")" &&
	answers git-asked "exec git-upload-pack \"\$@\"" &&
	served_by late-serve &&
	fetched_by git-asked &&
	git -C here devops sync &&
	git -C here merge -q --ff-only origin/main &&
	test_cmp there/file here/file
'

test_expect_success 'git-devops is asked before git has answered' '
	answers early-serve "exec git-devops \"\$@\"" &&
	answers git-late "$(waits early-serve "exec git-upload-pack \"\$@\"")" &&
	served_by early-serve &&
	fetched_by git-late &&
	git -C here devops sync
'

test_expect_success 'with nothing to do, git-devops is asked nothing' '
	answers listens "tee \"\$ASKED\" | git-devops \"\$@\"" &&
	served_by listens &&
	fetched_by git-upload-pack &&
	git -C here devops sync &&
	test_must_be_empty asked
'

test_expect_success 'git speaks what takes the fewest round trips' '
	answers notes "echo \"\${GIT_PROTOCOL:-none}\" >\"\$ASKED\"; exec git-upload-pack \"\$@\"" &&
	served_by git-devops &&
	fetched_by notes &&
	test_when_finished "fetched_by git-upload-pack" &&
	git -C here devops sync &&
	echo none >expect &&
	test_cmp expect asked
'

test_expect_success 'the first chunks come over the session that was asked' '
	(
		cd there &&
		make_random file 3000000 2 &&
		git devops add -q file &&
		git commit -q -m second
	) &&
	rm started &&
	answers counts "exec git-devops \"\$@\"" &&
	served_by counts &&
	git -C here devops sync &&
	echo counts >expect &&
	test_cmp expect started &&
	git -C here merge -q --ff-only origin/main &&
	test_cmp there/file here/file
'

test_expect_success 'a dry run fetches no branches' '
	rm started &&
	fetched_by git-asked &&
	git -C here devops sync -n &&
	echo counts >expect &&
	test_cmp expect started
'

test_expect_success 'where nobody answers, what git has begun is ended' '
	answers git-waits "cat >/dev/null" &&
	answers broken "$(waits git-waits "exit 9")" &&
	answers git-upload-pack "exit 9" &&
	test_when_finished "rm bin/git-upload-pack" &&
	served_by broken &&
	fetched_by git-waits &&
	test_expect_code 128 git-devops -C here sync 2>err &&
	test_line_count = 2 err &&
	grep "^error: origin: .*exit" err
'

test_done
