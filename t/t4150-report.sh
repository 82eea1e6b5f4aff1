#!/bin/sh

test_description='git devops report: what the runs on a host did'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"

test_expect_success ROOT 'there is none' '
	new_host &&
	test_expect_code 128 host report 2>err &&
	grep "^fatal: there is no report of " err &&
	grep "^hint: .*report --list" err &&
	host report --list >out &&
	test_must_be_empty out
'

test_expect_success ROOT 'a run' '
	write root/etc/motd hello &&
	commit_root first &&
	host apply -q &&
	test_expect_code 128 host report 2>err &&
	echo secret-content >root/etc/motd &&
	host apply -q &&
	host report >out &&
	name=$(hostname) &&
	grep "^$name  ....-..-.. ..:..:..  apply $(host_git rev-parse --short=12 HEAD): done$" out &&
	grep "^    drift    $(host_git rev-parse refs/devops/drift)$" out &&
	grep "^    save     etc/motd (content)$" out &&
	grep "^    write    etc/motd (content; drifted)$" out
'

test_expect_success ROOT 'several, newest first' '
	commit_elsewhere second "echo two >etc/motd" &&
	host apply -q &&
	host report -2 >out &&
	grep "  apply " out >heads &&
	test $(wc -l <heads) = 2 &&
	head -n 1 heads >first &&
	grep "apply $(host_git rev-parse --short=12 HEAD)" first &&
	host report --max-count=0 >all &&
	test_cmp out all &&
	host report >one &&
	test $(grep -c "  apply " one) = 1
'

test_expect_success ROOT '--json' '
	host --json report -1 >out &&
	head -n 1 out >head &&
	grep "^{\"type\":\"report\",\"commit\":\"$(host_git rev-parse refs/devops/reports/$name)\",\"host\":\"$name\",\"verb\":\"apply\"" head &&
	grep "^{\"type\":\"step\",\"step\":\"write\",\"path\":\"etc/motd\",\"aspects\":\[\"content\"\],\"outcome\":\"done\"" out
'

test_expect_success ROOT 'another host, whose report is not to be trusted' '
	cat >report.txt <<-\EOF &&
	{"report":1,"host":"evil\u001b[2J","verb":"apply","started":"2026-01-02T03:04:05.678Z","ms":1,"outcome":"failed","reason":"x\u001b]0;y","steps":1}
	{"step":"write","path":"etc/\u001b[2J","outcome":"failed","reason":"\u001b[2J"}
	EOF
	blob=$(host_git hash-object -w report.txt) &&
	tree=$(printf "100644 blob %s\treport\n" $blob | host_git mktree) &&
	commit=$(host_git commit-tree -m x $tree) &&
	host_git update-ref refs/devops/reports/evil $commit &&
	host report evil >out &&
	test_must_fail grep "$(printf "\033")" out &&
	grep "^    write    \"etc/.033\[2J\" (failed; " out &&
	host report --list >out &&
	test $(wc -l <out) = 2 &&
	test_must_fail grep "$(printf "\033")" out &&
	grep "^$name  .*  apply $(host_git rev-parse --short=12 HEAD): done$" out
'

test_expect_success ROOT 'a damaged one is named' '
	tree=$(printf "100644 blob %s\treport\n" $(echo x | host_git hash-object -w --stdin) | host_git mktree) &&
	host_git update-ref refs/devops/reports/bad $(host_git commit-tree -m x $tree) &&
	test_must_fail host report bad 2>err &&
	grep "$(host_git rev-parse refs/devops/reports/bad): read report:" err &&
	test_expect_code 3 host report --list >out 2>err &&
	test $(wc -l <out) = 2 &&
	grep "^error: bad: " err &&
	test_expect_code 129 host report --list bad 2>err &&
	test_expect_code 129 host report --max-count=-1 2>err
'

test_done
