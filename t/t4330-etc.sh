#!/bin/sh

test_description='/etc of this very machine: adopted, changed, rolled back'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"
. "$TEST_DIR/lib-scatter.sh"

test_expect_success ROOT 'a copy of /etc is adopted: nothing changes, status is clean' '
	mkdir root &&
	cp -a /etc root/etc &&
	git devops init -q --host --repo repo --root root --type web &&
	with_mtimes &&
	portrait root >expect &&
	host add -q root/etc &&
	host commit -q -m adopted &&
	host status --porcelain --exit-code >out &&
	test_must_be_empty out &&
	host apply -q --exit-code &&
	host verify &&
	looks_so root
'

test_expect_success ROOT 'all of it is in the commit' '
	mkdir other &&
	host apply -q --root other &&
	portrait root/etc >expect &&
	looks_so other/etc
'

test_expect_success ROOT 'a change is applied' '
	commit_elsewhere change "
		echo changed >>etc/issue &&
		echo new >etc/new.conf &&
		git rm -q etc/debian_version
	" &&
	host apply -q &&
	tail -n 1 root/etc/issue >actual &&
	echo changed >expect &&
	test_cmp expect actual &&
	test_path_is_file root/etc/new.conf &&
	test_path_is_missing root/etc/debian_version &&
	host status --exit-code
'

test_expect_success ROOT 'and rolled back' '
	host rollback -q &&
	portrait other >expect &&
	looks_so root &&
	test_expect_code 14 host apply -q 2>err &&
	grep "held back" err &&
	looks_so root
'

test_done
