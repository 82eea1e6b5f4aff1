# shellcheck shell=sh
#
# Real ssh servers for the scripts about other machines, sourced after
# test-lib.sh:
#
#	. ./test-lib.sh
#	. "$TEST_DIR/lib-ssh.sh"
#
#	test_expect_success SSHD 'set up' 'start_sshd peer'
#	test_expect_success SSHD 'use it' 'ssh peer true'
#
# Each server is OpenSSH's sshd on a free port of the loopback interface, with
# a host key and an authorized_keys of its own, for the user that runs the
# test. It is killed by the kernel when the script ends, however that ends.
# Nothing of the person's ~/.ssh or of /etc/ssh is used.
#
# ssh does not look at $HOME, so there is an "ssh" first in PATH that reads
# "$HOME/.ssh/config": git and git-devops find it as they find a user's ssh.
# Inside the server HOME, PATH and GIT_CONFIG_NOSYSTEM are those of the test.
#
# start_sshd <name> [<line of sshd_config>...]
#	Start a server; "Host <name>" in ~/.ssh/config leads to it with a key that
#	may run anything. Must not be called in a subshell: the server would die
#	with it. Sets SSHD_PORT and SSHD_PID. These may be set for one call:
#	  SSHD_ADDRESS  where to listen (127.0.0.1)
#	  SSHD_NETNS    the network namespace to run in
#	  SSHD_PATH     PATH of remote commands, e.g. /usr/bin:/bin for a machine
#	                without git-devops
# stop_sshd <name>
#	End it, and the sessions that it has.
# ssh_forced <name> <alias> <command>
#	"Host <alias>" leads to <name> with another key, for which authorized_keys
#	has command="<command>",restrict. The key is ~/.ssh/id-<alias>.
# ssh_refused <name> <alias>
#	"Host <alias>" leads to <name> with a key that it does not know.
# ssh_stranger <name> <alias>
#	"Host <alias>" leads to <name>, whose host key is not known under it.
# ssh_dead <alias>
#	"Host <alias>" leads to a port where nobody listens.
# ssh_alias <name> <alias> [<line of ssh_config>...]
#	"Host <alias>" leads to <name>; the lines count before those of <name>.
# ssh_processes
#	The ids of the ssh clients of this test that are alive.

SSH_DIR=$SHARNESS_TRASH_DIRECTORY/.harness/ssh
mkdir -p "$SSH_DIR/bin" "$HOME/.ssh"
chmod 700 "$HOME/.ssh"
SSH_PROGRAM=$(command -v ssh)
cat >"$SSH_DIR/bin/ssh" <<-END
	#!/bin/sh
	exec '$SSH_PROGRAM' -F "\$HOME/.ssh/config" "\$@"
END
chmod 755 "$SSH_DIR/bin/ssh"
: >"$HOME/.ssh/config"
PATH=$SSH_DIR/bin:$PATH

start_sshd () {
	local name="$1" dir="$SSH_DIR/$1" tries=0
	shift
	mkdir -p "$dir" &&
	ssh_key_ "$dir/host" &&
	ssh_key_ "$HOME/.ssh/id-$name" &&
	cp "$HOME/.ssh/id-$name.pub" "$dir/authorized_keys" &&
	ssh_privileged_ &&
	while :
	do
		SSHD_PORT=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000)) &&
		sshd_config_ "$dir" "$@" >"$dir/config" &&
		sshd_run_ "$dir" &&
		break
		tries=$((tries + 1))
		test $tries -lt 10 || return 1
	done &&
	echo "$SSHD_PID" >"$dir/pid" &&
	sshd_client_ "${SSHD_ADDRESS:-127.0.0.1}" "$SSHD_PORT" >"$dir/client" &&
	printf '[%s]:%s %s\n' "${SSHD_ADDRESS:-127.0.0.1}" "$SSHD_PORT" "$(cat "$dir/host.pub")" \
		>>"$HOME/.ssh/known_hosts" &&
	ssh_alias "$name" "$name"
}

