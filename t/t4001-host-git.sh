#!/bin/sh

test_description='commit, log, show, rm and diff on a host'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# The repository is the host's, wherever a test is.
GIT_DEVOPS_REPO=$PWD/root/var/repo
export GIT_DEVOPS_REPO

# stage <path>...: enter files of the root in the index, as git does.
stage () {
	git --git-dir="$GIT_DEVOPS_REPO" -C root update-index --add -- "$@"
}

# stage_mtree <line>...: replace .devops/mtree in the index.
stage_mtree () {
	local id &&
	id=$({
		printf "%s\n" "#mtree" &&
		printf "%s\n" "$@"
	} | git --git-dir="$GIT_DEVOPS_REPO" hash-object -w --stdin) &&
	git --git-dir="$GIT_DEVOPS_REPO" update-index --add --cacheinfo "100644,$id,.devops/mtree" &&
	git --git-dir="$GIT_DEVOPS_REPO" update-index --skip-worktree .devops/mtree
}

in_repo () {
	git --git-dir="$GIT_DEVOPS_REPO" "$@"
}

applied () {
	in_repo rev-parse -q --verify refs/devops/applied
}

test_expect_success 'set up a host' '
	mkdir -p root/etc/conf.d root/var elsewhere &&
	echo hello >root/etc/motd &&
	echo one >root/etc/conf.d/one &&
	echo two >root/etc/conf.d/two &&
	make_random root/image 3000000 1 &&
	ln -s motd root/etc/link &&
	git devops init -q --host --type web --root root
'

test_expect_success 'commit: the first one counts as applied' '
	stage etc/motd etc/conf.d/one etc/conf.d/two etc/link &&
	(
		cd elsewhere &&
		git devops commit -q -m "first words" --author "Ada <a@b>" >../out 2>../err
	) &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	in_repo log -1 --format="%s %an" >actual &&
	echo "first words Ada" >expect &&
	test_cmp expect actual &&
	in_repo rev-parse HEAD >expect &&
	applied >actual &&
	test_cmp expect actual
'

test_expect_success 'the exit code and the words are git'\''s' '
	test_expect_code 1 git devops commit -m nothing >out 2>err &&
	test_must_be_empty err &&
	test_expect_code 129 git devops commit --no-such-option 2>err &&
	grep "^error: unknown option" err &&
	test_expect_code 128 git devops show absent 2>err &&
	grep "^fatal: ambiguous argument" err &&
	test_expect_code 129 git devops commit -h --amend >out 2>&1 &&
	grep "^usage: git commit" out &&
	test_expect_code 129 git devops commit -h >out &&
	grep "^usage: git devops commit" out
'

test_expect_success 'log and show, with options before and behind' '
	git devops -C elsewhere log -1 --format=%s >out &&
	echo "first words" >expect &&
	test_cmp expect out &&
	(unset GIT_DEVOPS_REPO && git devops --repo root/var/repo log --oneline -C -q -- etc/motd >../out) &&
	(unset GIT_DEVOPS_REPO && git devops -C root --repo=var/repo -q show HEAD:etc/motd >out) &&
	echo hello >expect &&
	test_cmp expect out &&
	git-devops-log -1 --format=%s -- etc/absent >out &&
	test_must_be_empty out
'

test_expect_success 'our own manual is behind help' '
	git devops help log >out &&
	grep "git-log(1) for the repository of this host" out
'

test_expect_success 'in another repository they are git'\''s as well' '
	git init -q plain &&
	(
		unset GIT_DEVOPS_REPO &&
		cd plain &&
		echo a >a &&
		git add a &&
		git devops commit -q -m plain &&
		test_must_fail git rev-parse -q --verify refs/devops/applied
	)
'

test_expect_success 'a commit upon what was not applied is not applied either' '
	applied >was &&
	in_repo commit -q --allow-empty -m elsewhere &&
	git devops commit -q --allow-empty -m more &&
	applied >actual &&
	test_cmp was actual &&
	in_repo update-ref refs/devops/applied HEAD &&
	git devops commit -q --amend -m amended --allow-empty &&
	in_repo rev-parse HEAD >expect &&
	applied >actual &&
	test_cmp expect actual
'

test_expect_success 'while an apply runs, a commit leaves what is applied to it' '
	applied >was &&
	flock root/var/repo/devops/apply.lock git devops commit -q --allow-empty -m busy 2>err &&
	grep "^warning: another process is changing this root" err &&
	applied >actual &&
	test_cmp was actual &&
	in_repo update-ref refs/devops/applied HEAD
