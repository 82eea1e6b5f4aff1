#!/bin/sh

test_description='git devops peer: other machines, over a real ssh'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"
. "$TEST_DIR/lib-ssh.sh"

# check_fails <code> <peer> <text>: check of it ends with this code and says
# that it cannot be used, and why.
check_fails () {
	test_expect_code "$1" git -C here devops peer check "$2" >out 2>err &&
	grep "^$2  *cannot be used: .*$3" out &&
	grep "^fatal: no peer can be used" err
}

# no_ssh: within some seconds, no ssh of this test is alive.
no_ssh () {
	local tries=0
	while ssh_processes >pids && test -s pids
	do
		tries=$((tries + 1))
		test $tries -lt 100 || { cat pids >&2; return 1; }
		sleep 0.05
	done
}

test_expect_success SSHD 'a machine with a large file, and this one without' '
	start_sshd there &&
	large_repo there &&
	make_random there/file 1000000 1 &&
	git -C there devops add -q file &&
	git -C there commit -q -m first &&
	git devops init -q here &&
	git -C here pull -q there:"$PWD/there" main
'

test_expect_success 'add' '
	git -C here devops peer add there there:"$PWD/there" >out 2>err &&
	test_must_be_empty err &&
	echo "added the peer '\''there'\'', there:$PWD/there" >expect &&
	test_cmp expect out &&
	echo "there:$PWD/there" >expect &&
	git -C here config remote.there.url >actual &&
	test_cmp expect actual &&
	git -C here devops peer add there there:"$PWD/there" >out 2>err &&
	test_must_be_empty out
'

test_expect_success 'a name that is taken, and one that git does not want' '
	test_expect_code 128 git -C here devops peer add there other:repo 2>err &&
	grep "^fatal: .*exists already" err &&
	grep "^hint: " err &&
	test_expect_code 128 git -C here devops peer add a..b other:repo 2>err &&
	grep "^fatal: .*a\.\.b" err
'

test_expect_success 'addresses that could be taken for something else' '
	git -C here remote >before &&
	for url in -oProxyCommand=touch:x "ssh://-oProxyCommand=touch/x" "-x@there:repo" \
		"there:-x" --upload-pack=x "ext::sh -c touch" "https://there/x" "there:" ":x"
	do
		test_expect_code 128 git -C here devops peer add bad -- "$url" 2>err &&
		grep "^fatal: bad address" err || return 1
	done &&
	git -C here remote >after &&
	test_cmp before after
'

test_expect_success 'a local path is taken from where the person is' '
	git devops init -q near &&
	git -C here devops peer add near ../near &&
	echo "$PWD/near" >expect &&
	git -C here config remote.near.url >actual &&
	test_cmp expect actual
'

test_expect_success 'list shows remotes, and the hosts of ~/.ssh/config' '
	cp "$HOME/.ssh/config" config &&
	test_when_finished "cp config \"$HOME/.ssh/config\"" &&
	printf "Host web *.lan !no\n\tHostName web.lan\n" >>"$HOME/.ssh/config" &&
	git -C here remote add web2 https://web/x &&
	test_when_finished "git -C here remote remove web2" &&
	git -C here devops peer list >out 2>err &&
	test_must_be_empty err &&
	sed "s/ .*//" out >names &&
	printf "%s\n" near there web2 - >expect &&
	test_cmp expect names &&
	grep "^web2 .*(no peer: the scheme https " out &&
	grep "^- .* web web:<path>" out &&
	git -C here devops peer list --json >out &&
	grep "\"type\":\"host\",\"name\":\"web\"" out
'

test_expect_success SSHD 'check: who answers, and what it has of what is lacking' '
	git -C there cat-file blob HEAD:file >manifest &&
	chunks=$(sed -n "s/^chunks //p" manifest) &&
	git -C here devops peer check >out 2>err &&
	test_must_be_empty err &&
	grep "^near  *git-devops/.* has 0 of the $chunks chunks" out &&
	grep "^there  *git-devops/.*, [0-9.]* ms, has $chunks of the $chunks chunks .*" out &&
	git -C here devops peer check --json there >out &&
	grep "\"reached\":true.*\"agent\":\"git-devops/.*\"locks\":true.*\"has\":$chunks,\"hasBytes\":1000000" out &&
	no_ssh
'

test_expect_success SSHD 'one connection for everything' '
	grep -c "Accepted publickey" "$SSH_DIR/there/log" >before &&
	git -C here devops peer check there &&
	grep -c "Accepted publickey" "$SSH_DIR/there/log" >after &&
	test $(($(cat before) + 1)) = "$(cat after)"
'

test_expect_success SSHD 'an unknown host key' '
	ssh_stranger there stranger &&
	git -C here devops peer add stranger stranger:"$PWD/there" &&
	check_fails 128 stranger "host key is not known" &&
	grep "^hint: .ssh stranger. " err
'

test_expect_success SSHD 'a key that is not authorized' '
	ssh_refused there refused &&
	git -C here devops peer add refused refused:"$PWD/there" &&
	check_fails 128 refused "refuses to let us in" &&
	grep "^hint: authorized_keys there " err
'

test_expect_success SSHD 'a dead machine, and a name without an address' '
	ssh_dead dead &&
	git -C here devops peer add dead dead:repo &&
	check_fails 128 dead "cannot be reached: .*Connection refused" &&
	git -C here devops peer add nowhere name.invalid:repo &&
	check_fails 128 nowhere "its name has no address"
'

test_expect_success SSHD 'a repository that is not there' '
	git -C here devops peer add absent there:"$PWD/absent" &&
	check_fails 128 absent "not a git repository"
'

