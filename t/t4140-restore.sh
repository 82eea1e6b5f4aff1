#!/bin/sh

test_description='git devops drift: what was saved is listed, shown, restored'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"
. "$TEST_DIR/lib-faults.sh"

was=

# saved: the newest commit of drift, short.
saved () {
	host_git rev-parse --short=12 "refs/devops/drift$1"
}

test_expect_success ROOT 'nothing was saved' '
	new_host &&
	write root/etc/motd hello &&
	write root/etc/conf/a a &&
	write root/etc/conf/b b &&
	make_random root/image 3000000 1 &&
	test_expect_code 128 host drift restore root/etc/motd 2>err &&
	commit_root first &&
	host drift log >out &&
	test_must_be_empty out &&
	test_expect_code 128 host drift show 2>err &&
	grep "^fatal: nothing was saved yet" err &&
	test_expect_code 128 host drift restore root/etc/motd 2>err &&
	grep "^fatal: etc/motd: no version of it was saved" err &&
	grep "^hint: .*drift log" err
'

test_expect_success ROOT 'how it can be called' '
	test_expect_code 129 host drift 2>err &&
	test_expect_code 129 host drift list 2>err &&
	test_expect_code 129 host drift restore 2>err &&
	test_expect_code 129 host drift log -n 2>err &&
	test_expect_code 129 host drift show --max-count=1 2>err
'

test_expect_success ROOT 'log and show' '
	first=$(host_git rev-parse --short=12 HEAD) &&
	write root/etc/motd mine &&
	chmod 600 root/etc/motd &&
	setfattr -n user.note -v x root/etc/motd &&
	chown 12:34 root/etc/conf/a &&
	make_random part 1000 2 &&
	dd if=part of=root/image bs=1 seek=1500000 conv=notrunc 2>/dev/null &&
	cp root/image image.mine &&
	host apply -q &&
	host drift log >out &&
	cat >expect <<-EOF &&
	    etc/conf/a (owner, group)
	    etc/motd (content, mode, xattrs)
	    image (content)
	EOF
	sed 1d out >actual &&
	test_cmp expect actual &&
	grep "^$(saved) .*, before $first was applied$" out &&
	host drift show >out &&
	cat >expect <<-\EOF &&
	etc/conf/a: owner, group
	    owner was root, is 12
	    group was root, is 34
	etc/motd: content, mode, xattrs
	    mode was 0644, is 0600
	    xattr user.note was absent, is "\"x\""
	diff --git a/etc/motd b/etc/motd
	--- a/etc/motd
	+++ b/etc/motd
	@@ -1 +1 @@
	-hello
	+mine
	image: content
	diff --git-devops a/image b/image
	EOF
	sed -e "/^$(saved) /,/^    image (/d" -e "/^index /d" out >part &&
	sed -n "1,/^diff --git-devops/p" part >actual &&
	test_cmp expect actual &&
	grep "^@@ .* changed$" out
'

test_expect_success ROOT 'only some paths, and --json' '
	(cd root/etc && host drift show motd) >out &&
	test_must_fail grep conf out &&
	host drift show -q "$(saved)" -- root/etc/conf >out &&
	head -n 1 out >actual &&
	assert_file actual "etc/conf/a: owner, group" &&
	test_expect_code 128 host drift show HEAD 2>err &&
	grep "^fatal: .HEAD.: no apply has saved" err &&
	test_expect_code 128 host drift show -- root/etc/other 2>err &&
	host --json drift show root/etc/motd >out &&
	grep "^{\"type\":\"drift\",\"commit\":\"$(host_git rev-parse refs/devops/drift)\"" out &&
	grep "^{\"type\":\"version\",\"path\":\"etc/motd\"" out
'

test_expect_success ROOT 'restore: content, metadata, a large file' '
	host drift restore -n root/etc/motd >out &&
	grep "^write *etc/motd (content,mode,mtime,xattrs)" out &&
	assert_file root/etc/motd hello &&
	host drift restore root/etc/motd root/image root/etc/conf >out 2>err &&
	grep "^restored: 3 changed$" out &&
	grep "^hint: the next apply treats it as drift" err &&
	assert_file root/etc/motd mine &&
	test "$(stat -c %a root/etc/motd)" = 600 &&
	getfattr --only-values -n user.note root/etc/motd >actual &&
	test "$(cat actual)" = x &&
	test "$(stat -c %u:%g root/etc/conf/a)" = 12:34 &&
	assert_same image.mine root/image &&
	test "$(host_git rev-parse refs/devops/applied)" = "$(host_git rev-parse HEAD)"
