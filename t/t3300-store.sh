#!/bin/sh

test_description='stores: directories that keep chunks

A store is known by its mark; a disk on the shelf is a normal state; what is on
a full or vanished disk is whole; nothing is given up without another copy.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# in_repo <command>...: git devops in the repository.
in_repo () {
	git -C repo devops "$@"
}

# bodies <dir>: how many chunks lie there.
bodies () {
	find "$1" -path "*/objects/*" -type f >list &&
	wc -l <list
}

test_expect_success 'set up' '
	large_repo repo &&
	make_random repo/a.bin 1000000 1 &&
	make_text repo/b.log 900000 2 &&
	cp repo/a.bin a && cp repo/b.log b &&
	in_repo add a.bin b.log &&
	git -C repo commit -q -m files &&
	manifest_chunks_of () { (cd repo && manifest_chunks "$1"); }
'

test_expect_success 'add makes a store, relative to where one is' '
	mkdir -p disks &&
	in_repo store add --json disk dir:../disks/one >out &&
	test "$(json added name created sealed chunks out)" = "disk true false 0" &&
	test "$(git -C repo config devops.store.disk.url)" = "dir:$(pwd -P)/disks/one" &&
	grep "^id $(git -C repo config devops.store.disk.id)$" disks/one/git-devops-store
'

test_expect_success 'copy --to, a path, then all, then nothing' '
	in_repo copy -n --to=disk --json a.bin >out &&
	test "$(json copy dryRun out)" = true &&
	test "$(bodies disks/one)" = 0 &&
	in_repo copy --to=disk --json a.bin >out &&
	manifest_chunks_of :a.bin >ids &&
	test "$(json copy store chunks there absent out)" = "disk $(wc -l <ids) 0 0" &&
	in_repo copy --to=disk &&
	held=$(cd repo && held_chunks | wc -l) &&
	test "$(bodies disks/one)" = "$held" &&
	in_repo copy --to=disk --json >out &&
	test "$(json copy chunks there out)" = "0 $held" &&
	in_repo store check --read --json >out &&
	test "$(json store name state chunks out)" = "disk there $held"
'

test_expect_success 'git reads the disk' '
	git init -q other &&
	echo "$(pwd -P)/disks/one/objects" >other/.git/objects/info/alternates &&
	git -C other fsck --full --strict &&
	id=$(manifest_chunks_of :a.bin | head -n 1) &&
	git -C other cat-file -e "$id"
'

test_expect_success 'another machine recognises the disk and copies from it' '
	clone_without_chunks repo clone &&
	rm -f clone/a.bin clone/b.log &&
	git -C clone devops store add --json d dir:../disks/one >out &&
	test "$(json added created out)" = false &&
	git -C clone devops copy --from=d -- a.bin &&
	git -C clone devops checkout -- a.bin &&
	assert_same clone/a.bin a &&
	git -C clone devops copy --from=d HEAD &&
	git -C clone devops checkout &&
	assert_same clone/b.log b &&
	test_git_fsck clone
'

test_expect_success 'on the shelf: list tells what it had, use says so' '
	mv disks/one disks/shelf &&
	in_repo store list --json >out &&
	test "$(json store name state chunks out)" = "disk offline $(cd repo && held_chunks | wc -l)" &&
	in_repo store list >out &&
	grep "^disk .*offline .*dir:" out &&
	test_expect_code 128 git -C repo devops copy --to=disk 2>err &&
	grep "^fatal: store .disk.: .* is offline" err &&
	grep "^hint: connect the store" err &&
	test_expect_code 1 git -C repo devops store check disk 2>err &&
	grep "is offline" err
'

test_expect_success 'another disk in its place is not used' '
	git -C clone devops store add two dir:../disks/one &&
	in_repo store list --json >out &&
	test "$(json store state out)" = another &&
	test_expect_code 128 git -C repo devops copy --to=disk 2>err &&
	grep "is another store" err &&
	test "$(bodies disks/one)" = 0 &&
	rm -r disks/one && mv disks/shelf disks/one &&
	in_repo store check disk
'

test_expect_success 'bad names and URLs' '
	for url in x dir: ftp://host/x s3:https://key:s3cret@host/bucket s3:https://host
	do
		test_expect_code 129 git -C repo devops store add bad "$url" 2>err &&
		! grep s3cret err || return 1
	done &&
	test_expect_code 129 git -C repo devops store add -- -x dir:x 2>err &&
	test_expect_code 129 git -C repo devops copy --to=disk --from=disk 2>err &&
	test_expect_code 129 git -C repo devops copy 2>err &&
	test_expect_code 128 git -C repo devops copy --to=none 2>err &&
	grep "no such store: .none." err
'

test_expect_success 'move --to drops here what the store has' '
	in_repo move --to=disk --json a.bin >out &&
	test "$(json move kept out)" = 0 &&
	(cd repo && refute_held :a.bin && assert_held :b.log) &&
	in_repo gc &&
	test_git_fsck repo &&
	rm repo/a.bin &&
	test_expect_code 13 git -C repo -c devops.autoGet=false devops checkout &&
	in_repo copy --from=disk &&
	in_repo checkout &&
	assert_same repo/a.bin a
