#!/bin/sh

test_description='three machines drop the same chunks at once

Each holds all, and asks the two others. Whatever the order of events, each
chunk is held by one of them in the end.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

if test_have_prereq EXPENSIVE
then
	rounds=1000
else
	rounds=60
fi

# make_three <dir>: three repositories with the same, each with the others as
# peers.
make_three () {
	local one other &&
	mkdir "$1" &&
	for one in a b c
	do
		cp -a repo "$1/$one" || return 1
	done &&
	for one in a b c
	do
		for other in a b c
		do
			test $one = $other ||
			git -C "$1/$one" remote add $other "$(pwd -P)/$1/$other" || return 1
		done
	done
}

# race <dir>: all three drop at once.
race () {
	local one pids="" &&
	for one in a b c
	do
		rm -rf "$1/$one/.git/devops/locks" "$1/$one/.git/devops/dropped" &&
		cp repo/.git/refs/devops/held "$1/$one/.git/refs/devops/held" || return 1
	done &&
	for one in a b c
	do
		{ git-devops -C "$1/$one" drop -q --no-gc >"$1/$one.out" 2>&1; echo $? >"$1/$one.status"; } &
		pids="$pids $!"
	done &&
	wait $pids
}

# judge <dir>: no chunk is nowhere; how many of the three have dropped.
judge () {
	local one dropped=0 &&
	: >"$1/some" &&
	for one in a b c
	do
		case $(cat "$1/$one.status") in
		0|11|13) ;;
		*) cat "$1/$one.out" && return 1 ;;
		esac &&
		git -C "$1/$one" ls-tree -r --format="%(objectname)" refs/devops/held >"$1/held" &&
		cat "$1/held" >>"$1/some" &&
		if test -s "$1/held"
		then
			grep -c . "$1/held" >"$1/left"
		else
			dropped=$((dropped + 1))
		fi &&
		test -z "$(find "$1/$one/.git/devops/locks" -name "intent-*")" || return 1
	done &&
	sort -u "$1/some" >"$1/have" &&
	comm -23 chunks "$1/have" >"$1/nowhere" &&
	test_must_be_empty "$1/nowhere" &&
	echo $dropped >>"$1/counts"
}

# races <dir> <rounds>
races () {
	for round in $(seq "$2")
	do
		race "$1" && judge "$1" || {
			echo "in round $round of $1" >&2
			return 1
		}
	done
}

test_expect_success 'set up' '
	large_repo repo &&
	make_random repo/one 500000 1 &&
	git -C repo devops add one &&
	git -C repo commit -q -m one &&
	(cd repo && held_chunks) >chunks &&
	test_line_count -ge 3 chunks &&
	for triple in 1 2 3 4
	do
		make_three triple$triple || return 1
	done
'

# Most of the time they wait for each other: four races at once.
test_expect_success 'no race leaves a chunk without a copy' '
	for triple in 1 2 3 4
	do
		{ races triple$triple $((rounds / 4)) >triple$triple.log 2>&1; echo $? >triple$triple.status; } &
	done &&
	wait &&
	for triple in 1 2 3 4
	do
		test "$(cat triple$triple.status)" = 0 || {
			cat triple$triple.log
			return 1
		}
	done &&
	cat triple?/counts >counts &&
	test_line_count = $rounds counts &&
	! grep 3 counts &&
	sort counts | uniq -c | awk "{ printf \"%s%s races with %s drops\", (NR > 1 ? \", \" : \"# \"), \$1, \$2 } END { print \"\" }" >&5
'

# Fairness is not promised, but a race in which nobody ever gets anything done
# would be no use.
test_expect_success 'mostly somebody has dropped' '
	test $(grep -c -v "^0" counts) -gt $((rounds / 2))
'

test_expect_success 'all is sound afterwards' '
	for one in triple?/[abc]
	do
		git -C "$one" devops fsck -q &&
		test_git_fsck "$one" || return 1
	done
'

test_done
