#!/bin/sh

test_description='git devops sync over a line that is cut at random moments

GIT_DEVOPS_TEST_SEED repeats a run, as far as that can be.'

. ./lib-hosts.sh
. "$TEST_DIR/lib-large.sh"

SIZE=$((8 * 1048576))
if test -n "${GIT_DEVOPS_TEST_EXPENSIVE:-}"
then
	CUTS=100
	MBIT=1
else
	CUTS=10
	MBIT=10
fi
SEED=${GIT_DEVOPS_TEST_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
say "the seed is $SEED"

# cuts: cut the line so many times, while <cutting> is there.
cuts () {
	while read -r up down
	do
		sleep "$up" &&
		cut_link a &&
		sleep "$down"
		mend_link a || return 1
	done <schedule
	rm cutting
}

test_expect_success HOSTS 'a host with a large file, and one that wants it' '
	make_hosts a b &&
	new_repo a repo &&
	(
		cd a/repo &&
		small_chunks &&
		make_random file $SIZE 1 &&
		git devops add -q file .devops &&
		git commit -q -m first
	) &&
	new_repo b repo a=repo &&
	limit_link a $MBIT
'

# Some cuts are so short that nobody notices, others longer than ssh waits. A
# sync ends by itself, or is ended in one of three ways.
test_expect_success HOSTS 'syncs, and cuts' '
	awk -v seed="$SEED" -v cuts="$CUTS" "BEGIN {
		srand(seed)
		for (i = 0; i < cuts; i++)
			print 0.2 + rand(), rand() < 0.5 ? 0.05 + rand() * 0.3 : 1.1 + rand() * 0.5
	}" >schedule &&
	: >cutting &&
	sent=$(sent_by a) &&
	{
		cuts &
		cutter=$!
	} &&
	runs=0 &&
	while test -e cutting
	do
		set -- KILL INT TERM &&
		shift $(((SEED + runs) % 3)) &&
		runs=$((runs + 1)) &&
		on b timeout --kill-after=10 --signal="$1" $((2 + (SEED + runs) % 4)) \
			git-devops -C repo sync -q 2>>err # git would die, and leave it behind
		case $? in
		0 | 3 | 13 | 124 | 128 | 130 | 137) ;;
		*) return 1 ;;
		esac
	done &&
	wait $cutter &&
	on b git -C repo devops sync -q &&
	sent=$(($(sent_by a) - sent)) &&
	sort err | uniq -c &&
	say "$runs syncs, $CUTS cuts: $sent bytes sent for $SIZE" &&
	test $sent -lt $((SIZE + SIZE / 2 + CUTS * 100000))
'

test_expect_success HOSTS 'all has come' '
	unlimit_link a &&
	on b git -C repo merge -q --ff-only a/main &&
	assert_same a/repo/file b/repo/file &&
	assert_whole b repo &&
	assert_whole a repo
'

test_expect_success HOSTS 'nothing runs any more' '
	no_processes a b &&
	ssh_processes >pids &&
	test_must_be_empty pids
'

test_done
