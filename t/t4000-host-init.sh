#!/bin/sh

test_description='git devops init --host: a root becomes a work tree, untouched'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# snapshot <dir>: all that there is to see of it, but for its repository.
snapshot () {
	find "$1" -path "*/var/git-devops" -prune -o \
		-printf "%p %y %i %n %m %U %G %s %T@ %C@ %l\n" | LC_ALL=C sort
}

# on_host <root> <command>...: run it there, with that root's repository.
on_host () {
	local root="$1" &&
	shift &&
	(cd "$root" && GIT_DEVOPS_REPO="$SHARNESS_TRASH_DIRECTORY/$root/var/git-devops/repo" "$@")
}

make_root () {
	mkdir -p "$1/etc/ssh" "$1/usr/bin" "$1/var/git-devops" &&
	ln -s usr/bin "$1/bin" &&
	echo hello >"$1/etc/motd" &&
	mkfifo "$1/etc/fifo" &&
	chmod 600 "$1/etc/motd"
}

test_expect_success 'a root' '
	make_root root &&
	snapshot root >before
'

test_expect_success 'init --host -n says what it would do' '
	git devops init --host -n --repo root/var/git-devops/repo --root root --type web >out 2>err &&
	test_must_be_empty err &&
	echo "would create a host'\''s repository in $PWD/root/var/git-devops/repo for the root $PWD/root, machine type web" >expect &&
	test_cmp expect out &&
	test_path_is_missing root/var/git-devops/repo
'

test_expect_success 'init --host changes nothing on the root' '
	git devops init --host --repo root/var/git-devops/repo --root root --type web >out 2>err &&
	test_must_be_empty err &&
	head -n 1 out >first &&
	echo "created a host'\''s repository in $PWD/root/var/git-devops/repo for the root $PWD/root, machine type web" >expect &&
	test_cmp expect first &&
	snapshot root >after &&
	test_cmp before after &&
	ls -A root/var/git-devops >actual &&
	echo repo >expect &&
	test_cmp expect actual
'

test_expect_success 'what it is' '
	git --git-dir=root/var/git-devops/repo config devops.root >actual &&
	echo "$PWD/root" >expect &&
	test_cmp expect actual &&
	test "$(git --git-dir=root/var/git-devops/repo config devops.type)" = web &&
	test "$(git --git-dir=root/var/git-devops/repo symbolic-ref HEAD)" = refs/heads/web &&
	assert_mode 700 root/var/git-devops/repo
'

test_expect_success 'stock git finds the root, and nothing to say of it' '
	git --git-dir=root/var/git-devops/repo rev-parse --show-toplevel >actual &&
	echo "$PWD/root" >expect &&
	test_cmp expect actual &&
	git --git-dir=root/var/git-devops/repo status --porcelain >out &&
	test_must_be_empty out
'

test_expect_success 'the second time it says and does nothing' '
	cp -a root/var/git-devops/repo saved &&
	on_host root git devops init --host >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	git devops init --host --repo root/var/git-devops/repo --root root --type web >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	diff -r saved root/var/git-devops/repo
'

test_expect_success 'it puts back what is missing' '
	git --git-dir=root/var/git-devops/repo config --unset diff.devops.command &&
	on_host root git devops init --host >out &&
	grep "^set    diff.devops.command = " out &&
	test_line_count = 1 out
'

test_expect_success 'another root, type or URL is refused' '
	mkdir other &&
	for option in "--root other" "--type db" "hub:repo"
	do
		test_expect_code 128 git devops init --host --repo root/var/git-devops/repo $option >out 2>err &&
		test_must_be_empty out &&
		grep "^fatal: the .* of the host in $PWD/root/var/git-devops/repo is " err &&
		grep "^hint: --repo names another place" err || return 1
	done
'

test_expect_success 'what cannot be a root' '
	echo file >file &&
	ln -s nowhere dangling &&
	for dir in absent file dangling new/repo
	do
		mkdir -p new/repo/below &&
		test_expect_code 128 git devops init --host --repo new/repo --root "$dir" >out 2>err &&
		test_must_be_empty out &&
		grep "^fatal: '\''$PWD/$dir'\'' cannot be a root: " err || return 1
	done &&
	test_expect_code 128 git devops init --host --repo new/repo --root new/repo/below 2>err &&
	grep "it is in the repository $PWD/new/repo" err &&
	ls -A new/repo >actual &&
	echo below >expect &&
	test_cmp expect actual
