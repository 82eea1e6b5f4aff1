#!/bin/sh

test_description='git devops apply: a root is brought to a commit'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"

test_expect_success ROOT 'adopting a root and applying changes nothing on it' '
	new_host &&
	write root/etc/motd hello &&
	write root/etc/app.conf a b c d e f g h i &&
	write root/usr/bin/tool "#!/bin/sh" &&
	chmod 4755 root/usr/bin/tool &&
	mkdir -p root/srv/empty &&
	chmod 1777 root/srv/empty &&
	mkfifo root/srv/fifo &&
	ln -s motd root/etc/link &&
	ln root/etc/motd root/etc/motd.hard &&
	setfattr -n user.note -v x root/etc/motd &&
	write root/srv/unmanaged mine &&
	picture root >before &&
	host add -q root/etc root/usr root/srv/empty root/srv/fifo &&
	host commit -q -m first &&
	host apply >out &&
	echo "$(host_git rev-parse --short=12 HEAD) applied: 0 changed" >expect &&
	test_cmp expect out &&
	picture root >after &&
	test_cmp before after &&
	test "$(host_git rev-parse refs/devops/applied)" = "$(host_git rev-parse HEAD)"
'

test_expect_success ROOT 'another root becomes the same' '
	mkdir second &&
	host apply -q --root second &&
	rm root/srv/unmanaged &&
	picture root >expect &&
	picture second >actual &&
	write root/srv/unmanaged mine &&
	test_cmp expect actual &&
	host apply --exit-code -q --root second
'

test_expect_success ROOT '-n shows the plan and changes nothing' '
	commit_elsewhere second "
		echo changed | tee etc/motd >etc/motd.hard &&
		echo new >etc/new &&
		git rm -q etc/link usr/bin/tool
	" &&
	picture root >before &&
	host apply -n >out &&
	picture root >after &&
	test_cmp before after &&
	digest=$(sed -n "s/^plan \([0-9a-f]*\): .*/\1/p" out) &&
	cat >expect <<-EOF &&
	write    etc/motd (content)
	write    etc/new (new)
	link     etc/motd.hard (content)
	remove   usr/bin/tool
	rmdir    usr/bin
	rmdir    usr
	remove   etc/link
	plan $digest: 7 steps to $(host_git rev-parse --short=12 origin/web)
	EOF
	test_cmp expect out
'

test_expect_success ROOT 'the plan that was shown, or none' '
	write root/etc/motd drifted &&
	test_expect_code 1 host apply --plan="$digest" 2>err &&
	grep "^error: the plan is now" err &&
	grep drifted root/etc/motd &&
	write root/etc/motd hello &&
	setfattr -n user.note -v x root/etc/motd &&
	host apply -q --plan="$digest"
'

test_expect_success ROOT 'what the commit has, and nothing else, is there' '
	echo changed >expect &&
	test_cmp expect root/etc/motd &&
	test_cmp expect root/etc/motd.hard &&
	echo new >expect &&
	test_cmp expect root/etc/new &&
	test_path_is_missing root/etc/link &&
	test_path_is_missing root/usr &&
	echo mine >expect &&
	test_cmp expect root/srv/unmanaged
'

test_expect_success ROOT 'the branch and the index follow' '
	test "$(host_git rev-parse HEAD)" = "$(host_git rev-parse origin/web)" &&
	test "$(host_git rev-parse refs/devops/applied)" = "$(host_git rev-parse HEAD)" &&
	host_git status --porcelain -uno >out &&
	test_must_be_empty out
'

test_expect_success ROOT 'a second apply does nothing' '
	host apply --exit-code >out &&
	grep "0 changed" out &&
	host apply -n --exit-code >out &&
	grep "0 steps" out
'

test_expect_success ROOT 'nothing managed is in a directory that stays' '
	commit_elsewhere third "git rm -q -r etc/new etc/app.conf" &&
	write root/etc/mine mine &&
	host apply -q &&
	test_path_is_missing root/etc/new &&
	test_path_is_missing root/etc/app.conf &&
	echo mine >expect &&
	test_cmp expect root/etc/mine
'

test_expect_success ROOT 'types change, in all directions' '
	commit_elsewhere fourth "
		mkdir -p t/dir/sub && echo a >t/dir/sub/file && echo b >t/file && ln -s file t/link
	" &&
	host apply -q &&
	commit_elsewhere fifth "
		git rm -q -r t &&
		mkdir -p t/file t/link &&
		echo c >t/file/in && echo d >t/link/in && ln -s file t/dir
	" &&
	host apply -q &&
	test "$(readlink root/t/dir)" = file &&
	echo c >expect &&
	test_cmp expect root/t/file/in &&
	echo d >expect &&
	test_cmp expect root/t/link/in &&
	host apply -q --exit-code
'

test_expect_success ROOT 'only some paths' '
	commit_elsewhere sixth "echo e >t/file/in && echo f >t/link/in" &&
	host apply -q origin/web -- root/t/file &&
	echo e >expect &&
	test_cmp expect root/t/file/in &&
	echo d >expect &&
	test_cmp expect root/t/link/in &&
	test "$(host_git rev-parse refs/devops/applied)" != "$(host_git rev-parse origin/web)" &&
	host apply -q &&
	echo f >expect &&
	test_cmp expect root/t/link/in
'

test_expect_success ROOT 'what is neither a commit nor a managed path' '
	test_expect_code 128 host apply nothing 2>err &&
	grep "^fatal: .*/nothing. is not in the root" err &&
	grep "^hint: nor is .nothing. a commit" err &&
	test_expect_code 128 host apply root/t/nothing 2>err &&
	grep "^fatal: .t/nothing. did not match any files" err
