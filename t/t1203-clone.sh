#!/bin/sh

test_description='git clone, with and without chunks'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# assert_manifests: what lies in the work tree are manifests.
assert_manifests () {
	for file in one two sub/three
	do
		head -n 1 $file >../first && grep "^git-devops manifest 1$" ../first || return 1
	done
}

test_expect_success 'set up' '
	git config --global devops.autoGet false &&
	large_repo repo &&
	cd repo &&
	make_random one 500000 1 &&
	make_text two 500000 2 &&
	mkdir sub &&
	make_random sub/three 400000 3 &&
	chmod +x sub/three &&
	echo small >small &&
	git devops add . &&
	git commit -q -m one &&
	sha256sum one two sub/three small >../sums &&
	cd ..
'

test_expect_success 'a clone has no chunks, and no ref to them' '
	git clone -q "file://$PWD/repo" clone &&
	cd clone &&
	assert_manifests &&
	git for-each-ref refs/devops >../out &&
	test_must_be_empty ../out &&
	git count-objects -v >../out &&
	test $(sed -n "s/^size-pack: //p" ../out) -lt 20 &&
	test_git_fsck &&
	assert_clean
'

test_expect_success 'before init it says what to do' '
	test_expect_code 10 git devops checkout 2>../err &&
	grep "^hint: run .git devops init. in it once$" ../err
'

test_expect_success 'after init the manifests are still no change' '
	git devops init -q &&
	assert_clean &&
	touch one two sub/three &&
	assert_clean &&
	git devops status >../out &&
	grep "^manifest *absent *488 KiB  one$" ../out &&
	grep "^manifest *absent *391 KiB  sub/three$" ../out &&
	git devops ls --json >../out &&
	json file path held ../out >../actual &&
	printf "%s absent\n" one sub/three two >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'checkout names each, leaves the manifests, exits with 13' '
	test_expect_code 13 git devops checkout 2>../err &&
	grep "^error: one: .*object [0-9a-f]\{40\} is missing$" ../err &&
	grep "^error: two: " ../err &&
	grep "^error: sub/three: " ../err &&
	grep "^error: 3 of 3 large files not written$" ../err &&
	assert_manifests &&
	assert_clean
'

test_expect_success 'git checkout warns and leaves the manifests' '
	rm one &&
	git checkout -q -- one 2>../err &&
	grep "^warning: one: manifest left in place: .*missing$" ../err &&
	assert_manifests &&
	assert_clean
'

test_expect_success 'adding what is absent keeps it as it is' '
	touch one &&
	git devops add . &&
	git add --renormalize . &&
	git diff --cached --exit-code &&
	assert_clean
'

test_expect_success 'cat and fsck say what is missing' '
	test_expect_code 13 git devops cat one >../content 2>../err &&
	test_must_be_empty ../content &&
	grep "^error: one: .*is missing$" ../err &&
	test_expect_code 13 git devops fsck >../out 2>../err &&
	grep "^absent chunk [0-9a-f]\{40\}: " ../out &&
	grep "^lost refs/heads/main:sub/three: " ../out &&
	grep "^lost refs/remotes/origin/main:one: " ../out &&
	grep "^lost :two: " ../out &&
	grep "^error: 0 damaged and [1-9][0-9]* absent; 3 large files cannot be materialised$" ../err &&
	test_expect_code 13 git devops fsck --quick >../quick 2>../err &&
	test_expect_code 13 git devops fsck --json >../out 2>../err &&
	json summary files damaged ../out >../actual &&
	echo "3 0" >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'one file is held partly' '
	git config devops.largeFile 100k &&
	head -c 300000 ../repo/one >part &&
	git devops add part &&
	git devops status >../out &&
	grep "^manifest *partly *488 KiB  one$" ../out &&
	test_expect_code 13 git devops checkout one &&
	git devops status --json >../out &&
	json file path held chunks heldChunks ../out >../actual &&
	grep "^one partly " ../actual &&
	git rm -q -f --cached part &&
	rm part &&
	git reset -q --hard
'

test_expect_success 'some files can be written: exit 3, and they are' '
	cp ../repo/two two-copy &&
	git devops add two-copy &&
	test_expect_code 3 git devops checkout 2>../err &&
	grep "^error: 2 of 3 large files not written$" ../err &&
	cmp two ../repo/two &&
	test_expect_code 13 git devops checkout --force --json -- one sub/three two-copy >../out 2>../err &&
	json checkout path written ../out >../lines &&
	sort ../lines >../actual &&
	printf "%s false\n" one sub/three >../expect &&
	test_cmp ../expect ../actual &&
	git reset -q --hard
