# shellcheck shell=sh
#
# Hosts with a network between them, for the scripts about several machines.
# Sourced in place of test-lib.sh, which it sources together with lib-ssh.sh:
#
#	. ./lib-hosts.sh
#
#	test_expect_success HOSTS 'set up' 'make_hosts a b'
#	test_expect_success HOSTS 'use them' 'on a git clone b:repo'
#
# A host is a network namespace with an address of its own, joined to the
# others by a bridge, with an sshd that all of them know by the host's name.
# They share the file system: the work of host "a" belongs into a directory of
# that name.
#
# The script runs anew in namespaces of its own, so that the kernel clears all
# of this away when it ends, however it ends.
#
# make_hosts <name>...
#	Start the hosts; names are short (up to 8 letters).
# on <host> <command>...
#	Run a command there, in the directory of that name.
# url_of <host> <path>
#	The ssh URL of a path in the directory of that name.
# cut_link <host>, mend_link <host>
#	Take the cable out, and put it back.
# limit_link <host> <Mbit/s>
#	What it sends, and what it gets, is limited to that rate.
# unlimit_link <host>
#	Take the limit away.
# sent_by <host>
#	How many bytes it has put on the network so far.
# await_sent <host> <bytes>
#	Wait until it has sent so many more.
# new_repo <host> <dir> [<peer>=<dir there>...]
#	Make a repository with these peers, and with an ssh that notices within
#	seconds that the line is dead.
# assert_whole <host> <dir>
#	Neither git nor git-devops finds fault with it, and nothing temporary is
#	left in it.
# no_processes <host>...
#	Wait until only its sshd runs there; fail when that takes too long.

if test "$(id -u)" = 0 && test -z "${GIT_DEVOPS_TEST_HOSTS:-}"
then
	GIT_DEVOPS_TEST_HOSTS=$$ exec unshare --mount --net \
		sh -c 'mount -t tmpfs none /run/netns 2>/dev/null ||
			{ mkdir -p /run/netns && mount -t tmpfs none /run/netns; } &&
			ip link set lo up && exec sh "$0" "$@"' "$0" "$@"
fi

. ./test-lib.sh
. "$TEST_DIR/lib-ssh.sh"
test -z "${GIT_DEVOPS_TEST_HOSTS:-}" || test_set_prereq HOSTS

HOSTS_COUNT=0

make_hosts () {
	local name
	ip link show hub >/dev/null 2>&1 || {
		ip link add hub type bridge &&
		ip link set hub up
	} || return 1
	for name
	do
		HOSTS_COUNT=$((HOSTS_COUNT + 1)) &&
		ip netns add "$name" &&
		ip link add "to-$name" type veth peer name eth0 netns "$name" &&
		ip link set "to-$name" master hub up &&
		ip -n "$name" addr add "10.77.0.$HOSTS_COUNT/24" dev eth0 &&
		ip -n "$name" link set eth0 up &&
		ip -n "$name" link set lo up &&
		mkdir -p "$SHARNESS_TRASH_DIRECTORY/$name" &&
		SSHD_NETNS=$name SSHD_ADDRESS=10.77.0.$HOSTS_COUNT start_sshd "$name" || return 1
	done
}

on () {
	local host="$1" &&
	shift &&
	(cd "$SHARNESS_TRASH_DIRECTORY/$host" && ip netns exec "$host" "$@")
}

url_of () {
	echo "$1:$SHARNESS_TRASH_DIRECTORY/$1/$2"
}

cut_link () {
	ip link set "to-$1" down
}

mend_link () {
	ip link set "to-$1" up
}

limit_link () {
	tc qdisc replace dev "to-$1" root tbf rate "${2}mbit" burst 64k latency 50ms &&
	tc -n "$1" qdisc replace dev eth0 root tbf rate "${2}mbit" burst 64k latency 50ms
}

unlimit_link () {
	tc qdisc del dev "to-$1" root &&
	tc -n "$1" qdisc del dev eth0 root
}

sent_by () {
	ip -s -j link show "to-$1" >"$SHARNESS_TRASH_DIRECTORY/.harness/link" &&
	sed -n 's/.*"rx":{"bytes":\([0-9]*\).*/\1/p' "$SHARNESS_TRASH_DIRECTORY/.harness/link"
}

await_sent () {
	local until tries=0 &&
	until=$(($(sent_by "$1") + $2)) &&
	while test "$(sent_by "$1")" -lt "$until"
	do
		tries=$((tries + 1))
		test $tries -lt 1000 || return 1
		sleep 0.02
	done
}

new_repo () {
	local host="$1" dir="$2" peer &&
	shift 2 &&
	on "$host" git devops init -q "$dir" &&
	on "$host" git -C "$dir" config core.sshCommand \
		"ssh -o ServerAliveInterval=1 -o ServerAliveCountMax=1 -o ConnectTimeout=1" &&
	for peer
	do
		on "$host" git -C "$dir" devops peer add -q "${peer%%=*}" \
			"$(url_of "${peer%%=*}" "${peer#*=}")" || return 1
	done
}

assert_whole () {
	test_git_fsck "$1/$2" &&
	on "$1" git -C "$2" devops fsck -q &&
	find "$1/$2/.git" -path "*/devops/*" -prune -o \
		"(" -name "*.lock" -o -name "tmp_*" ")" -print >"$SHARNESS_TRASH_DIRECTORY/.harness/left" &&
	test_must_be_empty "$SHARNESS_TRASH_DIRECTORY/.harness/left"
}

no_processes () {
	local host tries=0
	for host
	do
		while ip netns pids "$host" | grep -vx "$(cat "$SSH_DIR/$host/pid")" >"$SHARNESS_TRASH_DIRECTORY/.harness/pids"
		do
			tries=$((tries + 1))
			if test $tries -ge 300
			then
				# shellcheck disable=SC2046 # several ids
				ps -o pid,ppid,args -p $(cat "$SHARNESS_TRASH_DIRECTORY/.harness/pids") >&2
				return 1
			fi
			sleep 0.05
		done
	done
}
