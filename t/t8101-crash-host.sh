#!/bin/sh

test_description='kill -9 at every system call of what else changes a host

As for apply: each path is old or new, and the same command then succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-host-faults.sh"

test_expect_success ROOT 'set up' 'make_host'

test_expect_success ROOT,FAULTS 'add' '
	back_to begin &&
	write root/etc/new new && rm root/etc/gone && chmod 600 root/etc/mode &&
	make_random root/srv/large/b 200000 5 &&
	scenario add "git devops --repo repo add -q root/etc root/srv/large" &&
	crash_on_host
'

test_expect_success ROOT,FAULTS 'rm' '
	back_to begin &&
	scenario rm "git devops --repo repo rm -q -r root/etc root/srv/large" &&
	crash_repeated
'

test_expect_success ROOT,FAULTS 'rollback' '
	to_come "write etc/new new && write etc/motd second && rm etc/gone" &&
	first=$(host_git rev-parse HEAD) &&
	host apply -q &&
	scenario rollback "git devops --repo repo rollback -q $first" &&
	crash_repeated
'

test_expect_success ROOT,FAULTS 'resolve' '
	back_to begin &&
	host_git show :.gitattributes >.gitattributes &&
	echo "etc/drifted devops-drift=merge" >>.gitattributes &&
	to_come "control_above .gitattributes && write etc/drifted theirs" &&
	write root/etc/drifted ours &&
	test_expect_code 20 host apply -q &&
	scenario resolve "git devops --repo repo resolve --theirs root/etc/drifted" &&
	crash_repeated
'

test_done
