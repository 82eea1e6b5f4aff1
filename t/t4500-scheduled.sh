#!/bin/sh

test_description='contrib: a host is brought to its branch by systemd or cron'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"

command -v systemd-analyze >/dev/null && test_set_prereq SYSTEMD

test_expect_success SYSTEMD 'systemd understands the units' '
	mkdir units &&
	cp "$TOP"/contrib/systemd/* units/ &&
	sed "s|^ExecStart=git-devops |ExecStart=/bin/true |" units/git-devops-apply.service >new &&
	mv new units/git-devops-apply.service &&
	systemd-analyze verify --man=no units/git-devops-apply.service units/git-devops-apply.timer >out 2>&1 &&
	! grep git-devops-apply out
'

test_expect_success ROOT 'a host and a new commit' '
	new_host &&
	write root/etc/motd hello &&
	commit_root first &&
	commit_elsewhere second "echo again >etc/motd" &&
	host apply -q HEAD
'

# scheduled <how>: what it runs does its work, here.
scheduled () {
	test_expect_success ROOT "what $1 runs" '
		host_git update-ref refs/devops/applied HEAD &&
		write root/etc/motd hello &&
		GIT_DEVOPS_REPO="$PWD/repo" sh -e ./commands >out &&
		test_must_be_empty out &&
		echo again >expect &&
		test_cmp expect root/etc/motd
	'
}

test_expect_success 'the commands of the service' '
	sed -n "s/^ExecStart=//p" "$TOP/contrib/systemd/git-devops-apply.service" >commands &&
	test_line_count = 2 commands
'
scheduled systemd

test_expect_success 'the command of the table' '
	sed -n "s/^[*]\/10 [*] [*] [*] [*] root //p" "$TOP/contrib/cron/git-devops" >commands &&
	test_line_count = 1 commands
'
scheduled cron

test_done
