#!/bin/sh

test_description='the fault harness: kills, full disks and I/O errors

A small shell command whose system calls are known stands for the programs
that other scripts test.'

. ./test-lib.sh

setup='rm -rf dir && mkdir dir && cp old dir/file'
check='cmp dir/file old || cmp dir/file new'
reported='cmp dir/file old || test $POINT_STATUS = 0'

test_expect_success 'set up' '
	make_random old 2000 1 &&
	make_random new 2000 2 &&
	cat >good.sh <<-\EOF &&
	# replaces the content of a file as one should
	dd if=new of=dir/file.tmp bs=1000 count=2 conv=fsync 2>/dev/null &&
	mv dir/file.tmp dir/file ||
	{ rm -f dir/file.tmp; exit 1; }
	EOF
	cat >bad.sh <<-\EOF
	# and as one should not
	dd if=new of=dir/file bs=1000 count=2 conv=fsync 2>/dev/null
	EOF
'

test_expect_success FAULTS 'every call is a point, in order' '
	crash_points "$setup" "$check" sh good.sh &&
	# How many calls mv makes for one renaming differs with its version.
	sed "s,$PWD/,,; s,^[0-9]* ,,; s,^rename[a-z0-9]*,rename," .harness/hits >hits &&
	uniq hits >actual &&
	cat >expect <<-\EOF &&
	openat dir/file.tmp
	write dir/file.tmp
	fsync dir/file.tmp
	rename dir/file
	EOF
	test_cmp expect actual
'

test_expect_success FAULTS,!EXPENSIVE 'some of the points' '
	POINTS_EVERY=3 &&
	crash_points "$setup" "$check" sh good.sh &&
	POINTS_EVERY= &&
	sed "s, .*,," .harness/hits >actual &&
	printf "1\n4\n" >expect &&
	test_cmp expect actual
'

test_expect_success FAULTS 'a kill happens before the call' '
	eval "$setup" &&
	test_expect_code 137 faults -at 1 sh good.sh &&
	test_path_is_missing dir/file.tmp &&
	test_expect_code 137 faults -at 3 sh good.sh &&
	test $(stat -c %s dir/file.tmp) = 1000
'

# Only those that create something: most of what openat2 opens is read.
test_expect_success FAULTS 'what openat2 creates, and nothing else of it' '
	eval "$setup" &&
	cat >openat2.pl <<-\EOF &&
	use Fcntl;
	for (["dir/file", O_RDONLY], ["dir/new", O_WRONLY | O_CREAT]) {
		my ($path, $flags) = @$_;
		my $how = pack("QQQ", $flags, $flags & O_CREAT ? 0644 : 0, 0);
		syscall(437, -100, $path, $how, 24) >= 0 or exit 3;
	}
	EOF
	test_expect_code 137 faults -at 1 -report report perl openat2.pl &&
	grep "^1 openat2 dir/new" report &&
	test_path_is_missing dir/new &&
	faults -at 2 -report report perl openat2.pl &&
	test_must_be_empty report &&
	test_path_is_file dir/new
'

test_expect_success FAULTS,XATTR 'an attribute that is removed' '
	eval "$setup" &&
	setfattr -n user.note -v x dir/file &&
	test_expect_code 137 faults -at 1 -report report setfattr -x user.note dir/file &&
	grep "^1 l*removexattr dir/file" report &&
	getfattr -n user.note dir/file &&
	test_must_fail faults -at 1 -error EIO setfattr -x user.note dir/file 2>err &&
	grep "Input/output error" err &&
	getfattr -n user.note dir/file
'

test_expect_success FAULTS 'a command that breaks its promise is found' '
	test_must_fail crash_points "$setup" "$check" sh bad.sh 2>err &&
	grep "at point 2 (2 write .*/dir/file): the check failed" err
'

test_expect_success FAULTS 'a command that fails by itself is found' '
	test_must_fail crash_points "$setup" true sh -c ": >dir/x; exit 3" 2>err &&
	grep "it failed with 3 without a fault" err
'

test_expect_success FAULTS 'a command that panics is found' '
	test_must_fail eio_points "$setup" true sh -c ": >dir/x || exit 2" 2>err &&
	grep "at point 1 (1 openat dir/x): it panicked" err
'

test_expect_success FAULTS 'a setup that fails is found' '
	test_must_fail crash_points false true sh good.sh 2>err &&
	grep "the setup failed" err
'

test_expect_success FAULTS 'a command that changes nothing is found' '
	test_must_fail crash_points true true true 2>err &&
	grep "no point was tried" err
'

test_expect_success FAULTS 'one point alone can be looked at' '
	(
		GIT_DEVOPS_TEST_POINT=3 &&
		export GIT_DEVOPS_TEST_POINT &&
		crash_points "$setup" "$check" sh good.sh
	) &&
	test $(stat -c %s dir/file.tmp) = 1000
'

test_expect_success FAULTS 'a disk full from each call on' '
	enospc_points "$setup" "$reported" sh good.sh &&
	test_line_count -ge 5 .harness/hits
'

test_expect_success FAULTS 'an I/O error at each call' '
	eio_points "$setup" "$reported" sh good.sh &&
	test_must_fail eio_points "$setup" "$reported" sh bad.sh
'

test_expect_success FAULTS 'an error is the one asked for' '
	eval "$setup" &&
	test_must_fail faults -at 2 -error ENOSPC dd if=new of=dir/x 2>err &&
	grep "No space left on device" err &&
	test_must_fail faults -at 2 -error EIO dd if=new of=dir/x 2>err &&
	grep "Input/output error" err
'

test_expect_success FAULTS 'the exit code is that of the command' '
	test_expect_code 7 faults sh -c "exit 7" &&
	test_expect_code 139 faults sh -c "kill -SEGV \$\$"
'

test_expect_success FAULTS 'descendants are counted, and die too' '
	eval "$setup" &&
	cat >family.sh <<-\EOF &&
	(sleep 2; : >dir/survivor) &
	sh -c ": >dir/one; : >dir/two"
	EOF
	test_expect_code 137 faults -at 2 -report report sh family.sh &&
	grep "^2 openat dir/two" report &&
	test_path_is_file dir/one &&
	sleep 2.5 &&
	test_path_is_missing dir/survivor
'

# With counters for each thread, as strace has, the later calls would never be
# the n-th of any thread.
test_expect_success FAULTS 'calls of all threads are counted in one order' '
	for n in 1 20 40
	do
		rm -rf dir && mkdir dir &&
		test_expect_code 137 faults -at $n -report report faults-threads dir 8 5 &&
		grep "^$n mkdirat " report || return 1
	done &&
	rm -rf dir && mkdir dir &&
	faults -at 41 -report report faults-threads dir 8 5 &&
	test_must_be_empty report
'

test_expect_success ROOT,TMPFS 'a small disk is full when it is full' '
	with_small_disk 1 small &&
	make_random small/fits 500000 1 &&
	test_must_fail make_random small/does-not 2000000 1 2>err &&
	grep "no space left on device" err
'

test_expect_success ROOT,TMPFS 'a small disk is gone after its test' '
	test_must_fail mountpoint -q small
'

test_done
