#!/bin/sh

test_description='kill -9 at every system call of git devops checkout

Each file has its old or its new content, whole, and the next run finishes.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'check out files that are not there' '
	scenario absent "rm big other" "git devops checkout" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'check out other versions, taking chunks from the files' '
	scenario versions "
		make_random part 100000 4 &&
		mkdir dir &&
		cp part dir/third &&
		cat part >>big && cat other >>part && mv part other &&
		git devops add . &&
		test_commit second
	" "git devops checkout HEAD^ -- big other" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'check out an executable file in a new directory, and a manifest in place of what is lost' '
	scenario lost "
		mkdir -p dir/sub &&
		make_random dir/sub/exec 150000 5 &&
		chmod +x dir/sub/exec &&
		git devops add . &&
		test_commit second &&
		rm -r dir
	" "git devops checkout dir" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_done
