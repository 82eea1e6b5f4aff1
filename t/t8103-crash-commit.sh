#!/bin/sh

test_description='kill -9 at system calls of commit, rm --delete, verify --fix, drift restore

As for apply: each path is old or new, and the same command then succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-host-faults.sh"

# git, when it is killed, leaves its locks: they must go by hand, as ever.
unlock_git='find repo -name "*.lock" ! -path "repo/devops/*" -delete'

test_expect_success ROOT 'set up' 'make_host && POINTS_EVERY=11'

# What is committed is on the root already, and what is forgotten stays there:
# so the apply afterwards has nothing to do.
test_expect_success ROOT,FAULTS 'commit' '
	back_to begin &&
	write root/etc/new new && chmod 600 root/etc/mode &&
	host add -q root/etc &&
	host rm -q root/etc/several &&
	scenario commit "git devops --repo repo commit -q -m second; git devops --repo repo apply -q" &&
	test_path_is_file root/etc/several &&
	crash_points "$setup" "keeps_promises && $unlock_git && goes_on" sh -c "$command"
'

test_expect_success ROOT,FAULTS 'rm --delete' '
	back_to begin &&
	scenario rm-delete "git devops --repo repo rm -q -r --delete root/etc root/srv/large" &&
	crash_repeated
'

test_expect_success ROOT,FAULTS 'what is to be deleted is committed and applied' '
	back_to begin &&
	host rm -q -r --delete root/etc root/srv/large root/srv/dir &&
	write root/etc/gone drifted &&
	scenario deleted "git devops --repo repo commit -q -m second; git devops --repo repo apply -q" &&
	test_path_is_missing root/srv/large &&
	crash_points "$setup" "keeps_promises && $unlock_git && goes_on" sh -c "$command"
'

test_expect_success ROOT,FAULTS 'verify --fix' '
	back_to begin &&
	write root/etc/drifted mine && rm root/etc/gone && chmod 600 root/etc/mode &&
	chown daemon root/etc/several && echo more >>root/srv/large/a &&
	rm -r root/srv/deep && rm root/srv/link && mkdir root/srv/link &&
	scenario verify "git devops --repo repo verify -q --fix" &&
	crash_on_host
'

test_expect_success ROOT,FAULTS 'drift restore' '
	some_to_restore && crash_on_host
'

test_done
