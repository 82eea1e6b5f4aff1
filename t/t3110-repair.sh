#!/bin/sh

test_description='git devops fsck --repair: what is damaged or absent comes back'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

test_expect_success 'set up: two repositories with the same' '
	large_repo one &&
	make_random one/a 500000 1 &&
	make_random one/b 500000 2 &&
	git -C one devops add . &&
	git -C one commit -q -m one &&
	git clone -q --no-hardlinks one two &&
	git -C two devops init -q &&
	git -C two devops checkout -q &&
	git -C two devops fsck &&
	cd two
'

# pack: the largest chunk pack.
pack () {
	for keep in .git/objects/pack/*.keep
	do
		echo "${keep%.keep}.pack"
	done >../packs &&
	xargs ls -S <../packs >../sorted &&
	head -n 1 ../sorted
}

# flip <file> <offset>
flip () {
	chmod u+w "$1" &&
	perl -e "
		open(my \$f, q(+<), \$ARGV[0]) or die;
		seek(\$f, \$ARGV[1], 0); read(\$f, my \$b, 1);
		seek(\$f, \$ARGV[1], 0); print \$f chr(ord(\$b) ^ 1);
	" "$1" "$2"
}

# repaired: fsck --repair did its work, and nothing is left to do.
repaired () {
	git devops fsck --repair >../out 2>../err &&
	grep "^repair: " ../out &&
	git devops fsck >../out &&
	grep "all right$" ../out &&
	git fsck --full --strict --no-dangling &&
	rm -f a b &&
	git devops checkout &&
	assert_same ../one/a a &&
	assert_same ../one/b b
}

test_expect_success 'a damaged chunk, from the work tree' '
	git remote remove origin &&
	flip "$(pack)" 100000 &&
	test_expect_code 13 git devops fsck &&
	repaired
'

test_expect_success 'a damaged chunk, with no copy anywhere' '
	rm a b &&
	flip "$(pack)" 100000 &&
	cp -r .git ../before &&
	test_expect_code 13 git devops fsck --repair >../out 2>../err &&
	grep "^damaged chunk" ../out &&
	grep "is kept: " ../err &&
	assert_same "$(pack)" "../before/objects/pack/$(basename "$(pack)")"
'

test_expect_success 'the same, from a peer' '
	git remote add origin "$PWD/../one" &&
	repaired
'

test_expect_success 'the trailer of the pack' '
	flip "$(pack)" $(($(stat -c %s "$(pack)") - 1)) &&
	repaired
'

test_expect_success 'the index of the pack, cut off' '
	idx=$(pack) &&
	idx=${idx%.pack}.idx &&
	chmod u+w "$idx" &&
	truncate -s 100 "$idx" &&
	repaired
'

test_expect_success 'the whole pack is gone' '
	for keep in .git/objects/pack/*.keep
	do
		rm -f "${keep%.keep}".* || return 1
	done &&
	rm a b &&
	repaired
'

test_expect_success 'a chunk that is nowhere and that nothing needs' '
	ls .git/objects/pack/*.keep >../before-c &&
	make_random c 2000000 3 &&
	git devops add c &&
	ls .git/objects/pack/*.keep >../after-c &&
	git reset -q --hard &&
	git reflog expire --expire=now --all &&
	git prune &&
	git devops fsck &&
	new=$(comm -13 ../before-c ../after-c) &&
	rm -f "${new%.keep}".* &&
	test_expect_code 13 git devops fsck >../out &&
	test_must_fail grep "^lost" ../out &&
	repaired
'

test_done
