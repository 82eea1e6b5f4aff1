#!/bin/sh

test_description='clones, with chunks and without'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up' '
	large_repo origin &&
	make_random origin/random.img 900000 1 &&
	make_text origin/log.txt 900000 2 &&
	truncate -s 3m origin/sparse.img &&
	make_random tail 200000 3 &&
	cat tail >>origin/sparse.img &&
	git -C origin devops add . &&
	git -C origin commit -q -m files
'

test_expect_success 'a plain clone has manifests, and git finds nothing wrong' '
	git clone -q "file://$PWD/origin" clone &&
	head -n 1 clone/random.img >first &&
	echo "git-devops manifest 1" >expect &&
	test_cmp expect first &&
	git -C clone fsck --full --strict &&
	assert_clean clone
'

test_expect_success 'add and checkout want init first, and say so' '
	test_expect_code 10 git -C clone devops checkout 2>err &&
	grep "^hint: .*git devops init" err &&
	test_expect_code 10 git -C clone devops add . 2>err &&
	grep "^hint: .*git devops init" err
'

test_expect_success 'without chunks checkout names each file and leaves the manifests' '
	git -C clone devops init -q &&
	test_expect_code 13 git -C clone devops checkout >out 2>err &&
	grep "^error: log.txt: " err &&
	grep "^error: random.img: " err &&
	grep "^error: sparse.img: " err &&
	test_cmp expect first &&
	assert_clean clone &&
	git -C clone devops status >status &&
	grep -c "^manifest *absent" status >count &&
	echo 3 >three &&
	test_cmp three count
'

test_expect_success 'fsck does not say clean, and names the files' '
	test_expect_code 13 git -C clone devops fsck >out 2>err &&
	grep "^lost refs/heads/main:random.img: " out &&
	grep "^lost :log.txt: " out &&
	test_expect_code 13 git -C clone devops fsck --quick
'

test_expect_success 'staging a manifest that was left in place changes nothing' '
	git -C clone add . &&
	git -C clone devops add . &&
	assert_clean clone
'

test_expect_success 'with some chunks the exit code is 3, and a file is whole or a manifest' '
	clone_without_chunks origin partly &&
	git -C partly fetch -q origin refs/devops/held:refs/devops/some &&
	git -C origin cat-file blob HEAD:log.txt >manifest &&
	sed -n "s/^\([0-9a-f]\{40\}\) [0-9]*$/\1/p" manifest >ids &&
	git -C partly update-ref -d refs/devops/some &&
	git -C partly gc -q --prune=now &&
	while read -r id
	do
		git -C origin cat-file blob "$id" >chunk &&
		git -C partly hash-object -w --stdin <chunk >hashed || return 1
	done <ids &&
	test_expect_code 3 git -C partly devops checkout 2>err &&
	assert_same origin/log.txt partly/log.txt &&
	grep "^error: random.img: " err
'

test_expect_success 'after git has fetched the held set, everything is there bit for bit' '
	fetch_chunks clone &&
	git -C clone devops checkout &&
	for file in random.img log.txt sparse.img
	do
		assert_same origin/$file clone/$file || return 1
	done &&
	assert_clean clone &&
	git -C clone devops fsck -q &&
	test_git_fsck clone
'

test_expect_success 'holes came along' '
	test $(stat -c "%b * %B" clone/sparse.img | sed "s/\*/ /" | { read -r b s && echo $((b * s)); }) -lt 1500000
'

test_expect_success 'a clone with hard links has the chunks; init makes them held' '
	git clone -q origin linked &&
	git devops init linked >out &&
	grep "chunks that came with the clone are held now" out &&
	git -C linked devops checkout &&
	assert_same origin/random.img linked/random.img &&
	git -C linked devops gc &&
	git -C linked devops fsck -q &&
	rm -rf origin &&
	git -C linked devops fsck -q
'

test_done