'

test_expect_success 'diff: nothing' '
	git devops diff --exit-code >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err
'

test_expect_success ROOT 'diff: content, metadata, types, what is gone' '
	echo more >>root/etc/motd &&
	chmod 600 root/etc/motd &&
	chown 12345 root/etc/conf.d/one &&
	ln -sf elsewhere root/etc/link &&
	rm root/etc/conf.d/two &&
	test_expect_code 1 git devops diff --exit-code >out 2>err &&
	test_must_be_empty err &&
	cat >expect <<-\EOF &&
	etc/conf.d/one: owner
	    owner was root, is 12345
	etc/conf.d/two: type
	    type was file, is absent
	diff --git a/etc/conf.d/two b/etc/conf.d/two
	deleted file mode 100644
	--- a/etc/conf.d/two
	+++ /dev/null
	@@ -1 +0,0 @@
	-two
	etc/link: content
	    target was motd, is elsewhere
	etc/motd: content, mode
	    mode was 0644, is 0600
	diff --git a/etc/motd b/etc/motd
	--- a/etc/motd
	+++ b/etc/motd
	@@ -1 +1,2 @@
	 hello
	+more
	EOF
	grep -v "^index " out >actual &&
	test_cmp expect actual
'

test_expect_success ROOT 'diff: paths, from where the person is' '
	(cd root/etc && git devops diff motd) >out &&
	head -n 1 out >first &&
	echo "etc/motd: content, mode" >expect &&
	test_cmp expect first &&
	test_must_fail grep conf.d out &&
	git devops diff "$PWD/root/etc/conf.d" >out &&
	grep -c ": " out >actual &&
	echo 2 >expect &&
	test_cmp expect actual &&
	test_expect_code 128 git devops diff root/etc/absent 2>err &&
	grep "^fatal: .etc/absent. did not match any files" err &&
	test_expect_code 128 git devops diff elsewhere 2>err &&
	grep "^fatal: .$PWD/elsewhere. is not in the root $PWD/root" err
'

test_expect_success ROOT 'diff --json' '
	git devops diff --json root/etc/motd >out &&
	echo "{\"type\":\"difference\",\"path\":\"etc/motd\",\"aspects\":[\"content\",\"mode\"],\"metadata\":[{\"what\":\"mode\",\"applied\":\"0644\",\"live\":\"0600\"}]}" >expect &&
	test_cmp expect out
'

test_expect_success 'diff leaves nothing behind' '
	mkdir tmp &&
	TMPDIR=$PWD/tmp git devops diff >out &&
	ls -A tmp >left &&
	test_must_be_empty left &&
	in_repo count-objects >after &&
	git devops diff >out &&
	in_repo count-objects >actual &&
	test_cmp after actual
'

test_expect_success 'diff --staged is git'\''s' '
	stage etc/motd &&
	git devops diff --staged >out &&
	grep "^+more" out &&
	test_expect_code 1 git devops diff --staged --exit-code -- etc/motd >out &&
	git devops diff --staged --exit-code -- etc/link >out &&
	in_repo reset -q
'

test_expect_success 'diff of a large file: its ranges' '
	git devops add -q root/image &&
	git devops commit -q -m large &&
	in_repo update-ref refs/devops/applied HEAD &&
	git devops diff --exit-code root/image &&
	printf X | dd of=root/image bs=1 seek=1500000 conv=notrunc 2>/dev/null &&
	git devops diff root/image >out &&
	head -n 2 out >first &&
	printf "%s\n" "image: content" "diff --git-devops a/image b/image" >expect &&
	test_cmp expect first &&
	grep "^@@ .* changed$" out &&
	rm root/image &&
	git devops diff root/image >out &&
	grep "^+++ /dev/null" out
'

test_expect_success 'rm forgets' '
	stage etc/motd etc/conf.d/one etc/link &&
	git devops commit -q -m now &&
	in_repo update-ref refs/devops/applied HEAD &&
	git devops rm -n root/etc/link >out &&
	echo "forget etc/link" >expect &&
	test_cmp expect out &&
	in_repo ls-files --error-unmatch etc/link &&
	(cd root/etc && git devops rm link) >out &&
	test_cmp expect out &&
	test_must_fail in_repo ls-files --error-unmatch etc/link &&
	test "$(readlink root/etc/link)" = elsewhere &&
	git devops commit -q -m forget &&
	in_repo rev-parse HEAD >expect &&
	applied >actual &&
	test_cmp expect actual
