#!/bin/sh

test_description='kill -9 at every system call of git devops apply

Whenever it is killed, each path of the root is old or new, and nothing that is
not managed has changed; the repository is whole; the next run finishes with no
repair step, leaves nothing behind, and no drift was lost or made up.'

. ./test-lib.sh
. "$TEST_DIR/lib-host-faults.sh"

test_expect_success ROOT 'set up' 'make_host'

test_expect_success ROOT,FAULTS 'files are added, changed and removed' '
	files_change && crash_on_host
'

test_expect_success ROOT,FAULTS 'types change' '
	types_change && crash_on_host
'

test_expect_success ROOT,FAULTS 'hard links come, change and go' '
	links_change && crash_on_host
'

test_expect_success ROOT,FAULTS 'only metadata change' '
	metadata_change && crash_on_host
'

test_expect_success ROOT,FAULTS 'a large file changes' '
	large_changes && crash_on_host
'

test_expect_success ROOT,FAULTS 'drift is saved' '
	drift_is_saved && crash_on_host
'

test_expect_success ROOT,FAULTS 'actions run' '
	actions_run && crash_on_host
'

test_expect_success ROOT,FAULTS 'everything is put into an empty root' '
	first_apply && crash_on_host
'

test_expect_success ROOT,FAULTS 'a newer commit comes before the next run' '
	overtaken &&
	crash_points "$setup" "keeps_second && goes_on_to_third" sh -c "exec $command"
'

test_done