'

test_expect_success ROOT 'a commit of another machine type is refused' '
	host_git branch db HEAD~1 &&
	host_git worktree add -q "$PWD/db" db &&
	(
		cd db &&
		echo db >etc/db &&
		git add etc/db &&
		git commit -q -m db
	) &&
	test_must_fail host apply db 2>err &&
	grep "is not a commit of the machine type web" err &&
	test_path_is_missing root/etc/db
'

test_expect_success ROOT 'while another apply runs, it is busy' '
	mkfifo held let_go &&
	{ flock repo/devops/apply.lock sh -c "echo >held; read line <let_go" & } &&
	read line <held &&
	test_expect_code 11 host apply 2>err &&
	grep "another process" err &&
	host apply -n &&
	echo >let_go &&
	wait
'

test_expect_success ROOT 'an unknown owner is refused before anything is changed' '
	commit_elsewhere seventh "
		echo x >t/owned && echo y >t/other &&
		printf \"./t/owned uname=nobody-knows\n\" >>.devops/mtree
	" &&
	test_must_fail host apply 2>err &&
	grep "t/owned: .*nobody-knows" err &&
	test_path_is_missing root/t/other
'

test_expect_success ROOT 'rm --delete, commit, apply deletes; rm alone does not' '
	host apply -q HEAD &&
	write root/gone/file gone &&
	write root/forgotten/file forgotten &&
	host add -q root/gone root/forgotten &&
	host commit -q -m both &&
	host rm -r -q root/forgotten &&
	host commit -q -m forget &&
	host apply -q HEAD &&
	echo forgotten >expect &&
	test_cmp expect root/forgotten/file &&
	host rm -r -q --delete root/gone &&
	host apply -q HEAD &&
	test_path_is_file root/gone/file &&
	host_git -c user.name=a -c user.email=a@b commit -q -m delete &&
	host apply -q HEAD &&
	test_path_is_missing root/gone &&
	test_path_is_missing repo/devops/deletions &&
	echo forgotten >expect &&
	test_cmp expect root/forgotten/file
'

# second <verb>...: on another host of the type, which follows this one.
second () {
	git devops --repo "$SHARNESS_TRASH_DIRECTORY/repo2" "$@"
}

test_expect_success ROOT 'what rm forgets stays on the other hosts, too' '
	write root/gone/file gone &&
	write root/gone/other other &&
	write root/gone/late late &&
	host add -q root/gone && host commit -q -m "three files" &&
	mkdir second-root &&
	git devops init -q --host --repo repo2 --root second-root --type web "file://$PWD/repo" &&
	second apply -q &&
	test_path_is_file second-root/gone/file &&
	host rm -q root/gone/file &&
	host rm -q --delete root/gone/other &&
	host commit -q -m "one forgotten, one deleted" &&
	host apply -q HEAD &&
	test_path_is_file root/gone/file &&
	test_path_is_missing root/gone/other &&
	host add -q root/gone/late && host rm -q root/gone/late && host commit -q -m later &&
	second sync -q &&
	second status --porcelain >out &&
	printf "%s\n" " F gone/file" " F gone/late" " D gone/other" >expect &&
	grep "gone/" out >actual &&
	test_cmp expect actual &&
	echo changed >second-root/gone/late &&
	second apply >out &&
	grep "^forget  *gone/file$" out &&
	echo gone >expect &&
	test_cmp expect second-root/gone/file &&
	echo changed >expect &&
	test_cmp expect second-root/gone/late &&
	test_path_is_missing second-root/gone/other &&
	second apply --exit-code &&
	second status --porcelain --exit-code &&
	second report >out
'

test_expect_success ROOT 'what was forgotten can be added again, and then deleted' '
	host add -q root/gone/file && host commit -q -m again &&
	host_git show HEAD:.devops/mtree >out &&
	! grep gone/file out &&
	grep -x "./gone/late optional" out &&
	second sync -q && second apply -q &&
	host rm -q --delete root/gone/file && host commit -q -m deleted && host apply -q HEAD &&
	second sync -q && second apply -q &&
	test_path_is_missing root/gone/file &&
	test_path_is_missing second-root/gone/file &&
	test_path_is_file second-root/gone/late
'

test_expect_success ROOT 'what was put where a run died is named, and blocks nothing' '
	mkdir -p root/t/.git-devops-5e0b7d1f00c3a942-1 root/t/.git-devops-5e0b7d1f00c3a942-2 &&
	write root/t/.git-devops-5e0b7d1f00c3a942-1/precious mine &&
	printf "{\"version\":1,\"run\":\"5e0b7d1f00c3a942\",\"root\":\"%s\",\"target\":\"%s\",\"plan\":\"\",\"dirs\":[\"t\"]}\n" \
		"$PWD/root" "$(host_git rev-parse HEAD)" >repo/devops/apply &&
	host apply HEAD 2>err &&
	cat >expect <<-EOF &&
	warning: $PWD/root/t/.git-devops-5e0b7d1f00c3a942-1: a run that was killed has left this directory, and it is not empty
	hint: it stays: move what you need from there, then remove it
	EOF
	test_cmp expect err &&
	test_path_is_file root/t/.git-devops-5e0b7d1f00c3a942-1/precious &&
	test_path_is_missing root/t/.git-devops-5e0b7d1f00c3a942-2 &&
	host apply HEAD 2>err &&
	test_must_be_empty err
'

test_done
