#!/bin/sh

test_description='devops.cacheLimit: sync keeps to it, without losing a copy'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# disk: how many bytes chunks take up here.
disk () {
	git devops status --json >../status &&
	sed -n 's/.*"disk":\([0-9]*\).*/\1/p' ../status
}

# next_version <n>: on the hub.
next_version () {
	make_random ../hub/image 2000000 "$1" &&
	git -C ../hub devops add image &&
	git -C ../hub commit -q -m "version $1"
}

test_expect_success 'set up: a hub with a history' '
	large_repo hub &&
	git clone -q hub edge &&
	git -C edge devops init -q &&
	cd edge &&
	git config devops.cacheLimit 5m
'

test_expect_success 'versions come and go, the limit is kept' '
	for n in 1 2 3 4
	do
		next_version $n &&
		git devops sync >../out &&
		git merge -q --ff-only origin/main &&
		test "$(disk)" -le 5242880 || return 1
	done &&
	grep "^dropped [0-9]* chunks that are not needed here" ../out &&
	assert_same ../hub/image image &&
	git -C ../hub devops fsck
'

test_expect_success 'what is dropped comes back when it is wanted' '
	git devops cat HEAD~1:image >../old &&
	make_random ../expect 2000000 3 &&
	assert_same ../expect ../old
'

test_expect_success 'what nobody else has is kept, and said' '
	git config devops.cacheLimit 3m &&
	make_random mine 2500000 9 &&
	git devops add mine &&
	git commit -q -m mine &&
	git reset -q --hard HEAD~1 &&
	git devops sync >../out 2>../err &&
	grep "^warning: chunks take up .*more than devops.cacheLimit" ../err &&
	git devops cat HEAD@{1}:mine >../actual &&
	make_random ../expect 2500000 9 &&
	assert_same ../expect ../actual
'

test_expect_success 'a limit smaller than one file does not stop the file' '
	git config devops.cacheLimit 100k &&
	next_version 5 &&
	git devops sync 2>../err &&
	grep "more than devops.cacheLimit" ../err &&
	git merge -q --ff-only origin/main &&
	assert_same ../hub/image image
'

test_expect_success '--json tells' '
	git config devops.cacheLimit 3m &&
	next_version 6 &&
	git devops sync --json >../out 2>../err &&
	grep "^{\"type\":\"trim\",\"chunks\":[0-9]*,\"refused\":[0-9]*,\"left\":[0-9]*}$" ../out
'

test_done