'

test_expect_success 'what was forgotten while an apply ran counts after it' '
	echo 5 >root/etc/five &&
	stage etc/five &&
	git devops commit -q -m five &&
	git devops rm root/etc/five &&
	flock root/var/repo/devops/apply.lock git devops commit -q -m forget 2>err &&
	grep "^warning: another process is changing this root" err &&
	git devops apply -q &&
	test_path_is_file root/etc/five &&
	in_repo rev-parse HEAD >expect &&
	applied >actual &&
	test_cmp expect actual
'

test_expect_success 'rm: what is not managed, directories' '
	test_expect_code 128 git devops rm root/etc/link 2>err &&
	grep "^fatal: .etc/link. did not match any files" err &&
	! grep "^hint: -r " err &&
	test_expect_code 128 git devops rm root/etc/conf.d 2>err &&
	grep "^fatal: .etc/conf.d. is a directory" err &&
	grep "^hint: -r " err &&
	test_expect_code 129 git devops rm 2>err &&
	test_expect_code 128 git devops rm "$PWD/elsewhere" 2>err
'

test_expect_success 'rm --delete leaves the file to the next apply' '
	applied >was &&
	git devops rm -r --delete root/etc/conf.d >out &&
	echo "delete etc/conf.d/one" >expect &&
	grep -x "delete etc/conf.d/one" out &&
	test_path_is_file root/etc/conf.d/one &&
	git devops commit -q -m delete &&
	applied >actual &&
	test_cmp was actual &&
	git devops commit -q --allow-empty -m "and more" &&
	applied >actual &&
	test_cmp was actual
'

test_expect_success 'what was forgotten is not deleted' '
	in_repo update-ref refs/devops/applied HEAD &&
	echo 3 >root/etc/three &&
	stage etc/three &&
	git devops commit -q -m three &&
	git devops rm root/etc/motd &&
	git devops rm --delete root/etc/three &&
	test_expect_code 128 git devops rm --delete root/etc/motd 2>err &&
	grep "^fatal: .etc/motd. did not match any files" err &&
	git devops commit -q -m "one stays, one goes" &&
	git devops apply -q &&
	test_path_is_file root/etc/motd &&
	test_path_is_missing root/etc/three
'

test_expect_success 'what no host could apply is not committed' '
	in_repo rev-parse HEAD >expect &&
	in_repo ls-files -s .devops/mtree >was &&
	stage_mtree "./etc/motd colour=blue" &&
	test_expect_code 128 git devops commit -q -m bad 2>err &&
	grep "^fatal: .*: .devops/mtree, line .*colour" err &&
	grep "^hint: no host could apply this commit" err &&
	in_repo rev-parse HEAD >actual &&
	test_cmp expect actual &&
	in_repo reset -q
'

test_expect_success 'rm of one name of a hard link' '
	in_repo reset -q &&
	for name in a b c
	do
		echo shared >root/etc/$name || return 1
	done &&
	stage etc/a etc/b etc/c &&
	stage_mtree "./etc/a type=file mode=0600" \
		"./etc/b type=file hardlink=./etc/a" "./etc/c type=file hardlink=./etc/a" "./etc/pipe type=fifo" &&
	git devops commit -q -m links &&
	git devops rm root/etc/a root/etc/pipe >out &&
	in_repo show :.devops/mtree >out &&
	grep -x "./etc/a optional" out &&
	grep -x "./etc/pipe optional" out &&
	grep "^\./etc/b .*mode=0*600" out &&
	grep "^\./etc/c .*hardlink=.*etc/b" out &&
	in_repo ls-files -v .devops/mtree >out &&
	echo "S .devops/mtree" >expect &&
	test_cmp expect out
'

test_expect_success 'rm while an apply runs' '
	test_expect_code 11 flock root/var/repo/devops/apply.lock git devops rm root/etc/b 2>err &&
	grep "^fatal: another process is changing this root: $PWD/root" err
'

test_expect_success 'not on a host' '
	(
		unset GIT_DEVOPS_REPO &&
		cd plain &&
		for verb in "diff" "rm a"
		do
			test_expect_code 10 git devops $verb 2>err &&
			grep "^hint: .git devops init --host" err || return 1
		done
	)
'

test_done
