#!/bin/sh

test_description='git devops add --spill: a file larger than the disk of its repository'

. ./lib-mounts.sh
. "$TEST_DIR/lib-large.sh"

if test_have_prereq EXPENSIVE
then
	disk_mib=200 file_bytes=2147483648 moments="0.3 0.8 2 5 9"
else
	disk_mib=16 file_bytes=60000000 moments="0.3 0.5 0.8 1.2"
fi

# small_repo <name>: a repository whose GIT_DIR is on a small disk, and whose
# work tree is elsewhere, with the file in it.
small_repo () {
	mkdir -p "$1/disk" "$1/work" &&
	mount -t tmpfs -o "size=${disk_mib}m" tmpfs "$1/disk" &&
	git init -q --separate-git-dir "$1/disk/git" "$1/work" &&
	git -C "$1/work" devops init -q &&
	git -C "$1/work" config gc.auto 0 && # its gc in the background confuses git fsck
	if ! test_have_prereq EXPENSIVE
	then
		(cd "$1/work" && small_chunks)
	fi &&
	ln big "$1/work/big"
}

# same_elsewhere <repository> <command>...: a clone, for which the command makes
# the place known, gets the file bit for bit.
same_elsewhere () {
	rm -rf elsewhere &&
	git clone -q --no-local "$1/work" elsewhere &&
	git -C elsewhere devops init -q &&
	shift &&
	"$@" &&
	git -C elsewhere devops checkout &&
	assert_same big elsewhere/big
}

# taking <repository> <peer>: add there, while the peer syncs as cron would.
taking () {
	local added
	git -C "$1/work" devops add --spill=taker . 2>err &
	added=$!
	while kill -0 $added 2>/dev/null
	do
		git -C "$2" devops sync -q
		sleep 0.2
	done
	wait $added
}

test_expect_success TMPFS 'set up' '
	make_random big $file_bytes 1
'

test_expect_success TMPFS 'without a place there is nothing to spill to' '
	small_repo alone &&
	test_must_fail git -C alone/work devops add --spill big 2>err &&
	grep "^fatal: no peer and no store is configured" err &&
	umount alone/disk
'

test_expect_success TMPFS 'a file that does not fit is refused without --spill' '
	small_repo full &&
	test_must_fail git -C full/work devops add big 2>err &&
	grep "[Nn]o space left" err &&
	umount full/disk
'

test_expect_success TMPFS 'into a store' '
	small_repo one &&
	git -C one/work devops store add shelf "dir:$PWD/shelf" &&
	git -C one/work devops add --spill . &&
	git -C one/work commit -q -m big &&
	test_expect_code 13 git -C one/work devops fsck --quick >out &&
	git -C one/work fsck --full --strict --no-dangling &&
	git -C one/work devops cat --offset=$((file_bytes / 2)) --length=1000 HEAD:big >part &&
	tail -c +$((file_bytes / 2 + 1)) big >rest && head -c 1000 rest >expect && rm rest &&
	test_cmp expect part &&
	same_elsewhere one git -C elsewhere devops store add shelf "dir:$PWD/shelf"
'

test_expect_success TMPFS 'it leaves few packs, however many parts there were' '
	large_repo many &&
	git -C many config gc.auto 0 &&
	git -C many config devops.cacheLimit 1m &&
	git -C many devops store add many "dir:$PWD/many.store" &&
	head -c 30000000 big >many/big &&
	git -C many devops add --spill big &&
	ls many/.git/objects/pack/*.pack >packs &&
	test "$(wc -l <packs)" -lt 50 &&
	git -C many fsck --full --strict --no-dangling &&
	test_expect_code 13 git -C many devops fsck --quick >out &&
	git -C many devops cat :big >actual &&
	head -c 30000000 big | cmp - actual &&
	rm -rf many many.store
'

test_expect_success TMPFS 'what is here stays below the limit' '
	git -C one/work config devops.cacheLimit 4m &&
	if test_have_prereq EXPENSIVE
	then
		git -C one/work config devops.cacheLimit 100m
	fi &&
	make_random one/work/second $((file_bytes / 4)) 2 &&
	git -C one/work devops add --spill=shelf second &&
	git -C one/work devops status --json >out &&
	limit=$(git -C one/work config --type=int devops.cacheLimit) &&
	disk=$(sed -n "s/.*\"disk\":\([0-9]*\).*/\1/p" out) &&
	test "$disk" -le "$limit" &&
	umount one/disk
'

test_expect_success TMPFS 'killed again and again, it goes on' '
	small_repo killed &&
	git -C killed/work devops store add shelf "dir:$PWD/shelf2" &&
	for moment in $moments
	do
		# On a fast machine it may be done by then.
		{ timeout -s KILL $moment git-devops -C killed/work add --spill . 2>/dev/null || test $? -eq 137; } || return 1
	done &&
	git -C killed/work devops add --spill . &&
	git -C killed/work commit -q -m big &&
	git -C killed/work fsck --full --strict --no-dangling &&
	same_elsewhere killed git -C elsewhere devops store add shelf "dir:$PWD/shelf2" &&
	umount killed/disk
'

test_expect_success TMPFS 'to a peer, which takes it' '
	small_repo two &&
	git init -q peer &&
	git -C peer devops init -q &&
	git -C peer remote add source "$PWD/two/work" &&
	git -C peer config devops.takeOffers true &&
	git -C two/work remote add taker "$PWD/peer" &&
	taking two peer &&
	grep "^warning: waiting for peers to take" err &&
	git -C two/work commit -q -m big &&
	git -C two/work devops whereis --json >out &&
	grep "\"copies\":1" out &&
	git -C peer devops sync &&
	same_elsewhere two git -C elsewhere remote add taker "$PWD/peer" &&
	git -C peer devops fsck &&
	umount two/disk
'

test_done
