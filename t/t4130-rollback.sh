#!/bin/sh

test_description='git devops rollback: back to what was applied before'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"
. "$TEST_DIR/lib-faults.sh"

# id <rev>: of the host's repository.
id () {
	host_git rev-parse --verify -q "$1"
}

# release <message> <line>: a commit that comes from elsewhere, applied.
release () {
	commit_elsewhere "$1" "echo $2 >etc/motd && echo $2 >etc/$2" &&
	host apply -q
}

test_expect_success ROOT 'nothing was applied before' '
	new_host &&
	test_expect_code 128 host rollback 2>err &&
	grep "^fatal: nothing that is still on the branch was applied before" err &&
	write root/etc/motd one &&
	commit_root one &&
	test_expect_code 128 host rollback 2>err &&
	grep "^hint: name the commit" err &&
	host apply --exit-code
'

test_expect_success ROOT '-n shows the plan and does not hold the host back' '
	one=$(id HEAD) &&
	release two two &&
	release three three &&
	host rollback -n >out &&
	cat >expect <<-EOF &&
	write    etc/motd (content)
	remove   etc/three
	plan $(sed -n "s/^plan \(.*\):.*/\1/p" out): 2 steps to $(git -C elsewhere rev-parse --short=12 HEAD^)
	EOF
	test_cmp expect out &&
	assert_file root/etc/motd three &&
	test_path_is_missing repo/devops/hold
'

test_expect_success ROOT 'back, and held there; the branch stays' '
	three=$(id HEAD) &&
	two=$(id HEAD^) &&
	host rollback --reason="it does not start" >out &&
	grep "^$(host_git rev-parse --short=12 $two) applied: 2 changed" out &&
	assert_file root/etc/motd two &&
	test_path_is_missing root/etc/three &&
	test "$(id refs/devops/applied)" = "$two" &&
	test "$(id refs/heads/web)" = "$three" &&
	test_expect_code 14 host apply >out 2>err &&
	grep "^warning: this host is held back at .*: it does not start" err &&
	grep "^hint: .*apply --resume" err &&
	assert_file root/etc/motd two
'

test_expect_success ROOT 'what has drifted meanwhile is brought back, too' '
	echo drifted >root/etc/motd &&
	commit_elsewhere four "echo four >etc/motd" &&
	test_expect_code 14 host apply -q &&
	assert_file root/etc/motd two &&
	test "$(id HEAD)" = "$three"
'

test_expect_success ROOT 'a second rollback goes one further back' '
	host rollback -q &&
	assert_file root/etc/motd one &&
	test "$(id refs/devops/applied)" = "$one" &&
	test_expect_code 128 host rollback 2>err &&
	test_expect_code 14 host apply -q
'

test_expect_success ROOT '--resume goes forward, and the history goes on' '
	host apply -q --resume &&
	assert_file root/etc/motd four &&
	host apply -q --exit-code &&
	host rollback -q --previous &&
	assert_file root/etc/motd one &&
	host apply -q --resume
'

test_expect_success ROOT 'to a commit by name; it must be on the branch' '
	host rollback -q $three &&
	assert_file root/etc/motd three &&
	test_expect_code 14 host apply -q &&
	other=$(host_git commit-tree -m other "HEAD^{tree}") &&
	test_expect_code 128 host rollback $other 2>err &&
	grep "is not a commit of the machine type web" err &&
	test_expect_code 129 host rollback --previous $two 2>err &&
	test_expect_code 129 host rollback $two $three 2>err
'

test_expect_success ROOT 'a commit that is named is applied, and the host held back there' '
	host rollback -q --reason="three is bad" $two &&
	assert_file root/etc/motd two &&
	host apply -n $three 2>err &&
	host apply $three 2>err &&
	short=$(host_git rev-parse --short=12 $three) &&
	grep "^warning: this host stays held back, at $short from now on: .*three is bad" err &&
	grep "^hint: .*apply --resume" err &&
	assert_file root/etc/motd three &&
	test_expect_code 14 host apply -q 2>err &&
	grep "held back at $short since .*three is bad" err &&
	assert_file root/etc/motd three &&
	host apply -q $two root/etc &&
	test_expect_code 14 host apply -q 2>err &&
	grep "held back at $short" err &&
	assert_file root/etc/motd three
'

test_expect_success ROOT 'an apply --resume that is refused leaves it held back' '
	test_expect_code 128 host apply -q --resume --root=absent 2>err &&
	test_path_is_file repo/devops/hold &&
	test_must_fail host apply -q --resume nothing 2>err &&
	test_path_is_file repo/devops/hold
'

test_expect_success ROOT 'one that is refused holds nothing back' '
	host apply -q --resume &&
	commit_elsewhere five "echo five >etc/motd && echo \"* devops-drift=fail\" >.gitattributes" &&
	host apply -q &&
	commit_elsewhere six "echo six >etc/motd" &&
	host apply -q &&
	echo drifted >root/etc/motd &&
	test_expect_code 20 host rollback 2>err &&
	assert_file root/etc/motd drifted &&
	test_path_is_missing repo/devops/hold &&
	echo six >root/etc/motd
'

test_expect_success ROOT 'the report says what was run' '
	host rollback -q &&
	host_git for-each-ref --format="%(subject)" refs/devops/reports >out &&
	grep "^rollback: done" out &&
	host apply -q --resume
'

# killed: the host is held back and the next apply does the rest, or nothing has
# happened.
killed () {
	if test -e repo/devops/hold
	then
		test_expect_code 14 host apply -q
	else
		host apply -q
	fi &&
	if test -e repo/devops/hold
	then
		assert_file root/etc/motd five
	else
		assert_file root/etc/motd six
	fi &&
	test -z "$(find root -name ".git-devops-*")"
}

test_expect_success ROOT,FAULTS 'killed anywhere, it is done or not, and never undone' '
	rm -rf elsewhere &&
	cp -a repo repo.before &&
	cp -a root root.before &&
	crash_points "rm -rf repo root && cp -a repo.before repo && cp -a root.before root" killed \
		git devops --repo repo rollback -q
'

test_done