'

test_expect_success 'move --to with numCopies 2 keeps what has one other copy' '
	git -C repo config devops.numCopies 2 &&
	test_expect_code 13 git -C repo devops move --to=disk a.bin 2>err &&
	grep "stay here" err &&
	(cd repo && assert_held :a.bin) &&
	test_expect_code 13 git -C repo devops move --from=disk a.bin 2>err &&
	grep "stay in store" err &&
	test "$(bodies disks/one)" = "$(cd repo && held_chunks | wc -l)" &&
	git -C repo config --unset devops.numCopies
'

test_expect_success 'with numCopies 2 a peer is the other copy, a second name is none' '
	git clone -q --no-local repo peer &&
	git -C peer devops init -q &&
	git -C repo devops peer add -q peer "$PWD/peer" &&
	in_repo store add -q same dir:../disks/one &&
	git -C repo config devops.numCopies 2 &&
	test_expect_code 13 git -C repo devops move --to=disk a.bin 2>err &&
	test_expect_code 13 git -C repo devops drop a.bin >out &&
	grep "have 1 of 2 other copies" out &&
	test_expect_code 13 git -C repo devops drop -n a.bin >out &&
	grep "have 1 of 2 other copies" out &&
	in_repo store remove same &&
	git -C peer devops get &&
	in_repo move --to=disk a.bin &&
	(cd repo && refute_held :a.bin) &&
	in_repo copy --from=disk a.bin &&
	in_repo move --from=disk --json a.bin >out &&
	test "$(json move kept out)" = 0 &&
	in_repo copy --to=disk &&
	git -C repo config --unset devops.numCopies &&
	in_repo peer remove -q peer
'

test_expect_success 'move --from deletes in the store what is held here' '
	in_repo move --to=disk b.log &&
	in_repo move --from=disk &&
	test "$(bodies disks/one)" = 0 &&
	(cd repo && assert_held :a.bin && assert_held :b.log) &&
	in_repo store list --json >out &&
	test "$(json store chunks out)" = 0
'

test_expect_success 'a damaged chunk is found, and never copied' '
	in_repo copy --to=disk &&
	id=$(manifest_chunks_of :a.bin | head -n 1) &&
	body=disks/one/objects/$(echo "$id" | sed "s/^../&\//") &&
	chmod u+w "$body" && printf x | dd of="$body" bs=1 seek=1000 conv=notrunc 2>/dev/null &&
	in_repo store check &&
	test_expect_code 13 git -C repo devops store check --read 2>err &&
	grep "$id is corrupt" err &&
	rm -rf clone && clone_without_chunks repo clone &&
	git -C clone devops store add d dir:../disks/one &&
	test_expect_code 3 git -C clone devops copy --from=d 2>err &&
	grep "a.bin.*missing or damaged" err &&
	(cd clone && held_chunks) >held &&
	! grep "$id" held &&
	in_repo store check --repair --json >out &&
	test "$(json repair store chunks deleted kept out)" = "disk 1 0 0" &&
	test "$(json store damaged out)" = null &&
	in_repo store check --read
'

# damage <store> <id>: another byte in the middle of what it has.
damage () {
	body=$1/objects/$(echo "$2" | sed "s/^../&\//") &&
	chmod u+w "$body" && printf x | dd of="$body" bs=1 seek=1000 conv=notrunc 2>/dev/null
}

test_expect_success 'what is damaged and nowhere else stays, and is named' '
	clone_without_chunks repo alone &&
	rm -f alone/a.bin alone/b.log &&
	git -C alone remote remove origin &&
	git -C alone devops store add -q disk dir:../disks/one &&
	id=$(manifest_chunks_of :a.bin | head -n 1) &&
	damage disks/one "$id" &&
	cp "$body" damaged &&
	test_expect_code 129 git -C alone devops store check --force --reason=x disk &&
	test_expect_code 129 git -C alone devops store check --repair --force disk &&
	test_expect_code 13 git -C alone devops store check --repair >out 2>err &&
	grep "^error: .*$id is corrupt" err &&
	grep "^hint: connect a peer" err &&
	grep "^store .disk.: 0 damaged chunks replaced, 0 B; 1 kept, as no good copy is at hand$" out &&
	cmp damaged "$body" &&
	git -C alone devops store check --repair --force --reason="the disk of 2019" --json >out &&
	test "$(json repair chunks deleted kept out)" = "0 1 0" &&
	test_path_is_missing "$body" &&
	grep " delete 1 \"the disk of 2019\"$" alone/.git/devops/log &&
	in_repo copy --to=disk
'

