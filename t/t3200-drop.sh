#!/bin/sh

test_description='drop: chunks go only when others are proved to have them'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# held <repo>: how many chunks are held there.
held () {
	git -C "$1" ls-tree -r --name-only refs/devops/held >held.list 2>/dev/null
	wc -l <held.list
}

# packed <repo>: bytes of chunk packs there.
packed () {
	git -C "$1" devops status --json >status.out &&
	json summary disk status.out
}

test_expect_success 'set up: two machines that have the same files' '
	large_repo one &&
	make_random one/a 500000 1 &&
	make_random one/b 400000 2 &&
	touch -d "1 hour ago" one/a one/b && # so that git status need not read them
	git -C one devops add a b &&
	git -C one commit -q -m one &&
	cp -R one/a one/b . &&
	git clone -q --no-hardlinks one two &&
	git -C two devops init -q &&
	git -C two config devops.largeFile 100k &&
	git -C one devops peer add -q two "$PWD/two" &&
	git -C two devops get &&
	total=$(held one) &&
	test "$total" -gt 4 &&
	test "$(held two)" = "$total"
'

test_expect_success 'a path goes, its file and the other path stay' '
	before=$(packed one) &&
	git -C one devops drop -n a >dry &&
	test "$(held one)" = "$total" &&
	git -C one devops drop a >out 2>err &&
	test_must_be_empty err &&
	grep "^dropped  *\([1-9][0-9]*\) of  *\1  a$" out &&
	grep "^dropped [0-9]* chunks, 488 KiB$" out &&
	grep "^would drop [0-9]* chunks, 488 KiB$" dry &&
	grep "freed$" out &&
	test "$(held one)" -lt "$total" &&
	test $(($(packed one) + 400000)) -lt "$before" &&
	cmp a one/a &&
	assert_clean one &&
	test_git_fsck one &&
	git -C one devops gc >out &&
	! grep "held now" out &&
	git -C one devops drop a >out &&
	grep "^absent  *0 of" out
'

test_expect_success 'git that reads the file again does not bring it back' '
	before=$(held one) &&
	touch one/a &&
	git -C one status --porcelain >out &&
	test_must_be_empty out &&
	test "$(held one)" = "$before" &&
	touch one/a &&
	git -C one add a &&
	test "$(held one)" = "$before" &&
	cat one/b >>one/a &&
	git -C one add a &&
	test "$(held one)" -gt "$before" &&
	git -C one devops cat :a >actual &&
	cmp one/a actual &&
	cp a one/a &&
	touch -d "1 hour ago" one/a &&
	git -C one reset -q &&
	git -C one devops drop --all-versions a &&
	git -C one devops drop --force --reason="an experiment" --unused &&
	git -C one status --porcelain >out &&
	test_must_be_empty out &&
	test "$(held one)" = "$before" &&
	git -C one devops fsck --repair >out && # from the file
	grep "chunks brought back, " out &&
	test "$(held one)" = "$total" &&
	git -C one devops drop a
'

test_expect_success 'and comes back' '
	git -C one devops get a &&
	test "$(held one)" = "$total" &&
	git -C one devops fsck
'

test_expect_success 'no proof, no drop: nobody to ask' '
	make_random two/c 300000 3 &&
	git -C two devops add c &&
	git -C two commit -q -m c &&
	git -C two remote rename origin gone &&
	git -C two remote set-url gone "$PWD/nowhere" &&
	test_expect_code 13 git -C two devops drop >out 2>err &&
	grep "^error: gone: " err &&
	grep "^error: [0-9]* chunks stay: no proof of another copy$" err &&
	grep "^kept  *0 of .*  c ([0-9]* chunks have 0 of 1 other copies)$" out &&
	grep "^dropped 0 chunks$" out &&
	test_expect_code 13 git -C two devops drop -n >out 2>err &&
	git -C two devops fsck &&
	git -C two remote remove gone &&
	test_expect_code 13 git -C two devops drop a 2>err &&
	grep "^hint: no peer and no store could be asked" err
'

test_expect_success 'part of it is elsewhere' '
	git -C two remote add one "$PWD/one" &&
	test_expect_code 13 git -C two devops drop >out 2>err &&
	grep "^dropped .*  a$" out &&
	grep "^kept .*  c " out &&
	grep "^one: has [1-9][0-9]* of [1-9][0-9]* chunks$" out &&
	grep "^error: [1-9][0-9]* chunks stay: no proof of another copy$" err &&
	git -C two devops get &&
	git -C two devops fsck
