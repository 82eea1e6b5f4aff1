#!/bin/sh

test_description='git merges .devops/mtree by path'

. ./test-lib.sh

mtree=.devops/mtree

# lines <text>: a .devops/mtree with these entries, committed.
lines () {
	mkdir -p .devops &&
	printf '#mtree\n/set type=file uname=root gname=root\n%s\n' "$1" >$mtree &&
	git add $mtree &&
	git commit -q -m "$1"
}

# sides <base> <ours> <theirs>: branches ours, checked out, and theirs.
sides () {
	git checkout -q -B base start &&
	lines "$1" &&
	git checkout -q -B theirs base &&
	lines "$3" &&
	git checkout -q -B ours base &&
	lines "$2"
}

test_expect_success 'set up' '
	git devops init type >out &&
	cd type &&
	mkdir .devops &&
	echo "/.devops/mtree merge=devops -text" >.gitattributes &&
	echo one >a &&
	echo two >b &&
	git add . &&
	git commit -q -m start &&
	git tag start
'

test_expect_success 'neighbouring lines, and what differs within a line, merge' '
	sides "./a uname=www-data
./b uname=www-data" "./a uname=ada
./b uname=www-data" "./a uname=www-data mode=0600
./b uname=bob" &&
	git merge -q -m merged theirs 2>err &&
	test_must_be_empty err &&
	cat >expect <<-\EOT &&
	#mtree
	/set type=file uname=root gname=root
	./a uname=ada mode=0600
	./b uname=bob
	EOT
	test_cmp expect $mtree
'

test_expect_success 'a conflict names the path, keeps ours and takes the rest' '
	sides "./a uname=www-data" "./a uname=ada" "./a uname=bob
./b mode=0600" &&
	test_expect_code 1 git merge -q -m merged theirs >out 2>err &&
	grep "^error: a: both sides have changed its metadata; ours are kept$" err &&
	grep "^hint: edit their lines in .devops/mtree" err &&
	git ls-files -u $mtree >unmerged &&
	test_line_count = 3 unmerged &&
	cat >expect <<-\EOT &&
	#mtree
	/set type=file uname=root gname=root
	./a uname=ada
	./b mode=0600
	EOT
	test_cmp expect $mtree &&
	git add $mtree &&
	git commit -q -m resolved
'

test_expect_success 'what is no mtree is refused, and ours stays' '
	sides "./a uname=www-data" "./a uname=ada" "./../a uname=bob" &&
	cp $mtree before &&
	test_must_fail git merge -q -m merged theirs >out 2>err &&
	grep "^fatal: read theirs: .devops/mtree, line 3: bad path \"../a\": has a step \.\.$" err &&
	git ls-files -u $mtree >unmerged &&
	test_line_count = 3 unmerged &&
	test_cmp before $mtree &&
	git merge --abort
'

test_expect_success 'other files with this attribute are merged as manifests are' '
	git checkout -q -B theirs start &&
	echo "b merge=devops" >>.gitattributes &&
	echo theirs >b &&
	git commit -q -a -m theirs &&
	git checkout -q -B ours start &&
	echo "b merge=devops" >>.gitattributes &&
	echo ours >b &&
	git commit -q -a -m ours &&
	test_expect_code 1 git merge -q -m merged theirs >out 2>err &&
	grep "^error: b: both sides have changed this large file; ours is kept$" err
'

test_expect_success ROOT 'a file that one side removed and the other described' '
	cd .. &&
	. "$TEST_DIR/lib-host.sh" &&
	new_host &&
	write root/etc/gone gone &&
	write root/etc/other other &&
	write root/etc/pair pair &&
	ln root/etc/pair root/etc/pair2 &&
	write root/etc/was-file file && chmod 666 root/etc/was-file &&
	commit_root first &&
	git clone -q -b web repo clone &&
	(
		cd clone &&
		git devops init -q &&
		git rm -q etc/gone &&
		echo changed >etc/pair2 &&
		ln -sf other etc/was-file &&
		git commit -q -a -m "clone: one is gone, one changed"
	) &&
	chmod 666 root/etc/gone &&
	host add -q root/etc/gone &&
	host commit -q -m "host: anyone writes" &&
	git -C clone pull -q --no-rebase --no-edit &&
	git -C clone show HEAD:.devops/mtree >out &&
	grep "^./etc/gone mode=0666" out &&
	host_git fetch -q "$PWD/clone" web:refs/remotes/origin/web &&
	host_git config branch.web.remote origin &&
	host_git config branch.web.merge refs/heads/web &&
	host_git config remote.origin.fetch "+refs/heads/*:refs/remotes/origin/*" &&
	host_git config remote.origin.url "$PWD/clone" &&
	host apply &&
	test_path_is_missing root/etc/gone &&
	test "$(readlink root/etc/was-file)" = other &&
	echo pair >expect &&
	test_cmp expect root/etc/pair &&
	echo changed >expect &&
	test_cmp expect root/etc/pair2 &&
	host status --porcelain --exit-code &&
	host apply --exit-code
'

test_expect_success ROOT 'add drops what is said of nothing' '
	host add -q root/etc/other &&
	host_git show :.devops/mtree >out &&
	! grep gone out &&
	host commit -q -m mended &&
	host status --porcelain --exit-code
'

test_expect_success ROOT 'a secret that was renamed without a look at its line' '
	write root/etc/key secret && chmod 600 root/etc/key &&
	host add -q root/etc/key &&
	host commit -q -m key &&
	git -C clone pull -q "$PWD/repo" web &&
	git -C clone mv etc/key etc/host.key &&
	git -C clone commit -q -m "host.key" &&
	host_git fetch -q origin &&
	test_expect_code 128 host apply 2>err &&
	grep "etc/key. has mode 0600 in .devops/mtree, but no such file" err &&
	grep "^hint: .*mend it where you work" err &&
	test_path_is_missing root/etc/host.key &&
	sed -i "s,^./etc/key ,./etc/host.key ," clone/.devops/mtree &&
	git -C clone commit -q -a -m "host.key is secret" &&
	host_git fetch -q origin &&
	host apply -q &&
	test "$(stat -c %a root/etc/host.key)" = 600 &&
	test_path_is_missing root/etc/key
'

test_done