test_expect_success 'good copies come from peers and other stores' '
	in_repo store add -q second dir:../disks/second &&
	in_repo copy -q --to=second &&
	git -C alone devops store add -q second dir:../disks/second &&
	git -C alone devops store add -q again dir:../disks/one &&
	damage disks/one "$id" &&
	git -C alone devops store check --repair disk --json >out &&
	test "$(json repair chunks kept out)" = "1 0" &&
	damage disks/one "$id" &&
	damage disks/second "$id" &&
	git -C alone remote add repo "$PWD/repo" &&
	git -C alone devops store check --repair disk second &&
	git -C alone devops store check --read &&
	in_repo store remove second
'

test_expect_success ROOT,TMPFS 'a full disk' '
	mkdir disks/full &&
	mount -t tmpfs -o size=1m tmpfs disks/full &&
	test_when_finished "umount -l \"$(pwd -P)/disks/full\"" &&
	in_repo store add full dir:../disks/full &&
	test_expect_code 128 git -C repo devops copy --to=full 2>err &&
	grep "is full" err &&
	grep "no space left on device" err &&
	in_repo store check --read full &&
	mount -o remount,size=16m disks/full &&
	in_repo copy --to=full &&
	in_repo store check --read --json full >out &&
	test "$(json store chunks out)" = "$(cd repo && held_chunks | wc -l)" &&
	test -z "$(ls disks/full/tmp)"
'

test_expect_success ROOT,TMPFS,STRACE 'unmounted half-way' '
	mkdir disks/gone &&
	mount -t tmpfs tmpfs disks/gone &&
	in_repo store add gone dir:../disks/gone &&
	{ (
		cd repo &&
		strace -f -qq -o /dev/null -e trace=renameat,renameat2 -e inject=renameat,renameat2:delay_enter=150000 \
			git-devops copy --to=gone >../out 2>../err
		echo $? >../status
	) & } &&
	for i in $(seq 200)
	do
		test -n "$(ls disks/gone/objects 2>/dev/null)" && break
		sleep 0.05
	done &&
	umount -l disks/gone &&
	wait &&
	test "$(cat status)" = 128 &&
	grep "is offline: it has vanished" err &&
	test -z "$(ls -A disks/gone)" &&
	in_repo store list --json >out &&
	json store name state out >states &&
	grep "^gone offline$" states
'

test_expect_success 'sealed: nothing in the clear, nothing without keys' '
	ssh-keygen -q -t ed25519 -N "" -f key &&
	in_repo store add --recipient="$(cat key.pub)" sealed dir:../disks/sealed &&
	in_repo copy --to=sealed &&
	find disks/sealed -name "*.age" >list &&
	test $(wc -l <list) = $(cd repo && held_chunks | wc -l) &&
	head -c 30 b >clear &&
	! grep -r -F -f clear disks/sealed &&
	rm -rf clone && clone_without_chunks repo clone &&
	git -C clone devops store add s dir:../disks/sealed 2>err &&
	grep "warning: .*no recipient" err &&
	test_must_fail git -C clone devops copy --from=s 2>err &&
	grep "no identity" err &&
	test_expect_code 13 git -C clone devops store check --repair --force --reason=x s >out 2>err &&
	grep "; [1-9][0-9]* kept, as" out &&
	test "$(bodies disks/sealed)" = "$(cd repo && held_chunks | wc -l)" &&
	git -C clone config devops.identity "$(pwd -P)/key" &&
	git -C clone devops copy --from=s &&
	git -C clone devops checkout &&
	assert_same clone/a.bin a &&
	git -C clone config devops.largeFile 100k &&
	make_random clone/new.bin 200000 9 && git -C clone devops add new.bin &&
	test_expect_code 128 git -C clone devops copy --to=s 2>err &&
	grep "no recipient" err
'

test_expect_success 'a plain store is not sealed afterwards, nor the other way' '
	test_expect_code 128 git -C repo devops store add --recipient="$(cat key.pub)" disk dir:../disks/one 2>err &&
	grep "is a plain store" err &&
	sed "s/sealed/plain/" disks/sealed/git-devops-store >mark &&
	mv -f mark disks/sealed/git-devops-store &&
	test_expect_code 128 git -C repo devops copy --to=sealed 2>err &&
	grep "is a plain store, and recipients" err
'

test_expect_success 'remove leaves the disk alone' '
	in_repo store remove disk &&
	test_must_fail git -C repo config --get-regexp "^devops\.store\.disk\." &&
	test "$(bodies disks/one)" -gt 0 &&
	test_expect_code 128 git -C repo devops store remove disk
'

test_expect_success FAULTS 'killed at each call of a copy: the next one goes on' '
	large_repo little &&
	make_random little/x.bin 300000 5 &&
	git -C little devops add x.bin && git -C little commit -q -m x &&
	git -C little devops store add d dir:../disk2 &&
	crash_points \
		"rm -rf disk2/objects disk2/tmp little/.git/devops/known" \
		"git -C little devops copy --to=d && git -C little devops store check --read d && test -z \"\$(ls disk2/tmp)\"" \
		git -C little devops copy --to=d
'

test_done