'

test_expect_success ROOT 'what is there is saved before' '
	write root/etc/motd mine again &&
	was=$(saved) &&
	host drift restore -q root/etc/motd &&
	assert_file root/etc/motd mine &&
	host drift restore -q root/etc/motd &&
	assert_file root/etc/motd mine again &&
	host drift restore -q --from=$was root/etc/motd &&
	assert_file root/etc/motd mine &&
	test_expect_code 128 host drift restore --from=$was root/etc/conf/b 2>err &&
	host drift log --max-count=1 >out &&
	grep -c "before" out >actual &&
	assert_file actual 1
'

test_expect_success ROOT 'into directories that are gone; never through what is in the way' '
	host apply -q &&
	rm -r root/etc/conf &&
	host drift restore -q root/etc/conf/a &&
	test "$(stat -c %u:%g root/etc/conf/a)" = 12:34 &&
	rm -r root/etc/conf &&
	ln -s "$PWD" root/etc/conf &&
	chown -h 12 root/etc/conf &&
	test_expect_code 3 host drift restore -q root/etc/conf/a 2>err &&
	test_path_is_missing a &&
	rm root/etc/conf &&
	host apply -q
'

test_expect_success ROOT 'kept by a commit, it is drift no more' '
	host drift restore -q root/etc/motd &&
	host add -q root/etc/motd &&
	host commit -q -m keep &&
	host apply -q --exit-code
'

test_expect_success ROOT 'while an apply runs, it is busy' '
	test_expect_code 11 flock repo/devops/apply.lock git devops --repo repo drift restore root/etc/motd
'

test_expect_success ROOT 'what was deleted is noted' '
	cp -a root root.whole &&
	rm -r root/etc/conf &&
	host apply >out &&
	grep "^save  *etc/conf/a (deleted)" out &&
	host_git log -1 --format="%(trailers:key=Drift)" refs/devops/drift >out &&
	grep "^Drift: deleted etc/conf/a" out &&
	host drift log -1 >out &&
	grep "^    etc/conf/a (deleted)" out &&
	! grep "etc/conf (" out &&
	host drift show root/etc/conf/a >out &&
	grep "^etc/conf/a: deleted" out &&
	grep "^-a" out &&
	host report >out &&
	grep "^    save  *etc/conf/a (type; deleted)" out &&
	host drift restore root/etc/conf/a &&
	host apply -q &&
	diff -r root.whole/etc/conf root/etc/conf
'

# killed: the file is what it was or what was saved; nothing is lost and nothing
# is left.
killed () {
	case $(cat root/etc/motd) in
	live) ;;
	mine) host_git log --format=%H refs/devops/drift >commits &&
		while read -r id
		do
			host_git cat-file -p $id:etc/motd 2>/dev/null
		done <commits >contents
		grep live contents ;;
	*) false ;;
	esac &&
	host drift restore -q --from=$was root/etc/motd &&
	assert_file root/etc/motd mine &&
	test -z "$(find root -name ".git-devops-*")"
}

test_expect_success ROOT,FAULTS 'killed anywhere: the one or the other' '
	echo live >root/etc/motd &&
	rm root/image &&
	rm -rf elsewhere &&
	cp -a repo repo.before &&
	cp -a root root.before &&
	crash_points "rm -rf repo root && cp -a repo.before repo && cp -a root.before root" killed \
		git devops --repo repo drift restore -q --from=$was root/etc/motd
'

test_expect_success ROOT 'a directory is shown without what is in it' '
	chmod 700 root/etc &&
	rm -r root/etc/conf &&
	write root/etc/conf file &&
	host apply -q &&
	host drift show -q >out &&
	cat >expect <<-\EOF &&
	etc: mode
	    mode was 0755, is 0700
	etc/conf: type
	diff --git a/etc/conf b/etc/conf
	new file mode 100644
	--- /dev/null
	+++ b/etc/conf
	@@ -0,0 +1 @@
	+file
	EOF
	sed -e "/^index /d" -e "/: deleted$/,\$d" out >actual &&
	test_cmp expect actual
'

test_done