'

test_expect_success 'a root by way of a link is what the link leads to' '
	ln -s root link &&
	git devops init --host --repo linked --root link --type web &&
	test "$(git --git-dir=linked config devops.root)" = "$PWD/root"
'

test_expect_success 'what is there and is no host is left alone' '
	git init -q --bare bare &&
	test_expect_code 10 git devops init --host --repo bare --root root 2>err &&
	grep "^fatal: this is not the repository of a host: $PWD/bare" err &&
	mkdir full &&
	echo mine >full/file &&
	test_expect_code 10 git devops init --host --repo full --root root 2>err &&
	test "$(cat full/file)" = mine
'

test_expect_success 'wrong usage' '
	test_expect_code 129 git devops init --type web 2>err &&
	test_expect_code 129 git devops init --root root 2>err &&
	test_expect_code 129 git devops init --host --uninstall 2>err &&
	test_expect_code 129 git devops init --host --repo new2 --root root --type "a..b" 2>err &&
	grep "is not a name for a branch" err &&
	test_expect_code 129 git devops init --host --repo new2 --root root --type=-x 2>err &&
	test_expect_code 129 git devops init --host --repo new2 --root root -- -x 2>err &&
	test_path_is_missing new2
'

test_expect_success 'plain init does not look at GIT_DEVOPS_REPO' '
	GIT_DEVOPS_REPO=$PWD/root/var/git-devops/repo git devops init plain >out &&
	grep "^created a repository in $PWD/plain$" out
'

test_expect_success 'a machine type with a large file' '
	large_repo hub &&
	git -C hub checkout -q -b web &&
	make_random hub/image 3000000 1 &&
	mkdir -p hub/etc hub/.devops &&
	echo from hub >hub/etc/motd &&
	echo "#mtree" >hub/.devops/mtree &&
	git -C hub devops add -q . &&
	git -C hub commit -q -m web &&
	git -C hub checkout -q -b db
'

test_expect_success 'from a URL: the branch is there and followed, the root as it was' '
	make_root second &&
	snapshot second >before &&
	git devops init --host --repo second/var/git-devops/repo --root second --type web hub >out 2>err &&
	test_must_be_empty err &&
	snapshot second >after &&
	test_cmp before after &&
	repo=second/var/git-devops/repo &&
	git -C hub rev-parse web >expect &&
	git --git-dir=$repo rev-parse HEAD >actual &&
	test_cmp expect actual &&
	git --git-dir=$repo rev-parse web@{upstream} >actual &&
	test_cmp expect actual &&
	git --git-dir=$repo for-each-ref --format="%(refname)" refs/heads refs/remotes >actual &&
	printf "%s\n" refs/heads/web refs/remotes/origin/web >expect &&
	test_cmp expect actual &&
	test_git_fsck $repo
'

test_expect_success 'control files do not look deleted' '
	git --git-dir=second/var/git-devops/repo ls-files -v >out &&
	grep "^S \.devops/mtree$" out &&
	grep "^S \.gitattributes$" out &&
	git --git-dir=second/var/git-devops/repo status --porcelain >out &&
	printf "%s\n" " M etc/motd" " D image" >expect &&
	test_cmp expect out
'

test_expect_success 'from a URL that has nothing yet: the branch comes later' '
	git init -q --bare late.git &&
	mkdir late &&
	git devops init --host --repo late-host --root late --type web late.git &&
	tree=$(git -C hub rev-parse web:etc) &&
	commit=$(git -C hub commit-tree -m small $tree) &&
	git -C hub push -q ../late.git $commit:refs/heads/web &&
	git devops --repo late-host sync -q &&
	git --git-dir=late-host config devops.allowUnsigned true &&
	git devops --repo late-host apply -q &&
	echo from hub >expect &&
	test_cmp expect late/motd
'

test_expect_success 'the type is by default what HEAD is at the URL' '
	git devops init --host --repo third --root other hub >out 2>err &&
	test "$(git --git-dir=third config devops.type)" = db
'

test_expect_success 'a type that has no branch there, a URL that leads nowhere' '
	test_expect_code 128 git devops init --host --repo fourth --root other --type mail hub >out 2>err &&
	grep "^fatal: '\''$PWD/hub'\'' has no branch '\''mail'\''" err &&
	grep "^hint: it has .*web" err &&
	test_expect_code 128 git devops init --host --repo fourth --root other --type web nowhere 2>err &&
	test_path_is_missing fourth
