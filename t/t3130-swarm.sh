#!/bin/sh

test_description='many hosts get a large file at the same time

Each has the hub and all others as peers. The hub should not have to send the
file to each of them.'

. ./lib-hosts.sh
. "$TEST_DIR/lib-large.sh"

if test -n "${GIT_DEVOPS_TEST_EXPENSIVE:-}"
then
	SIZE=$((64 * 1048576))
	MBIT=100
	HOSTS="a b c d e f g h"
else
	SIZE=$((8 * 1048576))
	MBIT=20
	HOSTS="a b c"
fi

now () {
	date +%s%N
}

# since <time>: in tenths of seconds.
since () {
	local tenths=$((($(now) - $1) / 100000000)) &&
	echo "$((tenths / 10)).$((tenths % 10)) s"
}

# copies <bytes>: of the file.
copies () {
	local tenths=$(($1 * 10 / SIZE)) &&
	echo "$((tenths / 10)).$((tenths % 10))"
}

test_expect_success HOSTS 'a hub with a large file, and hosts that know all others' '
	make_hosts hub $HOSTS &&
	new_repo hub repo &&
	(
		cd hub/repo &&
		small_chunks &&
		make_random file $SIZE 1 &&
		git devops add -q file .devops &&
		git commit -q -m first
	) &&
	limit_link hub $MBIT &&
	for host in $HOSTS
	do
		limit_link $host $MBIT &&
		peers= &&
		for peer in $HOSTS
		do
			test $peer = $host || peers="$peers $peer=repo"
		done &&
		new_repo $host repo hub=repo $peers || return 1
	done
'

test_expect_success HOSTS 'one alone' '
	new_repo a alone hub=repo &&
	begun=$(now) &&
	on a git -C alone devops sync -q &&
	say "one alone: $(since "$begun")"
'

test_expect_success HOSTS 'all at once' '
	sent=$(sent_by hub) &&
	begun=$(now) &&
	pids= &&
	for host in $HOSTS
	do
		on $host git -C repo devops sync --json >$host/out 2>$host/err &
		pids="$pids $!"
	done &&
	for pid in $pids
	do
		wait $pid || { cat ./*/err >&2; return 1; }
	done &&
	say "all $(echo $HOSTS | wc -w): $(since "$begun")" &&
	sent=$(($(sent_by hub) - sent)) &&
	say "the hub sent $(copies "$sent") copies" &&
	test $sent -le $((3 * SIZE))
'

test_expect_success HOSTS 'each has it' '
	for host in $HOSTS
	do
		unlimit_link $host &&
		on $host git -C repo merge -q --ff-only hub/main &&
		assert_same hub/repo/file $host/repo/file &&
		test_git_fsck $host/repo &&
		on $host git -C repo devops fsck -q || return 1
	done &&
	no_processes hub $HOSTS
'

test_done