'

test_expect_success 'with the chunks fetched, everything is there bit for bit' '
	fetch_chunks . &&
	git devops status >../out &&
	grep "^manifest *held *488 KiB  one$" ../out &&
	git devops checkout &&
	sha256sum --quiet -c ../sums &&
	assert_mode 755 sub/three &&
	assert_clean &&
	git devops fsck &&
	test_git_fsck &&
	git gc -q --prune=now &&
	git devops gc &&
	git devops fsck
'

test_expect_success 'what is added there goes on from it' '
	printf more >>one &&
	git devops add --json one >../out &&
	json add stored ../out >../actual &&
	test $(cat ../actual) -lt 300000 &&
	git commit -q -m more &&
	git devops fsck &&
	test_git_fsck &&
	cd ..
'

test_expect_success 'a local clone with hard links has the chunks already' '
	git clone -q repo linked &&
	cd linked &&
	assert_manifests &&
	git devops init >../out &&
	grep "^[1-9][0-9]* chunks that came with the clone are held now$" ../out &&
	assert_held HEAD:one &&
	git devops checkout &&
	sha256sum --quiet -c ../sums &&
	assert_clean &&
	git gc -q --prune=now &&
	git repack -adq &&
	git devops fsck &&
	test_git_fsck &&
	git devops init >../out &&
	test_must_be_empty ../out &&
	cd ..
'

test_expect_success 'a shared clone uses the chunks of the other' '
	git clone -q --shared repo shared &&
	cd shared &&
	git devops init -q &&
	git devops checkout &&
	sha256sum --quiet -c ../sums &&
	assert_clean &&
	git devops fsck &&
	cd ..
'

test_expect_success 'the filter in the person'\''s own configuration makes clone complete' '
	rm -rf global &&
	git -C repo config --local --get-regexp "^(filter|diff|merge)\.devops\." >settings &&
	while read -r key value
	do
		git config --global "$key" "$value" || return 1
	done <settings &&
	git clone -q repo global 2>err &&
	(cd global && sha256sum --quiet -c ../sums && assert_clean) &&
	git config --global --remove-section filter.devops &&
	git config --global --remove-section diff.devops &&
	git config --global --remove-section merge.devops
'

test_expect_success 'a bare clone, and from there' '
	git clone -q --bare "file://$PWD/repo" bare.git &&
	git -C bare.git fetch -q origin refs/devops/held:refs/devops/held &&
	git -C bare.git devops fsck &&
	git -C bare.git devops ls HEAD >out &&
	grep "  sub/three$" out &&
	git -C bare.git devops cat HEAD:sub/three >content &&
	cmp content repo/sub/three &&
	test_expect_code 128 git -C bare.git devops checkout 2>err &&
	grep "^fatal: this operation must be run in a work tree$" err &&
	test_expect_code 128 git -C bare.git devops add x 2>err &&
	grep "^fatal: this operation must be run in a work tree$" err &&
	git -C bare.git devops gc &&
	clone_without_chunks bare.git again &&
	fetch_chunks again &&
	cd again &&
	git devops checkout &&
	sha256sum --quiet -c ../sums &&
	assert_clean &&
	cd ..
'

test_expect_success 'git push carries the manifests; the held set can be pushed like any ref' '
	git init -q --bare hub.git &&
	git -C repo push -q ../hub.git main &&
	git -C repo push -q ../hub.git refs/devops/held:refs/devops/held &&
	git -C hub.git fsck --full --strict &&
	clone_without_chunks hub.git from-hub &&
	fetch_chunks from-hub &&
	(cd from-hub && git devops checkout && sha256sum --quiet -c ../sums)
'

test_expect_success 'a shallow clone' '
	git clone -q --depth 1 "file://$PWD/repo" shallow &&
	git devops init -q shallow &&
	fetch_chunks shallow &&
	(cd shallow && git devops checkout && sha256sum --quiet -c ../sums && assert_clean && git devops fsck)
'

test_expect_success 'with devops.autoGet a clone gets what it needs by itself' '
	git config --global devops.autoGet true &&
	cd "$SHARNESS_TRASH_DIRECTORY" &&
	git clone -q "file://$PWD/repo" whole &&
	cd whole &&
	git devops init -q &&
	git devops checkout &&
	sha256sum -c ../sums &&
	git clone -q "file://$PWD/../repo" ../filtered &&
	cd ../filtered &&
	git devops init -q &&
	rm one two sub/three &&
	git checkout -- . &&
	sha256sum -c ../sums &&
	assert_clean
'

test_done