test_expect_success SSHD 'some can be used and some cannot' '
	test_expect_code 3 git -C here devops peer check there dead >out 2>err &&
	grep "^there .*git-devops/" out &&
	grep "^dead .*cannot be used" out &&
	grep "^error: 1 of 2 peers cannot be used" err &&
	test_expect_code 3 git -C here devops peer check --json there dead >out &&
	grep "\"reached\":false.*\"error\":\".*\"hint\":" out
'

test_expect_success SSHD 'a machine without git-devops is stock git' '
	SSHD_PATH=/usr/bin:/bin start_sshd stock &&
	git -C here devops peer add stock stock:"$PWD/there" &&
	git -C here devops peer check stock >out &&
	grep "^stock  *stock git, has 0 of" out &&
	git -C here config remote.stock.devopsServe "$TOP/bin/git-devops" &&
	git -C here devops peer check stock >out &&
	grep "^stock  *git-devops/" out &&
	git -C here config --unset remote.stock.devopsServe &&
	git -C here config remote.stock.url stock:"$PWD/absent" &&
	check_fails 128 stock "has no git-devops" &&
	grep "^hint: install it there" err
'

test_expect_success SSHD 'a peer with another version of the protocol' '
	cat >newer <<-\END &&
	#!/bin/sh
	printf "0017git-devops wire 99\n0000"
	cat >/dev/null
	END
	chmod 755 newer &&
	git -C here config remote.there.devopsServe "$PWD/newer" &&
	test_when_finished "git -C here config --unset remote.there.devopsServe" &&
	check_fails 128 there "version"
'

test_expect_success SSHD 'names that a shell would interpret' '
	mv there "th ere \$(touch oops) \`x\` '\'' !" &&
	test_when_finished "mv th\ ere* there" &&
	git -C here devops peer add odd "there:$(echo "$PWD"/th*)" &&
	git -C here devops peer check odd >out &&
	grep "^odd  *git-devops/" out &&
	git -C here fetch -q odd &&
	test_path_is_missing oops &&
	test_path_is_missing "$HOME/oops"
'

test_expect_success SSHD 'the line of key lets the other machine read, and no more' '
	ssh_refused there guest &&
	git -C there devops peer key --read-only --key="$HOME/.ssh/id-guest.pub" >line &&
	test_line_count = 1 line &&
	grep "^command=\"git-devops serve --read-only .*\",restrict ssh-ed25519 " line &&
	cat line >>"$SSH_DIR/there/authorized_keys" &&
	git -C here devops peer add guest guest:"$PWD/there" &&
	git -C here devops peer check guest >out &&
	grep "^guest  *git-devops/.*read-only" out &&
	git -C here fetch -q guest &&
	test_must_fail ssh guest touch oops &&
	test_path_is_missing "$HOME/oops"
'

test_expect_success SSHD 'keys: those of the user, standard input, a private one, none' '
	git -C here devops peer key >out &&
	cat "$HOME"/.ssh/*.pub >keys &&
	test_line_count = $(wc -l <keys) out &&
	git -C here devops peer key --json --key=- <"$HOME/.ssh/id-guest.pub" >out &&
	grep "\"type\":\"key\".*\"line\":\"command=" out &&
	test_expect_code 128 git -C here devops peer key --key="$HOME/.ssh/id-guest" 2>err &&
	grep "private key" err &&
	test_expect_code 128 git -C here devops peer key --key=/dev/null 2>err &&
	grep "not a public key" err &&
	mkdir empty &&
	(
		HOME=$PWD/empty &&
		test_expect_code 128 git -C here devops peer key 2>err &&
		grep "^hint: .*ssh-keygen" err
	)
'

test_expect_success SSHD 'a person who looks on is asked' '
	printf "#!/bin/sh\necho yes\n" >answer &&
	chmod 755 answer &&
	GIT_TERMINAL_PROMPT=1 SSH_ASKPASS=$PWD/answer SSH_ASKPASS_REQUIRE=force \
		script -qec "git -C here devops peer check stranger" /dev/null </dev/null >out &&
	grep "^stranger .*git-devops/" out &&
	git -C here devops peer check stranger
'

test_expect_success SSHD 'kill -9 leaves no ssh behind' '
	cat >slow <<-END &&
	#!/bin/sh
	echo >"$PWD/started"
	cat >/dev/null
	END
	chmod 755 slow &&
	git -C here config remote.there.devopsServe "$PWD/slow" &&
	test_when_finished "git -C here config --unset remote.there.devopsServe" &&
	TMPDIR=$(mktemp -d /tmp/t3000-XXXXXX) &&
	test_when_finished "rm -r $TMPDIR" &&
	{
		TMPDIR=$TMPDIR git-devops -C here peer check there &
		pid=$!
	} &&
	while ! test -e started
	do
		kill -0 $pid && sleep 0.02 || return 1
	done &&
	test_path_is_dir "$TMPDIR"/gdo-* &&
	ssh_processes >before &&
	test -s before &&
	kill -9 $pid &&
	no_ssh &&
	while test -e "$TMPDIR"/gdo-*
	do
		sleep 0.02 || return 1
	done
'

test_expect_success 'remove' '
	git -C here devops peer remove near >out &&
	grep "^removed the peer .near.," out &&
	git -C here remote >out &&
	test_must_fail grep near out &&
	test_expect_code 128 git -C here devops peer remove near 2>err &&
	grep "^hint: " err
'

test_expect_success 'wrong usage' '
	for args in "" "frob" "add x" "list x" "check --read-only" "key x"
	do
		# shellcheck disable=SC2086 # several words
		test_expect_code 129 git -C here devops peer $args 2>err || return 1
	done &&
	git devops init -q alone &&
	test_expect_code 128 git -C alone devops peer check 2>err &&
	grep "^hint: .git devops peer add" err
'

test_done
