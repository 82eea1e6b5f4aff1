#!/bin/sh

test_description='a sparse file of three terabytes

All of it would be hashed for half an hour: SHA-256 covers holes, too. So what
is tried is that it begins, tells how far it is, and can be ended.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

size=$((3 << 40))

# assert_no_spool: nothing half-written is left.
assert_no_spool () {
	find .git/devops/spool .git/objects/pack -type f -name "*tmp*" >../left &&
	test_must_be_empty ../left
}

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	truncate -s 3T disk &&
	make_random data 1000000 1 &&
	dd if=data of=disk bs=1M seek=2000000 conv=notrunc 2>../err &&
	test $(stat -c %s disk) = $size
'

test_expect_success 'add begins, shows progress, and ends with 130 when it is interrupted' '
	test_expect_code 130 interrupted INT ../err git devops add --progress disk 2>../err &&
	tr "\r" "\n" <../err >../lines &&
	grep "^Adding: *0% ([0-9][.0-9]* [KMG]*i*B/3.0 TiB)" ../lines &&
	grep "^fatal: interrupted$" ../lines &&
	test_must_fail grep -e "100%" -e "done" ../lines
'

test_expect_success 'nothing is staged then, and nothing is in the way of the next one' '
	git ls-files >../out &&
	echo .devops/config >../expect &&
	test_cmp ../expect ../out &&
	test_path_is_missing .gitattributes &&
	test_path_is_missing .git/index.lock &&
	assert_no_spool &&
	git devops add data &&
	git commit -q -m data &&
	git devops fsck
'

test_expect_success 'so with the program itself, without git in between' '
	test_expect_code 130 interrupted INT ../err git-devops add --progress disk 2>../err &&
	tr "\r" "\n" <../err >../lines &&
	tail -n 1 ../lines >../last &&
	echo "fatal: interrupted" >../expect &&
	test_cmp ../expect ../last
'

# Git passes on what the terminal has sent to both.
test_expect_success 'a signal that comes twice is one' '
	perl -e "
		my \$pid = fork; if (!\$pid) { exec qw(git-devops add disk) }
		sleep 1;
		kill INT => \$pid for 1, 2; waitpid \$pid, 0;
		exit(\$? == 130 << 8 ? 0 : 1)" 2>../err &&
	grep "^fatal: interrupted$" ../err &&
	assert_no_spool
'

test_expect_success 'git add can be interrupted, too' '
	git devops track "disk*" &&
	test_might_fail timeout -s INT 2 git add disk &&
	rm -f .git/index.lock &&
	git ls-files >../out &&
	test_must_fail grep disk ../out
'

test_expect_success 'memory does not grow with the size' '
	/usr/bin/env perl -e "
		my \$pid = fork; if (!\$pid) { exec qw(git-devops add disk) }
		sleep 1;
		open my \$status, q(<), qq(/proc/\$pid/status) or die;
		my (\$peak) = map { /^VmHWM:\s*(\d+)/ } <\$status>;
		kill INT => \$pid; waitpid \$pid, 0;
		exit(\$peak < 128 * 1024 ? 0 : 1)" 2>../err
'

# The digest is invented: nobody knows it.
test_expect_success 'a manifest of that size' '
	cat >../manifest <<-EOF &&
	git-devops manifest 1
	sha256 $(echo invented | sha256sum | cut -d" " -f1)
	size $((size + 150000))
	chunker rabin 3da3358b4dc173 65536 262144 16
	chunks 1

	hole $size
	EOF
	make_random small 150000 2 &&
	git devops add small &&
	git cat-file blob :small >../small &&
	sed -n "/^[0-9a-f]\{40\} /p" ../small >../chunks &&
	sed -i "s/^chunks .*/chunks $(wc -l <../chunks)/" ../manifest &&
	cat ../chunks >>../manifest &&
	git rm -q --cached -f small &&
	id=$(git hash-object -w --no-filters ../manifest) &&
	git update-index --add --cacheinfo 100644,$id,disk2 &&
	git add .gitattributes &&
	git commit -q -m "disk2"
'

test_expect_success 'it is listed' '
	git devops ls --json HEAD >../out &&
	json file path size held ../out >../actual &&
	printf "%s\n" "data 1000000 held" "disk2 $((size + 150000)) held" >../expect &&
	test_cmp ../expect ../actual &&
	git devops ls >../out &&
	grep "3\.0 TiB .* disk2$" ../out &&
	git devops status >../out &&
	grep "^deleted *held *3\.0 TiB  disk2$" ../out &&
	git devops fsck --quick
'

test_expect_success 'any part of it is read at once' '
	git devops cat --offset=$size disk2 >../tail &&
	cmp small ../tail &&
	git devops cat --offset=$((size - 10)) --length=20 disk2 >../around &&
	{ head -c 10 /dev/zero && head -c 10 small; } >../expect &&
	cmp ../expect ../around &&
	git devops cat --offset=1g --length=5 disk2 >../within &&
	cmp -n 5 ../within /dev/zero &&
	test $(stat -c %s ../within) = 5
'

test_expect_success 'checkout begins, shows progress, and can be interrupted' '
	test_expect_code 130 interrupted INT ../err git devops checkout --progress 2>../err &&
	tr "\r" "\n" <../err >../lines &&
	grep "^Checking out: *0% ([0-9][.0-9]* [KMG]*i*B/3.0 TiB)" ../lines &&
	grep "^fatal: interrupted$" ../lines &&
	test_path_is_missing disk2 &&
	assert_no_spool
'

test_expect_success 'so do fsck and cat' '
	test_expect_code 130 interrupted INT ../err git devops fsck --progress 2>../err &&
	tr "\r" "\n" <../err >../lines &&
	grep "^fatal: interrupted$" ../lines &&
	test_expect_code 130 interrupted INT - git devops cat disk2 >/dev/null 2>../err
'

test_expect_success 'a huge file that begins like a manifest is not read into memory' '
	git update-index --force-remove disk2 &&
	printf "git-devops manifest 1\n" >disk3 &&
	truncate -s 3T disk3 &&
	test_expect_code 130 interrupted INT ../err git devops add --progress disk3 2>../err &&
	tr "\r" "\n" <../err >../lines &&
	tail -n 1 ../lines >../last &&
	echo "fatal: interrupted" >../expect &&
	test_cmp ../expect ../last
'

test_done