stop_sshd () {
	local pid &&
	pid=$(cat "$SSH_DIR/$1/pid") &&
	pkill -KILL -P "$pid"
	kill "$pid" &&
	wait "$pid" 2>/dev/null
	rm "$SSH_DIR/$1/pid"
}

ssh_alias () {
	local name="$1" alias="$2"
	shift 2
	{
		echo "Host $alias" &&
		if test $# -gt 0
		then
			printf '\t%s\n' "$@"
		fi &&
		case $* in
		*IdentityFile*) ;;
		*) printf '\tIdentityFile "%s"\n' "$HOME/.ssh/id-$name" ;;
		esac &&
		cat "$SSH_DIR/$name/client"
	} >>"$HOME/.ssh/config"
}

ssh_forced () {
	ssh_key_ "$HOME/.ssh/id-$2" &&
	printf 'command="%s",restrict %s\n' \
		"$(printf %s "$3" | sed 's/[\\"]/\\&/g')" "$(cat "$HOME/.ssh/id-$2.pub")" \
		>>"$SSH_DIR/$1/authorized_keys" &&
	ssh_alias "$1" "$2" "IdentityFile \"$HOME/.ssh/id-$2\""
}

ssh_refused () {
	ssh_key_ "$HOME/.ssh/id-$2" &&
	ssh_alias "$1" "$2" "IdentityFile \"$HOME/.ssh/id-$2\""
}

ssh_stranger () {
	ssh_alias "$1" "$2" "HostKeyAlias $2"
}

ssh_dead () {
	# Port 1, tcpmux: reserved, and served by nobody.
	printf 'Host %s\n\tHostName 127.0.0.1\n\tPort 1\n' "$1" >>"$HOME/.ssh/config"
}

ssh_processes () {
	pgrep -f -- " -F $HOME/.ssh/config " || test $? = 1
}

ssh_key_ () {
	rm -f "$1" "$1.pub" &&
	ssh-keygen -q -t ed25519 -N '' -C "${1##*/}" -f "$1"
}

# ssh_privileged_: what the boot makes, and a container has not.
ssh_privileged_ () {
	test "$(id -u)" != 0 || mkdir -p /run/sshd
}

# sshd_config_ <dir> [<line>...]: the first value of a keyword counts.
sshd_config_ () {
	local dir="$1"
	shift
	if test $# -gt 0
	then
		printf '%s\n' "$@"
	fi
	cat <<-END
		ListenAddress ${SSHD_ADDRESS:-127.0.0.1}
		Port $SSHD_PORT
		PidFile "$dir/listening"
		HostKey "$dir/host"
		AuthorizedKeysFile "$dir/authorized_keys"
		StrictModes no
		UsePAM no
		UseDNS no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin yes
		PrintMotd no
		PrintLastLog no
		LogLevel VERBOSE
		AcceptEnv LANG LC_*
		SetEnv "PATH=${SSHD_PATH:-$PATH}" "HOME=$HOME" GIT_CONFIG_NOSYSTEM=1
	END
}

# sshd_run_ <dir>: returns when it listens, or has ended.
sshd_run_ () {
	local dir="$1"
	rm -f "$dir/listening"
	# shellcheck disable=SC2086 # several words, or none
	${SSHD_NETNS:+ip netns exec "$SSHD_NETNS"} \
		setpriv --pdeathsig TERM /usr/sbin/sshd -D -f "$dir/config" -E "$dir/log" \
		3>&- 4>&- 5>&- 6>&- </dev/null >>"$dir/log" 2>&1 &
	SSHD_PID=$!
	until test -s "$dir/listening"
	do
		kill -0 "$SSHD_PID" 2>/dev/null || {
			cat "$dir/log" >&2
			return 1
		}
		sleep 0.02
	done
}

# sshd_client_ <address> <port>
sshd_client_ () {
	cat <<-END
		$(printf '\t')HostName $1
		$(printf '\t')Port $2
		$(printf '\t')IdentitiesOnly yes
		$(printf '\t')UserKnownHostsFile "$HOME/.ssh/known_hosts"
		$(printf '\t')GlobalKnownHostsFile /dev/null
		$(printf '\t')UpdateHostKeys no
	END
}
