#!/bin/sh

test_description='what was changed on a root: devops-drift, and resolving conflicts'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"
. "$TEST_DIR/lib-faults.sh"

# id <rev>: of the host's repository.
id () {
	host_git rev-parse --verify -q "$1"
}

# saved <path>: what the last drift has there.
saved () {
	host_git cat-file -p "refs/devops/drift:$1"
}

test_expect_success ROOT 'set up' '
	new_host &&
	cat >rules <<-\EOF &&
	overwrite* devops-drift=overwrite
	merge* devops-drift=merge
	keep* devops-drift=keep
	fail* devops-drift=fail
	EOF
	for rule in default overwrite merge keep fail
	do
		write root/etc/$rule a b c d e f g h || return 1
	done &&
	write root/etc/gone-overwrite 1 &&
	write root/etc/merge-gone 1 &&
	commit_root first &&
	commit_elsewhere rules "cp ../rules .gitattributes" &&
	host apply -q &&
	test_must_fail id refs/devops/drift
'

test_expect_success ROOT 'overwrite: saved, then replaced' '
	first=$(id HEAD) &&
	write root/etc/default mine &&
	write root/etc/overwrite mine too &&
	host apply >out &&
	grep "^write *etc/default (content; drifted)" out &&
	grep "; drift saved as $(host_git rev-parse --short=12 refs/devops/drift)" out &&
	assert_file root/etc/default a b c d e f g h &&
	assert_file root/etc/overwrite a b c d e f g h &&
	saved etc/default >actual &&
	assert_file actual mine &&
	saved etc/overwrite >actual &&
	assert_file actual mine too
'

test_expect_success ROOT 'metadata alone: set, the inode stays' '
	chmod 600 root/etc/default &&
	chown 12:34 root/etc/overwrite &&
	setfattr -n user.note -v x root/etc/gone-overwrite &&
	stat -c %i root/etc/default root/etc/overwrite >before &&
	host apply >out &&
	stat -c %i root/etc/default root/etc/overwrite >after &&
	test_cmp before after &&
	grep "^set *etc/default (mode; drifted)" out &&
	test "$(stat -c %a root/etc/default)" = 644 &&
	test "$(stat -c %u:%g root/etc/overwrite)" = 0:0 &&
	getfattr -d root/etc/gone-overwrite >actual &&
	test_must_be_empty actual &&
	host_git cat-file -p refs/devops/drift:.devops/mtree >mtree &&
	grep "^./etc/default .*mode=0*600" mtree &&
	grep "^./etc/overwrite .*uid=12" mtree &&
	grep "^./etc/gone-overwrite .*xattr.user.note=" mtree
'

test_expect_success ROOT 'what was deleted comes back' '
	rm root/etc/gone-overwrite root/etc/overwrite &&
	host apply >out &&
	grep "^write *etc/overwrite (new; drifted)" out &&
	assert_file root/etc/overwrite a b c d e f g h &&
	assert_file root/etc/gone-overwrite 1
'

test_expect_success ROOT 'what is to go and has drifted is saved and removed' '
	echo 2 >root/etc/gone-overwrite &&
	commit_elsewhere gone "git rm -q etc/gone-overwrite" &&
	host apply -q &&
	test_path_is_missing root/etc/gone-overwrite &&
	saved etc/gone-overwrite >actual &&
	assert_file actual 2
'

test_expect_success ROOT 'keep: it stays, whatever the commit changes' '
	echo mine >root/etc/keep &&
	host apply >out &&
	grep "^keep *etc/keep (content)" out &&
	grep "0 changed, 1 kept" out &&
	commit_elsewhere keep "echo theirs >etc/keep" &&
	host apply -q &&
	assert_file root/etc/keep mine &&
	test "$(id HEAD)" = "$(id origin/web)" &&
	rm root/etc/keep &&
	host apply -q &&
	test_path_is_missing root/etc/keep
'

test_expect_success ROOT 'fail: nothing at all is done' '
	echo mine >root/etc/fail &&
	commit_elsewhere fail "echo theirs >etc/default" &&
	test_expect_code 20 host apply -n >out 2>err &&
	grep "^refuse *etc/fail" out &&
	was=$(id refs/devops/drift) &&
	test_expect_code 20 host apply 2>err &&
	grep "etc/fail: has drifted (content), and must not" err &&
	assert_file root/etc/fail mine &&
	assert_file root/etc/default a b c d e f g h &&
	test "$(id refs/devops/drift)" = "$was" &&
	write root/etc/fail a b c d e f g h &&
	host apply -q &&
	assert_file root/etc/default theirs
'

test_expect_success ROOT 'merge: both sides, content and metadata' '
	write root/etc/merge a mine c d e f g h &&
	chmod 640 root/etc/merge &&
	host apply >out &&
	grep "^keep *etc/merge" out &&
	commit_elsewhere merge "printf \"%s\n\" a b c d e f g theirs >etc/merge" &&
	host apply -q &&
	assert_file root/etc/merge a mine c d e f g theirs &&
	test "$(stat -c %a root/etc/merge)" = 640 &&
	saved etc/merge >actual &&
	assert_file actual a mine c d e f g h
'

test_expect_success ROOT 'a conflict stops that path alone, and is remembered' '
	before=$(id HEAD) &&
	commit_elsewhere conflict "
		printf \"%s\n\" a other c d e f g theirs >etc/merge && echo more >etc/default
	" &&
	test_expect_code 20 host apply 2>err &&
	grep "etc/merge: conflict" err &&
	grep "^hint: .*git devops resolve" err &&
	assert_file root/etc/merge a mine c d e f g theirs &&
	assert_file root/etc/default more &&
	test "$(id refs/devops/applied)" = "$(id origin/web)" &&
	test_expect_code 20 host apply -q 2>err &&
	commit_elsewhere later "echo still >etc/default" &&
	test_expect_code 20 host apply -q 2>err &&
	assert_file root/etc/default still &&
	assert_file root/etc/merge a mine c d e f g theirs
