#!/bin/sh

test_description='kill -9 at every system call of sync, get and git push

Whenever it is killed, no chunk is nowhere and both fscks are clean on both
sides; the same command then succeeds with no repair step and leaves nothing
behind.'

. ./test-lib.sh
. "$TEST_DIR/lib-copies.sh"
. "$TEST_DIR/lib-ssh.sh"

test_expect_success 'set up' 'make_world && mv world template'

# fetched: the host has the branch, the tag that came with it and all chunks, no
# longer the branch that is gone; and no pack is kept for a fetch.
fetched () {
	! git -C world/host rev-parse -q --verify origin/gone &&
	git -C world/host rev-parse -q --verify refs/tags/second &&
	! grep -l "^fetch-pack" world/host/.git/objects/pack/*.keep &&
	held_by world/host >holds &&
	test_cmp chunks holds &&
	test "$(git -C world/host rev-parse origin/main)" = "$(git -C world/hub rev-parse main)"
}

test_expect_success FAULTS 'sync of a second version' '
	variant second "
		git -C host devops get &&
		git -C hub tag second &&
		git -C host config fetch.prune true &&
		git -C host update-ref refs/remotes/origin/gone HEAD
	" &&
	crash_in_world second fetched git -C world/host devops sync
'

# got: what the host's branch needs.
got () {
	chunks_of world/host >needed &&
	held_by world/host >holds &&
	test_cmp needed holds
}

# asked, got_by_ssh: and no ssh is left.
asked () {
	ssh_processes >alive &&
	test_must_be_empty alive
}

got_by_ssh () {
	got && asked
}

test_expect_success FAULTS,SSHD 'whereis over ssh' '
	start_sshd peer &&
	variant far "git -C host remote set-url origin \"peer:$WORLD/hub\"" &&
	crash_in_world far asked git -C world/host devops whereis
'

test_expect_success FAULTS,SSHD,EXPENSIVE 'get over ssh' '
	crash_in_world far got_by_ssh git -C world/host devops get
'

# start_daemon: a stock git server, which lives when a client is killed, and
# dies with this script.
start_daemon () {
	local tries=0 &&
	DAEMON_PORT=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000)) &&
	{ setpriv --pdeathsig TERM "$(git --exec-path)/git-daemon" --listen=127.0.0.1 --port=$DAEMON_PORT --reuseaddr \
		--export-all --enable=receive-pack --base-path="$(pwd -P)" 3>&- 4>&- 5>&- 6>&- </dev/null >daemon.log 2>&1 & } &&
	until git ls-remote git://127.0.0.1:$DAEMON_PORT/world/server >/dev/null 2>&1
	do
		tries=$((tries + 1)) &&
		test $tries -lt 100 &&
		sleep 0.05 || return 1
	done
}

# pushed: the server has the branch and its chunks.
pushed () {
	test "$(git -C world/server rev-parse main)" = "$(git -C world/hub rev-parse main)" &&
	test_git_fsck world/server &&
	git -C world/server cat-file --batch-check <chunks >checked &&
	! grep missing checked
}

test_expect_success FAULTS 'git push to a server without git-devops' '
	from template &&
	start_daemon &&
	variant near "git -C hub remote add server git://127.0.0.1:$DAEMON_PORT/world/server" &&
	crash_in_world near pushed git -C world/hub push -q server main
'

test_expect_success FAULTS,EXPENSIVE 'git push to a server that is killed, too' '
	variant local "git -C hub remote add server \"$WORLD/server\"" &&
	crash_in_world local pushed git -C world/hub push -q server main
'

test_done
