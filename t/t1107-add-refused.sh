#!/bin/sh

test_description='what git devops add cannot or must not stage

After each refusal nothing is staged, .gitattributes is as it was, and the next
add succeeds.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# as_owner <command>...: run it with the permissions of files counting, also
# where the tests run as root.
as_owner () {
	if test "$(id -u)" = 0
	then
		setpriv --bounding-set=-dac_override,-dac_read_search "$@"
	else
		"$@"
	fi
}
: >locked
chmod 000 locked
as_owner cat locked 2>/dev/null || test_set_prereq PERMISSIONS
rm -f locked

# assert_untouched: as the last commit left it.
assert_untouched () {
	git diff --cached --quiet &&
	git diff --quiet -- .gitattributes &&
	test_path_is_missing .git/index.lock &&
	test_git_fsck &&
	git devops fsck -q
}

# slowly <file> <change> <command>...: run the command, which must fail, with
# each read of the file taking 0.2 s, and eval <change> every 20 ms from when
# the file was opened.
slowly () {
	local file="$1" change="$2" pid result
	shift 2
	: >../running
	: >../trace
	(
		until grep -q openat ../trace
		do
			sleep 0.01
		done
		while test -e ../running
		do
			eval "$change"
			sleep 0.02
		done
	) &
	pid=$!
	test_expect_code 128 strace -f -o ../trace -P "$PWD/$file" -e trace=pread64,openat \
		-e inject=pread64:delay_enter=200000 "$@" 2>../err
	result=$?
	rm ../running
	echo openat >>../trace
	wait $pid
	cat ../err
	return $result
}

test_expect_success 'set up' '
	large_repo repo &&
	cd repo &&
	make_random tracked 300000 1 &&
	echo small >tracked-small &&
	git devops add . &&
	git commit -q -m one
'

test_expect_success PERMISSIONS 'an unreadable large file' '
	make_random good 300000 2 &&
	make_random secret 300000 3 &&
	chmod 000 secret &&
	test_expect_code 128 as_owner git devops add . 2>../err &&
	grep "^fatal: .*secret: permission denied" ../err &&
	assert_untouched &&
	rm -f secret &&
	git devops add . &&
	git commit -q -m good
'

test_expect_success PERMISSIONS 'an unreadable small file' '
	make_random good2 300000 4 &&
	echo secret >secret &&
	chmod 000 secret &&
	test_expect_code 128 as_owner git devops add . 2>../err &&
	grep "^fatal: .*secret: permission denied" ../err &&
	assert_untouched &&
	rm -f secret
'

test_expect_success PERMISSIONS 'a directory that cannot be searched' '
	mkdir closed &&
	echo x >closed/x &&
	git add closed/x &&
	git commit -q -m closed &&
	chmod 000 closed &&
	test_expect_code 128 as_owner git devops add . 2>../err &&
	grep "^fatal: .*closed.*[Pp]ermission denied" ../err &&
	chmod 755 closed &&
	assert_untouched
'

test_expect_success PERMISSIONS 'a read-only repository: nothing is written, everything can be read' '
	git devops add . &&
	git commit -q -m readable &&
	make_random new 300000 5 &&
	find .git ! -type l -exec chmod a-w {} + &&
	test_expect_code 128 as_owner git devops add . 2>../err &&
	grep "^fatal: .*permission denied" ../err &&
	as_owner git devops ls &&
	as_owner git devops ls HEAD~1 &&
	as_owner git devops cat tracked >../content &&
	cmp tracked ../content &&
	as_owner git devops status >../out &&
	grep "^materialised *held .* tracked$" ../out &&
	as_owner git devops fsck &&
	as_owner git devops checkout -n HEAD~1 &&
	as_owner git devops add -n . >../out &&
	grep new ../out &&
	as_owner git diff >/dev/null &&
	test_expect_code 128 as_owner git devops gc 2>../err &&
	test_expect_code 128 as_owner git devops init --uninstall 2>../err &&
	chmod -R u+w .git &&
	assert_untouched &&
	git ls-files new >../out &&
	test_must_be_empty ../out
