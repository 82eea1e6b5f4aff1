#!/bin/sh

test_description='git devops apply where links are, were or will be'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"

for owner in 0 8
do
	test_expect_success ROOT "a link of user $owner to a directory becomes one" '
		rm -rf root repo &&
		new_host &&
		write root/dir/file old &&
		ln -s dir root/link &&
		chown -h '$owner' root/link &&
		commit_root first &&
		commit_elsewhere second "
			rm link && write link/file new && write link/other new
			if test -f .devops/mtree; then sed -i /link/d .devops/mtree; fi
		" &&
		host apply -q &&
		echo old >expect &&
		test_cmp expect root/dir/file &&
		test_path_is_missing root/dir/other &&
		echo new >expect &&
		test_cmp expect root/link/file &&
		test_cmp expect root/link/other &&
		host apply -q --exit-code &&
		host verify
	'
done

for target in . link absent/x
do
	test_expect_success ROOT "a directory becomes a link of a user to $target" '
		rm -rf root repo &&
		new_host &&
		mkdir -p root/link/empty &&
		commit_root first &&
		commit_elsewhere second "
			ln -s '$target' link && printf \"./link type=link uid=8\n\" >.devops/mtree
		" &&
		host apply -q &&
		test "$(readlink root/link)" = '$target' &&
		host apply -q --exit-code &&
		host status --exit-code
	'
done

test_expect_success ROOT 'a link that nobody asked for will do for a directory' '
	rm -rf root repo &&
	new_host &&
	write root/usr/bin/tool &&
	ln -s usr/bin root/bin &&
	host add -q root/usr &&
	host commit -q -m first &&
	commit_elsewhere second "write bin/other" &&
	host apply -q &&
	test -h root/bin &&
	test_path_is_file root/usr/bin/other &&
	host apply -q --exit-code
'

test_expect_success ROOT 'a file that others may have given names gets another' '
	rm -rf root repo &&
	new_host &&
	write root/public/file x &&
	chmod 1777 root/public &&
	commit_root first &&
	commit_elsewhere second "
		cp public/file z &&
		printf \"./public/file mode=0600\n./z hardlink=./public/file\n\" >>.devops/mtree
	" &&
	host apply -q &&
	assert_mode 600 root/z &&
	test root/z -ef root/public/file &&
	test "$(stat -c %h root/z)" = 2
'

# own <command>: a commit of what it makes is refused, for it is in the host's
# repository.
own () {
	commit_elsewhere hostile "$1" &&
	picture root >before &&
	for verb in "apply -n" "apply"
	do
		test_expect_code 128 host $verb 2>err &&
		grep "^fatal: bad path in tree: .* is in the host.s own repository" err || return 1
	done &&
	picture root >after &&
	test_cmp before after &&
	host_git update-ref -d refs/remotes/origin/web
}

test_expect_success ROOT 'the host'"'"'s own repository is no part of its root' '
	rm -rf root repo &&
	mkdir -p root/var/all root/usr &&
	git devops init -q --host --repo root/var/all/repo --root root --type web &&
	ln -s root/var/all/repo repo &&
	ln -s ../var/all root/usr/alias &&
	write root/etc/motd hello &&
	host add -q root/etc &&
	host commit -q -m first &&
	own "write var/all/repo/description hostile" &&
	own "write var/all/repo/hooks/post-index-change hostile" &&
	own "write var/all/repo/new/file hostile" &&
	own "write usr/alias/repo/description hostile" &&
	own "write usr/alias/repo/new/dir/file hostile" &&
	own "mkdir -p .devops && echo \"./var/all/repo type=dir mode=0777\" >>.devops/mtree" &&
	commit_elsewhere second "write var/all/repo2 fine" &&
	host apply -q &&
	test_path_is_file root/var/all/repo2
'

test_done