'

test_expect_success 'from an empty repository: the first host of its type' '
	git init -q --bare empty &&
	git devops init --host --repo fifth --root other --type web empty &&
	test "$(git --git-dir=fifth config branch.web.merge)" = refs/heads/web &&
	test_must_fail git --git-dir=fifth rev-parse -q --verify HEAD
'

test_expect_success 'sync fetches the branch and its chunks, not more' '
	echo newer >>hub/etc/motd &&
	git -C hub checkout -q web &&
	make_random hub/image 3000000 2 &&
	git -C hub devops add -q . &&
	git -C hub commit -q -m newer &&
	git --git-dir=second/var/git-devops/repo rev-parse HEAD >before.head &&
	cp second/var/git-devops/repo/index before.index &&
	git --git-dir=second/var/git-devops/repo config remote.origin.url "$PWD/hub" &&
	on_host second git devops sync >out 2>err &&
	test_must_be_empty err &&
	snapshot second >after &&
	test_cmp before after &&
	git --git-dir=second/var/git-devops/repo rev-parse HEAD >after.head &&
	test_cmp before.head after.head &&
	test_cmp before.index second/var/git-devops/repo/index &&
	git -C hub rev-parse web >expect &&
	git --git-dir=second/var/git-devops/repo rev-parse origin/web >actual &&
	test_cmp expect actual &&
	on_host second git devops cat origin/web:image >actual &&
	assert_same actual hub/image
'

test_expect_success 'an unmanaged .gitattributes on the root decides nothing' '
	echo "* -filter" >second/.gitattributes &&
	on_host second git devops ls >out &&
	grep " image$" out &&
	on_host second git devops ls origin/web >out &&
	grep " image$" out &&
	rm second/.gitattributes
'

test_expect_success 'the verbs about chunks, with --repo from anywhere' '
	repo=$PWD/second/var/git-devops/repo &&
	mkdir -p elsewhere &&
	for verb in ls fsck gc "peer list" "get origin/web" "get -n" "whereis origin/web" "drop -n --unused" "store list"
	do
		(cd elsewhere && git devops --repo "$repo" $verb >../out 2>../err) || {
			cat err >&2
			return 1
		}
	done &&
	git devops serve "$repo" </dev/null >out &&
	(cd second/etc && git devops --repo "$repo" cat :image >../../actual) &&
	git -C hub cat-file --filters web~1:image >expect &&
	assert_same expect actual &&
	snapshot second >after &&
	sed "/ [^ ]* d /d; / d /d" before >files.before &&
	sed "/ [^ ]* d /d; / d /d" after >files.after &&
	test_cmp files.before files.after
'

test_expect_success 'verbs that write to work trees refuse a root' '
	for verb in "checkout" "checkout image" "track *.x" "untrack *.x"
	do
		(set -f && test_expect_code 128 on_host second git devops $verb) >out 2>err &&
		grep "^fatal: this is the repository of a host" err &&
		grep "^hint: .git devops apply. " err || return 1
	done &&
	test_path_is_missing second/image &&
	test_path_is_missing second/.gitattributes
'

test_expect_success '--repo leads nowhere' '
	test_expect_code 10 git devops --repo absent ls 2>err &&
	grep "^fatal: open repository: not a git repository" err &&
	test_expect_code 129 git devops --repo= ls 2>err
'

test_expect_success TMPFS 'the default, where a search finds nothing' '
	unshare -m sh -c "
		mount -t tmpfs none /var &&
		git devops init --host --root second --type web hub &&
		git devops -C / ls >out &&
		git devops -C hub -q ls >hub.out &&
		git -C hub devops track other.bin &&
		git devops -C elsewhere init -n >init.out
	" &&
	grep " image$" out &&
	grep " image$" hub.out &&
	git -C hub checkout -q .gitattributes &&
	grep "^would create a repository in $PWD/elsewhere$" init.out
'

test_expect_success 'what a killed one has left is cleared' '
	mkdir -p parent/.git-devops-init.repo/objects &&
	git devops init --host --repo parent/repo --root other --type web &&
	ls -A parent >actual &&
	echo repo >expect &&
	test_cmp expect actual
'

test_done