'

test_expect_success PERMISSIONS 'a read-only work tree' '
	cp .gitattributes ../before &&
	chmod a-w . &&
	test_expect_code 128 as_owner git devops add new 2>../err &&
	grep "^fatal: .*permission denied" ../err &&
	test_expect_code 128 as_owner git devops track "*.x" >../out 2>../err &&
	test_must_be_empty ../out &&
	chmod u+w . &&
	test_cmp ../before .gitattributes &&
	assert_untouched &&
	git devops add new &&
	git commit -q -m new &&
	assert_clean
'

# A change that is made while the file is read, each in a file that has several
# blocks to read.
changing () {
	title=$1 change=$2
	export title change
	test_expect_success STRACE "a large file to which something happens: $title" '
		make_random changing 3000000 6 &&
		slowly changing "$change" git-devops add changing &&
		grep "^fatal: changing: changed while it was read$" ../err &&
		assert_untouched &&
		git ls-files changing >../out &&
		test_must_be_empty ../out &&
		rm -f changing other
	'
}
changing 'it grows' 'printf x >>changing'
changing 'it is overwritten in place' 'printf x | dd of=changing conv=notrunc 2>/dev/null'
changing 'it is overwritten, and its time put back' \
	'printf x | dd of=changing conv=notrunc seek=9 2>/dev/null; touch -d @1000000000 changing'
changing 'it shrinks' 'truncate -s -1 changing'
changing 'it is emptied' ': >changing'
changing 'another takes its place' 'cp -p changing other && mv other changing'
changing 'a hole is punched' 'fallocate --punch-hole -o 0 -l 4096 changing'

test_expect_success STRACE 'a small file that changes' '
	echo content >changing &&
	slowly changing "printf x >>changing" git-devops add changing &&
	grep "^fatal: changing: changed while it was read$" ../err &&
	assert_untouched &&
	git devops add changing &&
	git commit -q -m changing
'

test_expect_success STRACE 'a tracked large file that changes keeps its version' '
	make_random tracked 3000000 7 &&
	git rev-parse :tracked >../expect &&
	slowly tracked "printf x >>tracked" git-devops add . &&
	git rev-parse :tracked >../actual &&
	test_cmp ../expect ../actual &&
	assert_untouched &&
	git devops add tracked &&
	git commit -q -m tracked &&
	assert_clean
'

test_expect_success 'a file that is gone by then' '
	make_random gone 3000000 8 &&
	slowly gone "rm -f gone" git-devops add gone &&
	grep "^fatal: .*gone" ../err &&
	assert_untouched
'

test_expect_success 'a fifo in place of a large file is passed over' '
	git rev-parse :tracked >../expect &&
	rm tracked &&
	mkfifo tracked &&
	timeout 10 git devops add . &&
	git rev-parse :tracked >../actual &&
	test_cmp ../expect ../actual &&
	rm tracked &&
	git devops checkout &&
	assert_clean
'

test_expect_success 'a damaged .devops/config' '
	printf "[chunker]\n\tmin = 1\n" >.devops/config &&
	test_expect_code 128 git devops add . 2>../err &&
	grep "^fatal: .devops/config: " ../err &&
	printf "[chunker]\n\tmin = 64k\n\tunknown = 1\n" >.devops/config &&
	test_expect_code 128 git devops add . 2>../err &&
	grep "^fatal: .devops/config, line 3: unknown key .chunker.unknown.$" ../err &&
	grep "^hint: mend the file" ../err &&
	printf "[chunker\n" >.devops/config &&
	test_expect_code 128 git devops add . 2>../err &&
	grep "^fatal: .devops/config, line 1: " ../err &&
	git checkout -q .devops/config &&
	assert_clean
'

test_done
