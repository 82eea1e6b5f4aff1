#!/bin/sh

test_description='chunks on a server that has git and nothing else'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"
. "$TEST_DIR/lib-ssh.sh"

# server_bytes <dir>: what the objects of a server take up.
server_bytes () {
	find "$1/objects" -type f -printf '%s\n' |
	awk '{ sum += $1 } END { print sum + 0 }'
}

# server_refs <dir>: how many manifests a server has.
server_refs () {
	git -C "$1" for-each-ref --format='%(refname)' refs/devops/ >"$SHARNESS_TRASH_DIRECTORY/.harness/refs" &&
	wc -l <"$SHARNESS_TRASH_DIRECTORY/.harness/refs"
}

test_expect_success 'set up' '
	git init -q --bare server.git &&
	git -C server.git config receive.unpackLimit 1 &&
	git devops init -q repo &&
	make_random one 67108864 1 &&
	cp one two &&
	printf "another header" | dd of=two bs=1 seek=30000000 conv=notrunc 2>/dev/null &&
	cp one repo/file &&
	(
		cd repo &&
		git devops add file &&
		test_commit first &&
		git remote add origin "file://$SHARNESS_TRASH_DIRECTORY/server.git"
	)
'

test_expect_success 'push brings the chunks' '
	git -C repo push -q origin main 2>err &&
	test_must_be_empty err &&
	test "$(server_refs server.git)" = 1 &&
	(
		cd repo &&
		manifest_chunks HEAD:file
	) >chunks &&
	git -C server.git cat-file --batch-check <chunks >checked &&
	test_must_fail grep missing checked &&
	test_git_fsck server.git &&
	test_git_fsck repo
'

test_expect_success 'of a second version only what is new' '
	before=$(server_bytes server.git) &&
	cp two repo/file &&
	(
		cd repo &&
		git devops add file &&
		test_commit second &&
		manifest_chunks HEAD~1:file >../first &&
		manifest_chunks HEAD:file >../second &&
		comm -13 ../first ../second >../new &&
		git cat-file --batch-check="%(objectsize)" <../new >../sizes &&
		git push -q origin main
	) &&
	new=$(awk "{ sum += \$1 } END { print sum }" sizes) &&
	sent=$(($(server_bytes server.git) - before)) &&
	echo "# new chunks have $new bytes, the server has $sent more" >&5 &&
	test "$new" -gt 0 &&
	test "$new" -lt 20000000 &&
	test "$sent" -lt $((new + 20000)) &&
	test "$(server_refs server.git)" = 2
'

test_expect_success 'with nothing to do it asks no server' '
	(
		cd repo &&
		echo small >small &&
		test_commit small small &&
		GIT_TRACE2_EVENT="$SHARNESS_TRASH_DIRECTORY/trace" git push -q origin main
	) &&
	test_must_fail grep ls-remote trace &&
	grep pre-push trace
'

test_expect_success 'nothing is left here, and gc keeps everything on both sides' '
	test_path_is_dir repo/.git/devops/scratch &&
	test -z "$(ls repo/.git/devops/scratch)" &&
	git -C server.git gc -q --prune=now &&
	git -C repo gc -q --prune=now &&
	git -C server.git cat-file --batch-check <chunks >checked &&
	test_must_fail grep missing checked &&
	test_git_fsck server.git &&
	test_git_fsck repo &&
	(
		cd repo &&
		git devops fsck &&
		assert_content HEAD~2:file ../one
	)
'

test_expect_success 'a clone carries no chunks' '
	clone_without_chunks server.git clone &&
	(
		cd clone &&
		refute_held HEAD:file
	)
'

test_expect_success 'a push with absent chunks is refused, and the branch stays' '
	git init -q --bare empty.git &&
	(
		cd clone &&
		git remote add empty ../empty.git &&
		test_must_fail git push empty main 2>err &&
		grep "^error: chunks are neither here nor on empty:" err &&
		grep "\"file\", manifest $(git rev-parse HEAD:file)" err &&
		grep "^hint: " err &&
		test_expect_code 13 git devops pre-push --all empty
	) &&
	git -C empty.git for-each-ref >refs &&
	test_must_be_empty refs &&
	test_git_fsck clone
'

test_expect_success 'what the server has need not be here' '
	(
		cd clone &&
		git mv file moved &&
		test_commit moved &&
		git push -q origin main &&
		git push -q origin main:refs/heads/again
	)
'

test_expect_success 'a push without the hook, and what makes up for it' '
	git -C repo push -q --no-verify ../empty.git main &&
	test "$(server_refs empty.git)" = 0 &&
	git -C repo devops pre-push --all ../empty.git >out &&
	grep "^chunks of 2 large files to ../empty.git: [0-9]* sent, " out &&
	test "$(server_refs empty.git)" = 2 &&
	git -C repo devops pre-push --all --json ../empty.git >out &&
	echo "0 0" >expect &&
	json pushed manifests bytes out >actual &&
	test_cmp expect actual