'

test_expect_success 'a peer that promises nothing is no proof' '
	cat >reader <<-EOF2 &&
	#!/bin/sh
	shift && exec git-devops serve --read-only "\$@"
	EOF2
	chmod +x reader &&
	git -C two config remote.one.devopsServe "$PWD/reader" &&
	test_expect_code 13 git -C two devops drop a >out &&
	grep "^kept" out &&
	git -C two config --unset remote.one.devopsServe
'

test_expect_success 'numCopies: two other copies, of which a store is one' '
	git -C two config devops.numCopies 2 &&
	test_expect_code 13 git -C two devops drop a >out 2>err &&
	grep "(.* chunks have 1 of 2 other copies)" out &&
	grep "no proof of 2 other copies" err &&
	git -C two devops store add -q shelf "dir:$PWD/shelf" &&
	git -C two devops copy -q --to=shelf -- a &&
	git -C two remote add again "$PWD/one" &&
	git -C two devops drop a >out &&
	grep "^dropped" out &&
	git -C two devops get a &&
	git -C two devops store remove -q shelf &&
	test_expect_code 13 git -C two devops drop a >out &&
	grep "1 of 2 other copies" out &&
	git -C two remote remove again &&
	for n in 0 -1 x
	do
		test_must_fail git -C two -c devops.numCopies=$n devops drop a || return 1
	done &&
	git -C two config --unset devops.numCopies
'

test_expect_success 'what another file needs stays' '
	cp -R one three &&
	git -C three remote add one "$PWD/one" &&
	cp three/a three/copy &&
	make_random tail 100000 9 &&
	cat tail >>three/copy &&
	git -C three devops add copy &&
	git -C three commit -q -m copy &&
	git -C three devops drop -n a >out &&
	grep "chunks, [0-9]* KiB, stay because other files need them$" out &&
	rm three/copy && cp three/a three/copy &&
	git -C three devops add copy &&
	git -C three devops drop a >out &&
	grep "^shared  *0 of .*  a$" out &&
	grep "^dropped 0 chunks; " out &&
	git -C three devops drop a copy --json >out &&
	test "$(json drop refused shared forced out)" = "0 0 false" &&
	json file path dropped refused out >actual &&
	grep "^a [1-9][0-9]* 0$" actual &&
	grep "^copy [1-9][0-9]* 0$" actual &&
	json asked name denied out >actual &&
	grep "^one 0$" actual
'

test_expect_success 'an old version' '
	git clone -q --no-hardlinks one four &&
	git -C four devops init -q &&
	git -C four config devops.largeFile 100k &&
	git -C four devops get &&
	git -C four devops checkout -q &&
	git -C four tag old &&
	cat tail >>four/b &&
	git -C four devops add b &&
	git -C four commit -q -m new &&
	git -C four devops drop old -- b >out &&
	grep "^dropped  *[1-9].*  b$" out &&
	grep "stay because other files need them$" out &&
	git -C four devops cat HEAD:b >actual &&
	cmp four/b actual &&
	git -C four -c devops.autoGet=false devops cat HEAD:a >actual &&
	cmp a actual
'

test_expect_success '--all-versions' '
	git clone -q --no-hardlinks one five &&
	git -C five devops init -q &&
	git -C five config devops.largeFile 100k &&
	git -C five devops get &&
	git -C five devops checkout -q &&
	git -C five devops store add -q backup "dir:$PWD/backup" &&
	for n in 1 2
	do
		cat tail >>five/b &&
		git -C five devops add b &&
		git -C five commit -q -m "b $n" || return 1
	done &&
	mv five/b five/moved &&
	git -C five rm -q b &&
	git -C five devops add moved &&
	git -C five commit -q -m moved &&
	git -C five devops copy -q --to=backup --all-versions &&
	all=$(held five) &&
	test_expect_code 129 git -C five devops drop --all-versions --unused &&
	test_expect_code 129 git -C five devops drop --all-versions HEAD -- b &&
	test_expect_code 129 git -C five devops drop --all-versions --force &&
	test_must_fail git -C five devops drop --all-versions nothing 2>err &&
	grep "^fatal: no version of a large file matches nothing$" err &&

	# What the file under its new name has in common with them stays.
	git -C five devops drop -n --all-versions --json b >out &&
	json file path out >actual &&
	printf "b\nb\nb\n" >expect &&
	test_cmp expect actual &&
	test "$(json drop refused dryRun out)" = "0 true" &&
	git -C five devops drop --all-versions b >out &&
	grep "stay because other files need them" out &&
	git -C five -c devops.autoGet=false devops cat HEAD:moved >actual &&
	cmp five/moved actual &&
	test "$(held five)" -lt "$all" &&

	git -C five devops drop --all-versions >out &&
	grep "^dropped [1-9][0-9]* chunks" out &&
	test "$(held five)" = 0 &&
	git -C five devops get --all-versions &&
	test "$(held five)" = "$all" &&
	git -C five devops fsck &&

	mv backup away &&
	test_expect_code 13 git -C five devops drop --all-versions 2>err &&
	grep "^error: [1-9][0-9]* chunks stay: no proof of another copy$" err &&
	git -C five devops cat HEAD:moved >actual &&
	cmp five/moved actual &&
	mv away backup
