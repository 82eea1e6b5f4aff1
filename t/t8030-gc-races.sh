#!/bin/sh

test_description='git gc --prune=now, git repack and git devops gc beside adds'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# beside <command>: run it again and again until the file "finished" is there.
# What it says does not matter: it may find the repository busy.
beside () {
	while ! test -e finished
	do
		eval "$1" >/dev/null 2>&1
	done
}

# adder <name> <rounds>: add versions of a file and commit none of them.
adder () {
	for i in $(seq "$2")
	do
		make_random "repo/$1" 250000 "$1$i" &&
		cp "repo/$1" "$1.version$i" &&
		git -C repo devops add "$1" &&
		git -C repo rev-parse ":$1" >"$1.id$i" || return 1
	done
}

# whole <name> <rounds>: the last version that was added is whole.
whole () {
	rm -f "repo/$1" &&
	git -C repo devops checkout -- "$1" &&
	cmp "$1.version$2" "repo/$1"
}

# Seeds are numbers.
alone=1 first=2 second=3

test_expect_success 'set up' 'large_repo repo && git -C repo config gc.auto 0'

test_expect_success 'git gc, repack and prune beside adds' '
	rm -f finished &&
	test_when_finished ": >finished; wait" &&
	{ beside "git -C repo gc -q --prune=now" & } &&
	{ beside "git -C repo repack -q -a -d" & } &&
	{ beside "git -C repo devops gc -q" & } &&
	adder $alone 25 &&
	: > finished &&
	wait &&
	whole $alone 25 &&
	git -C repo devops fsck &&
	test_git_fsck repo
'

test_expect_success 'two adds at once, beside both gcs' '
	rm -f finished &&
	test_when_finished ": >finished; wait" &&
	{ beside "git -C repo gc -q --prune=now; git -C repo devops gc -q" & } &&
	{ { adder $first 15; echo $? >first.status; } & } &&
	adder $second 15 &&
	: > finished &&
	wait &&
	echo 0 >expect &&
	test_cmp expect first.status &&
	whole $first 15 &&
	whole $second 15 &&
	git -C repo commit -q -m raced &&
	git -C repo devops fsck &&
	test_git_fsck repo
'

test_expect_success 'nothing is left over' '
	git -C repo devops gc &&
	test -z "$(find repo/.git/devops -path "*/spool/*" -o -path "*/writers/*")" &&
	! grep -l pending repo/.git/objects/pack/*.keep
'

test_done
