#!/bin/sh

test_description='kill -9 at every system call of git devops add

Whenever it is killed, every file is old or new, both fscks are clean, and the
next run of the same command succeeds with no repair step and leaves nothing
behind.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'add a new large file' '
	scenario new "make_random new 400000 3" "git devops add new" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'add a changed large file' '
	scenario changed "make_random part 100000 4 && cat part >>big && rm part" "git devops add big" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'add many small files' '
	scenario small "
		mkdir -p dir/sub &&
		for i in 1 2 3 4 5 6 7 8 9
		do
			echo \$i >dir/\$i && echo \$i sub >dir/sub/\$i || return 1
		done
	" "git devops add dir" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'add a directory of several large files, with some removed' '
	scenario several "
		mkdir dir &&
		for i in 5 6 7
		do
			make_random dir/\$i 150000 \$i || return 1
		done &&
		rm other
	" "git devops add ." &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

# What an earlier kill has left is a writer that is dead, its finished pack that
# nothing names, and an unfinished one.
test_expect_success FAULTS 'add beside what earlier kills have left' '
	scenario beside "
		make_random lost 200000 8 &&
		kill_before writev git devops add lost &&
		cp -a .git/devops/spool ../spool &&
		kill_before rename.*/held git devops add lost &&
		cp -a ../spool/. .git/devops/spool &&
		make_random new 200000 9
	" "git devops add new" &&
	find beside/before/.git/objects/pack beside/before/.git/devops >left &&
	test $(grep -c "keep\$" left) -ge 2 &&
	grep /writers/writer- left &&
	grep /spool/tmp_pack left &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_done
