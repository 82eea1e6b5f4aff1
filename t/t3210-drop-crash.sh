#!/bin/sh
# shellcheck disable=SC2154 # scenario sets $name and $command

test_description='kill -9 at every system call of git devops drop

What it did not finish it has not done; the next run goes on.'

. ./test-lib.sh
. "$TEST_DIR/lib-faults.sh"

drop_big () {
	scenario drop-big "
		git devops store add -q shelf 'dir:$PWD/shelf2' &&
		git devops copy -q --to=shelf
	" "git devops drop -q big"
}

# unhurt: what is held is whole, and what is not is on the shelf.
unhurt () {
	test_git_fsck repo &&
	cmp template/big repo/big
}

# goes_on: the same again succeeds, and leaves nothing behind.
goes_on () {
	(cd repo && sh -c "$command") &&
	cmp $name/after/.git/refs/devops/held repo/.git/refs/devops/held &&
	! find repo/.git/devops/locks | grep "intent-\|lock-\|tmp" &&
	git -C repo devops get -q &&
	git -C repo -c devops.autoGet=false devops cat :big >actual &&
	cmp repo/big actual
}

test_expect_success FAULTS 'killed at any moment: nothing is lost, the next run goes on' '
	make_template template &&
	drop_big &&
	crash_in_repo "unhurt && goes_on"
'

test_done
