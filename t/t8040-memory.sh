#!/bin/sh

test_description='memory stays flat, however large the file'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up' '
	git devops init -q repo &&
	make_random repo/file 400000000 1
'

test_expect_success 'add' '
	(cd repo && peak 128 git-devops add file)
'

test_expect_success 'add after an edit' '
	printf edited | dd of=repo/file bs=1 seek=100000000 conv=notrunc 2>/dev/null &&
	(cd repo && peak 128 git-devops add file) &&
	git -C repo commit -q -m edited
'

test_expect_success 'cat and fsck' '
	(cd repo && peak 128 sh -c "git-devops cat file >/dev/null" && peak 128 git-devops fsck)
'

test_expect_success 'checkout' '
	mv repo/file . &&
	(cd repo && peak 128 git-devops checkout) &&
	assert_same file repo/file
'

# git itself holds the whole file in memory to give it to a filter or take it.
test_expect_success 'the filter' '
	rm repo/file &&
	(
		cd repo &&
		git config filter.devops.process "measure git-devops filter-process" &&
		peak 128 git checkout file &&
		assert_same ../file file &&
		printf again | dd of=file bs=1 seek=200000000 conv=notrunc 2>/dev/null &&
		peak 128 git add file
	)
'

test_done
