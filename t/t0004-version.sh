#!/bin/sh

test_description='git devops version, and the names of the program'

. ./test-lib.sh

test_expect_success 'the version set at link time took effect' '
	(
		HOME=$ORIGINAL_HOME &&
		export HOME &&
		make -s -C "$TOP" bin/git-devops VERSION=v1.2.3-test BINARY="$SHARNESS_TRASH_DIRECTORY/stamped"
	) &&
	./stamped version >actual &&
	grep "^git-devops version v1\.2\.3-test (go[0-9.]*, linux/[a-z0-9]*)$" actual
'

test_expect_success 'every name of the program' '
	git-devops version >expect &&
	for name in "git devops version" "gdo version" "git-devops-version" \
		"git devops --version" "git-devops --version" "git devops -C / version"
	do
		$name >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'options may stand before and after the verb' '
	git devops --json version >before &&
	git devops-version --json >after &&
	test_cmp before after &&
	grep "^{\"type\":\"version\",\"version\":\"[^\"]*\",\"go\":\"go[^\"]*\",\"platform\":\"linux/[^\"]*\"}$" after
'

test_expect_success 'nothing on standard error' '
	git devops version 2>err &&
	test_must_be_empty err
'

test_expect_success 'no arguments are taken' '
	test_expect_code 129 git devops version x >out 2>err &&
	test_must_be_empty out &&
	grep "^error: unexpected argument .x.$" err
'

test_expect_success 'a full standard output is an error' '
	test -c /dev/full &&
	test_expect_code 128 git devops version >/dev/full 2>err &&
	echo "fatal: write standard output: no space left on device" >expect &&
	test_cmp expect err
'

test_expect_success 'a closed standard output ends it quietly' '
	(
		{
			git-devops help 2>err
			echo $? >status
		} | true
	) &&
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		test -s status || sleep 0.2
	done &&
	echo 141 >expect &&
	test_cmp expect status &&
	test_must_be_empty err
'

test_done
