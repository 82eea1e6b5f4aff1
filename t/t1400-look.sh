#!/bin/sh

test_description='status, ls and cat: text, JSON, ranges, subdirectories'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'an empty repository' '
	git devops init -q repo &&
	cd repo &&
	git devops status >../out &&
	echo "0 large files, 0 B; chunks take 0 B in 0 packs" >../expect &&
	test_cmp ../expect ../out &&
	git devops ls >../out &&
	echo "0 large files, 0 B in 0 chunks; sharing saves 0 B, holes 0 B" >../expect &&
	test_cmp ../expect ../out &&
	git devops fsck >../out &&
	echo "0 versions of large files, 0 B: all right" >../expect &&
	test_cmp ../expect ../out &&
	git devops gc &&
	git devops checkout &&
	test_expect_code 128 git devops ls HEAD 2>../err
'

test_expect_success 'set up' '
	small_chunks &&
	mkdir sub &&
	make_random a 300000 1 &&
	make_random sub/b 400000 2 &&
	cp a sub/same &&
	truncate -s 1000000 hole &&
	: >empty &&
	echo small >small &&
	git devops track empty &&
	git devops add . &&
	git commit -q -m one &&
	git tag one &&
	printf more >>a &&
	git devops add a &&
	git commit -q -m two
'

test_expect_success 'status' '
	git devops status >../out &&
	cat >../expect <<-\EOF &&
	materialised  held      293 KiB  a
	materialised  held          0 B  empty
	materialised  held      977 KiB  hole
	materialised  held      391 KiB  sub/b
	materialised  held      293 KiB  sub/same
	EOF
	sed \$d ../out >../actual &&
	test_cmp ../expect ../actual &&
	sed -n \$p ../out >../last &&
	grep "^5 large files, 1\.9 MiB; chunks take [0-9]* KiB in 2 packs$" ../last
'

test_expect_success 'status of what is changed, deleted, or a manifest' '
	git cat-file blob :hole >hole &&
	printf x >>a &&
	rm sub/b small &&
	echo changed >.devops/config.old &&
	git devops status >../out &&
	grep "^modified *held *293 KiB  a$" ../out &&
	grep "^manifest *held *977 KiB  hole$" ../out &&
	grep "^deleted *held *391 KiB  sub/b$" ../out &&
	grep "^other files: 0 modified, 1 deleted (git status names them)$" ../out &&
	rm .devops/config.old &&
	git devops status --json >../out &&
	json file path size state held chunks heldChunks heldBytes ../out >../actual &&
	grep "^a 300004 modified held [1-9] [1-9] 300004$" ../actual &&
	grep "^empty 0 materialised held 0 0 0$" ../actual &&
	grep "^hole 1000000 manifest held 0 0 0$" ../actual &&
	json summary large size otherModified otherDeleted ../out >../actual &&
	echo "5 2000004 0 1" >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'status from a subdirectory, with -q, with -C' '
	git devops status >../expect &&
	git -C sub devops status >../out &&
	test_cmp ../expect ../out &&
	git devops -C sub status >../out &&
	test_cmp ../expect ../out &&
	git devops status -q >../out &&
	test_line_count = 5 ../out &&
	git reset -q --hard &&
	assert_clean
'

test_expect_success 'colour only when asked for' '
	printf x >>a &&
	git devops status >../out &&
	test_must_fail grep "$(printf "\033")" ../out &&
	git devops status --color=always >../out &&
	grep "$(printf "\033")\[31mmodified" ../out &&
	git checkout -q a
'

test_expect_success 'ls of the index and of trees' '
	git devops ls >../out &&
	git devops ls HEAD >../head &&
	test_cmp ../out ../head &&
	grep "^  293 KiB  *[1-9]  *0 B  a$" ../out &&
	grep "^  293 KiB  *[1-9]  *[1-9][0-9]* KiB  sub/same$" ../out &&
	sed -n \$p ../out >../last &&
	grep "^5 large files, 1\.9 MiB in [0-9]* chunks; sharing saves [1-9][0-9]* KiB, holes 977 KiB$" ../last &&
	git devops ls one >../one &&
	grep "^  293 KiB  *[1-9]  *293 KiB  sub/same$" ../one
'