'

test_expect_success ROOT 'status tells of it' '
	host status --porcelain >out &&
	grep "^U  etc/merge" out &&
	host resolve >out &&
	echo etc/merge >expect &&
	test_cmp expect out
'

test_expect_success ROOT 'the versions are shown' '
	host resolve --show=base root/etc/merge >actual &&
	assert_file actual a b c d e f g theirs &&
	host resolve --show=ours root/etc/merge >actual &&
	assert_file actual a mine c d e f g theirs &&
	host resolve --show=theirs root/etc/merge >actual &&
	assert_file actual a other c d e f g theirs &&
	host resolve --show=merged root/etc/merge >merged &&
	assert_file merged a "<<<<<<< live" mine ======= other ">>>>>>> target" c d e f g theirs &&
	host resolve root/etc/merge >out 2>err &&
	grep "^    base    $(host_git rev-parse --short=12 $before)  file, 0644 root:root" out &&
	grep "^    ours    the root      file, 0640 root:root" out &&
	grep "^hint: --show" err &&
	host --json resolve root/etc/merge >out &&
	grep "\"versions\":{\"base\":{" out
'

test_expect_success ROOT 'how resolve can be called' '
	test_expect_code 129 host resolve --ours --theirs root/etc/merge 2>err &&
	test_expect_code 129 host resolve --ours 2>err &&
	test_expect_code 129 host resolve --show=mine root/etc/merge 2>err &&
	test_expect_code 129 host resolve --file=a root/etc/merge root/etc/keep 2>err &&
	test_expect_code 128 host resolve --ours root/etc/keep 2>err &&
	grep "^fatal: etc/keep: there is no conflict to resolve" err &&
	grep "^hint: " err &&
	test_expect_code 11 flock repo/devops/apply.lock git devops --repo repo resolve --ours root/etc/merge &&
	test_expect_code 20 host apply -q 2>err
'

test_expect_success ROOT '--theirs: what is live is saved and replaced' '
	rm -rf repo.conflict root.conflict &&
	cp -a repo repo.conflict && cp -a root root.conflict &&
	host resolve -n --theirs root/etc/merge >out &&
	grep "^write *etc/merge" out &&
	assert_file root/etc/merge a mine c d e f g theirs &&
	host resolve --theirs root/etc/merge >out &&
	grep "^resolved: 1 changed; drift saved as" out &&
	host report >out &&
	grep "  resolve [0-9a-f]*: done" out &&
	grep "^    write  *etc/merge (" out &&
	assert_file root/etc/merge a other c d e f g theirs &&
	saved etc/merge >actual &&
	assert_file actual a mine c d e f g theirs &&
	host resolve >out &&
	test_must_be_empty out &&
	host apply -q --exit-code
'

again () {
	rm -rf repo root &&
	cp -a repo.conflict repo &&
	cp -a root.conflict root
}

test_expect_success ROOT '--ours: what is live stays and counts as merged' '
	again &&
	host resolve --ours root/etc/merge &&
	host report >out &&
	grep "  resolve [0-9a-f]*: done" out &&
	grep "^    keep  *etc/merge (content,mode; drifted; resolved)" out &&
	assert_file root/etc/merge a mine c d e f g theirs &&
	host apply -q &&
	commit_elsewhere after "printf \"%s\n\" a other c d e f new theirs >etc/merge" &&
	host apply -q &&
	assert_file root/etc/merge a mine c d e f new theirs
'

test_expect_success ROOT '--file: that content, and the metadata of both' '
	again &&
	write mine a mine and other c d e f g theirs &&
	host resolve --file=mine root/etc/merge &&
	test_cmp mine root/etc/merge &&
	test "$(stat -c %a root/etc/merge)" = 640 &&
	saved etc/merge >actual &&
	assert_file actual a mine c d e f g theirs &&
	host apply -q &&
	test_cmp mine root/etc/merge &&
	again &&
	host resolve --file=- root/etc/merge <mine &&
	test_cmp mine root/etc/merge
'

test_expect_success ROOT 'changed here, removed there' '
	again &&
	echo mine >root/etc/merge-gone &&
	host resolve --ours root/etc/merge &&
	commit_elsewhere remove "git rm -q etc/merge-gone" &&
	test_expect_code 20 host apply -q 2>err &&
	assert_file root/etc/merge-gone mine &&
	test_expect_code 128 host resolve --show=theirs root/etc/merge-gone 2>err &&
	grep "there is no such file in .theirs." err &&
	host resolve --theirs root/etc/merge-gone &&
	test_path_is_missing root/etc/merge-gone &&
	saved etc/merge-gone >actual &&
	assert_file actual mine &&
	host apply -q
'

# killed: the file is what it was or what the commit has, and what it was is not
# lost; the conflict can be resolved, or is.
killed () {
	if grep mine root/etc/merge
	then
		host resolve -q --theirs root/etc/merge
	else
		saved etc/merge >actual &&
		grep mine actual
	fi &&
	host apply -q &&
	assert_file root/etc/merge a other c d e f g theirs &&
	host resolve >out &&
	test_must_be_empty out &&
	test -z "$(find root -name ".git-devops-*")"
}

test_expect_success ROOT,FAULTS 'resolve killed anywhere: the one or the other' '
	crash_points again killed git devops --repo repo resolve -q --theirs root/etc/merge
'

test_done
