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

test_done