'

test_expect_success 'a server may be spared the chunks' '
	git init -q --bare spared.git &&
	(
		cd repo &&
		git remote add spared ../spared.git &&
		git config remote.spared.devopsChunks false &&
		git push -q spared main
	) &&
	test "$(server_refs spared.git)" = 0
'

test_expect_success 'branches that go, and tags' '
	(
		cd repo &&
		git tag -a -m tag v1 HEAD~2 &&
		git push -q origin v1 main:other &&
		git push -q origin :other
	) &&
	git -C server.git rev-parse -q --verify v1
'

test_expect_success 'a killed push is resumed' '
	git init -q --bare slow.git &&
	large_repo many &&
	(
		cd many &&
		for i in 1 2 3
		do
			make_random file$i 3000000 $i &&
			git devops add file$i || return 1
		done &&
		test_commit three &&
		git remote add origin ../slow.git
	) &&
	# The server stops when it has all, before it moves the refs.
	printf "#!/bin/sh\necho here >>../started\nexec sleep 100\n" >slow.git/hooks/pre-receive &&
	chmod 755 slow.git/hooks/pre-receive &&
	: >started &&
	test_expect_code 137 interrupted KILL started git -C many push -q origin main &&
	test "$(server_refs slow.git)" = 0 &&
	test -n "$(ls many/.git/devops/scratch)" &&
	rm slow.git/hooks/pre-receive &&
	test_git_fsck many &&
	git -C many gc -q --prune=now &&
	git -C many push -q origin main &&
	test -z "$(ls many/.git/devops/scratch)" &&
	test "$(server_refs slow.git)" = 3 &&
	test_git_fsck many &&
	test_git_fsck slow.git
'

test_expect_success SSHD 'a server behind ssh, without git-devops' '
	SSHD_PATH=/usr/bin:/bin start_sshd far &&
	git init -q --bare far.git &&
	test_expect_code 127 ssh far git-devops version &&
	url="far:$SHARNESS_TRASH_DIRECTORY/far.git" &&
	git -C many remote add far "$url" &&
	git -C many push -q far main &&
	test "$(server_refs far.git)" = 3 &&
	git clone -q "$url" near &&
	git -C near devops init -q &&
	git -C far.git gc -q --prune=now &&
	test_git_fsck far.git &&
	(
		cd near &&
		git mv file1 moved &&
		test_commit moved &&
		git push -q origin main
	)
'

test_expect_success 'the hook of init, and taking it back' '
	git init -q hooked &&
	git devops init hooked >out &&
	grep "^hook   .*/hooks/pre-push (" out &&
	test -x hooked/.git/hooks/pre-push &&
	git devops init hooked >out &&
	test_must_be_empty out &&
	git devops init --uninstall -n hooked >out &&
	grep "^remove .*/hooks/pre-push$" out &&
	test_path_is_file hooked/.git/hooks/pre-push &&
	git devops init --uninstall hooked &&
	test_path_is_missing hooked/.git/hooks/pre-push
'

test_expect_success 'a hook of the user stays' '
	printf "#!/bin/sh\nexit 0\n" >hooked/.git/hooks/pre-push &&
	chmod 755 hooked/.git/hooks/pre-push &&
	cp hooked/.git/hooks/pre-push before &&
	git devops init hooked >out &&
	grep "^keep   .*hooks/pre-push (suggested: let it run .git devops pre-push" out &&
	git devops init --uninstall hooked &&
	test_cmp before hooked/.git/hooks/pre-push &&
	printf "git devops pre-push \"\$@\"\n" >>hooked/.git/hooks/pre-push &&
	git devops init hooked >out &&
	test_must_fail grep pre-push out
'

test_expect_success 'core.hooksPath is only advised about' '
	git init -q shared &&
	git -C shared config core.hooksPath "$PWD/hooks of all" &&
	git devops init shared >out &&
	grep "^keep   core.hooksPath (suggested: .*/hooks of all/pre-push, " out &&
	test_path_is_missing "hooks of all"
'

test_expect_success 'a hook that does not find git-devops says so' '
	mkdir -p empty-path &&
	ln -s "$(command -v sh)" empty-path/sh &&
	test_expect_code 1 env PATH="$PWD/empty-path" sh repo/.git/hooks/pre-push origin url </dev/null 2>err &&
	grep "^error: git-devops is not in PATH" err &&
	grep "^hint: .git push --no-verify" err
'

test_expect_success 'what is not git push is refused' '
	(
		cd repo &&
		echo nonsense | test_expect_code 128 git devops pre-push origin url 2>err &&
		grep "read what git push will do" err &&
		test_expect_code 129 git devops pre-push &&
		test_expect_code 128 git devops pre-push --all ../nowhere.git 2>err &&
		grep "^fatal: ask ../nowhere.git for its chunks: " err
	)
'

test_done
