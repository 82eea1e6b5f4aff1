#!/bin/sh

test_description='kill -9 at every system call of git devops gc

Nothing that is held is lost, and the next run finishes.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

check='keeps_promises && goes_on'

# forget <path>: a file that was only staged goes, and its chunks are not held
# any more, as after a drop.
forget () {
	manifest_chunks ":$1" >../gone &&
	git rm -q -f "$1" &&
	held_chunks >../held &&
	grep -v -x -F -f ../gone ../held >../kept &&
	sed "s/.*/100644 blob &\t&/" ../kept | git mktree >../tree &&
	git update-ref refs/devops/held "$(cat ../tree)"
}

test_expect_success 'set up' '
	make_template template
'

test_expect_success FAULTS 'gc with an abandoned pack' '
	scenario abandoned "
		make_random lost 200000 8 &&
		kill_before rename.*/held git devops add lost &&
		rm lost &&
		git checkout .gitattributes
	" "git devops gc" &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'gc with a dead pack and a mostly dead one' '
	scenario dead "
		make_random dead 200000 8 &&
		git devops add dead &&
		forget dead &&
		mkdir dir &&
		make_random dir/dying 500000 9 &&
		make_random dir/small 110000 10 &&
		git devops add dir &&
		forget dir/dying &&
		test_commit second
	" "git devops gc" &&
	test $(ls dead/before/.git/objects/pack/*.keep | wc -l) = 3 &&
	test $(ls dead/after/.git/objects/pack/*.keep | wc -l) = 2 &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_expect_success FAULTS 'gc with many small packs' '
	scenario many "
		for i in 1 2 3 4 5 6 7
		do
			make_random file\$i 110000 \$i &&
			git devops add file\$i || return 1
		done
	" "git devops gc" &&
	test $(ls many/after/.git/objects/pack/*.keep | wc -l) = 1 &&
	crash_points "$setup" "$check" sh -c "$(in_repo "$command")"
'

test_done