test_expect_success 'ls --json' '
	git devops ls --json one >../out &&
	json file path size sha256 shared held ../out >../actual &&
	make_random ../a 300000 1 &&
	sha=$(sha256sum <../a | cut -d" " -f1) &&
	grep "^a 300000 $sha 0 held$" ../actual &&
	grep "^sub/same 300000 $sha 300000 held$" ../actual &&
	json summary files size shared holes ../out >../actual &&
	echo "5 2000000 300000 1000000" >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'ls of paths, from a subdirectory' '
	git devops ls -q HEAD sub >../out &&
	test_line_count = 2 ../out &&
	git -C sub devops ls -q HEAD -- b >../out &&
	grep "  sub/b$" ../out &&
	test_line_count = 1 ../out &&
	git -C sub devops ls -q -- ../a >../out &&
	grep "  a$" ../out &&
	git devops ls -q -- "*b" >../out &&
	test_line_count = 1 ../out &&
	test_expect_code 128 git devops ls -- nothing 2>../err &&
	test_expect_code 128 git devops ls nothing -- a 2>../err &&
	grep "^fatal: .*nothing" ../err
'

test_expect_success 'cat of the index, of revisions, of paths relative to here' '
	make_random ../a 300000 1 &&
	git devops cat one:a >../out && assert_same ../a ../out &&
	git devops cat HEAD~1:a >../out && assert_same ../a ../out &&
	git devops cat HEAD~1:./a >../out && assert_same ../a ../out &&
	git devops cat a >../out && assert_same a ../out &&
	git devops cat :a >../out && assert_same a ../out &&
	git devops cat ./sub/b >../out && assert_same sub/b ../out &&
	git -C sub devops cat b >../out && assert_same sub/b ../out &&
	git -C sub devops cat one:./b >../out && assert_same sub/b ../out &&
	git -C sub devops cat one:../a >../out && assert_same ../a ../out &&
	git -C sub devops cat one:sub/b >../out && assert_same sub/b ../out &&
	git devops cat empty >../out && test_must_be_empty ../out
'

test_expect_success 'cat of a small file' '
	git devops cat one:small >../out &&
	echo small >../expect &&
	test_cmp ../expect ../out &&
	git devops cat --offset=1 --length=3 small >../out &&
	printf mal >../expect &&
	cmp ../expect ../out
'

# Ranges, compared with what tail and head make of the file.
test_expect_success 'cat of ranges' '
	for range in "0 0" "0 1" "1 1" "65535 2" "100000 100000" "299999 1" "299999 9" "300000 1" "400000 5" \
		"0 300000" "0 999999" "150000 999999"
	do
		set -- $range &&
		git devops cat --offset=$1 --length=$2 one:a >../out &&
		tail -c +$(($1 + 1)) ../a >../tail &&
		head -c $2 ../tail >../expect &&
		assert_same ../expect ../out || return 1
	done &&
	git devops cat --offset=64k one:a >../out &&
	tail -c +65537 ../a >../expect &&
	assert_same ../expect ../out &&
	git devops cat --length=1k one:hole >../out &&
	head -c 1024 /dev/zero >../expect &&
	assert_same ../expect ../out
'

test_expect_success 'cat of a range reads only its chunks' '
	git clone -q "file://$PWD" ../clone &&
	git devops init -q ../clone &&
	(
		cd ../clone &&
		git config devops.largeFile 1k &&
		git config devops.autoGet false &&
		tail -c 200000 ../a >end &&
		git devops add end &&
		git devops cat --offset=299990 one:a >../out &&
		tail -c 10 ../a >../expect &&
		assert_same ../expect ../out &&
		test_expect_code 13 git devops cat one:a >../out 2>../err &&
		grep "^error: one:a: .*is missing$" ../err
	)
'

test_expect_success 'cat of what is not there' '
	test_expect_code 128 git devops cat nothing 2>../err &&
	grep "^fatal: path .nothing. in the index: not found$" ../err &&
	test_expect_code 128 git devops cat HEAD:nothing 2>../err &&
	grep "^fatal: .*nothing" ../err &&
	test_expect_code 128 git devops cat nowhere:a 2>../err &&
	grep "^fatal: .*nowhere" ../err &&
	test_expect_code 128 git devops cat HEAD:sub 2>../err &&
	grep "^fatal: HEAD:sub: is a tree, not a file$" ../err &&
	test_expect_code 128 git devops cat ../a 2>../err &&
	grep "^fatal: .*outside repository" ../err &&
	test_expect_code 129 git devops cat 2>../err &&
	test_expect_code 129 git devops cat a b 2>../err &&
	test_expect_code 129 git devops cat --offset=-1 a 2>../err &&
	test_expect_code 129 git devops cat --offset=1x a 2>../err &&
	test_expect_code 129 git devops cat --json a 2>../err
'

test_expect_success 'cat into a pipe that is closed' '
	(
		{
			git-devops cat hole 2>../err
			echo $? >../status
		} | head -c 1 >/dev/null
	) &&
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		test -s ../status || sleep 0.2
	done &&
	grep -x -e 141 -e 0 ../status &&
	test_must_be_empty ../err
'

test_expect_success 'cat to a full disk' '
	test_expect_code 128 git devops cat hole >/dev/full 2>../err &&
	grep "no space left on device" ../err
'

test_done