'

test_expect_success '--unused' '
	git -C four devops drop --unused >out &&
	echo "dropped 0 chunks" >expect &&
	test_cmp expect out &&
	make_random four/unused 300000 7 &&
	git -C four devops add unused &&
	before=$(held four) &&
	git -C four rm -q --cached unused &&
	test_expect_code 13 git -C four devops drop --unused &&
	test_expect_code 129 git -C four devops drop --unused a &&
	test_expect_code 129 git -C four devops drop --unused old &&
	test "$(held four)" = "$before" &&
	git -C four devops drop --unused --force --reason="an experiment" &&
	test "$(held four)" -lt "$before" &&
	git -C four devops fsck
'

test_expect_success '--force needs a reason, which is recorded' '
	test_expect_code 129 git -C two devops drop --force c &&
	test_expect_code 129 git -C two devops drop --reason=x c &&
	test_expect_code 129 git -C two devops drop --force --reason="" c &&
	test_expect_code 129 git -C two devops drop --force --reason="a
b" c &&
	test_expect_code 129 git -C two devops drop --force --reason=x &&
	test_must_fail cat two/.git/devops/log &&
	git -C two devops drop --force --reason="no \"longer\" needed" c >out &&
	grep "^dropped .*  c$" out &&
	grep "^[-0-9]*T[0-9:]*Z \"[^ ]*\" drop [0-9]* \"no ..longer.. needed\"$" two/.git/devops/log &&
	test_expect_code 13 git -C two devops cat :c >/dev/null &&
	git -C two devops fsck --repair && # from the file
	git -C two devops cat :c >actual &&
	cmp two/c actual
'

test_expect_success 'what was promised to another is not dropped, by force neither' '
	mkdir -p one/.git/devops/locks &&
	id=$(git -C one ls-tree -r --format="%(objectname)" refs/devops/held | sed -n 1p) &&
	printf "git-devops lock 1\nboot %s\nend 9000000000000000000\nfor 600000000000\nchunks 1\n\n%s\n" \
		"$(cat /proc/sys/kernel/random/boot_id)" "$id" \
		>one/.git/devops/locks/lock-000102030405060708090a0b0c0d0e0f &&
	test_expect_code 11 git -C one devops drop --no-gc --force --reason=x . 2>err &&
	grep "^fatal: 1 chunks stay: promised to a machine that is dropping them, for " err &&
	test "$(held one)" = 1 &&
	rm one/.git/devops/locks/lock-* &&
	git -C one devops get &&
	git -C one devops fsck
'

test_expect_success 'a damaged lock stops drops and gc, and says where it is' '
	echo x >one/.git/devops/locks/intent-000102030405060708090a0b0c0d0e0f &&
	test_expect_code 13 git -C one devops drop a 2>err &&
	grep "one/.git/devops/locks/intent-0001" err &&
	test_expect_code 13 git -C one devops gc &&
	rm one/.git/devops/locks/intent-* &&
	git -C one devops gc
'

test_expect_success 'machines that drop the same at once: one keeps it' '
	for repo in one two
	do
		git -C $repo devops get -q || return 1
	done &&
	for i in 1 2 3 4 5
	do
		git -C one devops drop -q a b >/dev/null 2>&1 &
		first=$! &&
		git -C two devops drop -q a b >/dev/null 2>&1 &
		second=$! &&
		{ wait $first; echo $? >status.one; wait $second; echo $? >status.two; } &&
		grep -x "0\|13" status.one && grep -x "0\|13" status.two &&
		git -C one devops get -q && git -C two devops get -q a b &&
		git -C one devops fsck -q &&
		git -C two devops fsck -q || return 1
	done
'

test_done
