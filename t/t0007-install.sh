#!/bin/sh

test_description='make install, and the static executable'

. ./test-lib.sh

test_expect_success 'install into DESTDIR and PREFIX' '
	(
		HOME=$ORIGINAL_HOME &&
		export HOME &&
		# What is built stays as it is: other scripts are using it.
		make -o all -C "$TOP" install DESTDIR="$SHARNESS_TRASH_DIRECTORY/dest" PREFIX=/opt/x
	) >out &&
	root=dest/opt/x &&
	test_path_is_file $root/bin/git-devops &&
	test_path_is_file $root/bin/gdo &&
	test_path_is_file $root/share/man/man1/git-devops.1 &&
	test_path_is_file $root/share/bash-completion/completions/git-devops &&
	test_path_is_file $root/share/bash-completion/completions/gdo &&
	test_path_is_file $root/share/zsh/site-functions/_git-devops &&
	test_path_is_file $root/share/fish/vendor_completions.d/git-devops.fish
'

test_expect_success 'a link and a page for each verb, and no more' '
	ls dest/opt/x/share/man/man1 >pages &&
	ls dest/opt/x/bin >links &&
	sed "s/\.1$//" pages >names &&
	sort names >expect &&
	grep -v "^gdo$" links >rest &&
	sort rest >actual &&
	test_cmp expect actual
'

test_expect_success 'what is installed works by itself' '
	(
		PATH=$PWD/dest/opt/x/bin:/usr/bin:/bin &&
		git devops version >expect &&
		git devops-version >actual &&
		test_cmp expect actual &&
		gdo version >actual &&
		test_cmp expect actual
	)
'

test_expect_success STATIC 'the static executable needs nothing but libc and gssapi' '
	readelf -d "$TOP/bin/static/git-devops" >dynamic &&
	sed -n "s/.*(NEEDED).*\[\(.*\)\]/\1/p" dynamic >needed &&
	printf "%s\n" libc.so.6 libgssapi_krb5.so.2 libresolv.so.2 >allowed &&
	test_must_fail grep -vxFf allowed needed
'

test_expect_success STATIC 'the static executable runs' '
	"$TOP/bin/static/git-devops" version >actual &&
	grep "^git-devops version " actual &&
	# and so does libgit2 in it
	git init -q repo &&
	"$TOP/bin/static/git-devops" -C repo status
'

test_done
