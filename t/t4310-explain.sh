#!/bin/sh

test_description='what apply -n says is what apply does, and nothing else'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"
. "$TEST_DIR/lib-scatter.sh"

states=24
test_have_prereq !EXPENSIVE || states=1000

# The calls that change a file system, of those that strace 6.1 knows.
calls=open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,rmdir
calls=$calls,mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,chmod
calls=$calls,fchmod,fchmodat,chown,fchown,lchown,fchownat,utime,utimes,utimensat
calls=$calls,futimesat,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr
calls=$calls,fremovexattr,truncate,ftruncate,fallocate

# with_rules: what has drifted is overwritten, merged or kept, by its name.
with_rules () {
	local blob &&
	blob=$(printf "f1* devops-drift=keep\nf2* devops-drift=merge\n" | host_git hash-object -w --stdin) &&
	host_git update-index --add --cacheinfo "100644,$blob,.gitattributes" &&
	host_git update-index --skip-worktree .gitattributes &&
	host commit -q -m rules
}

# explained_as_done: apply, traced, does what -n has said. Paths may be in
# conflict.
explained_as_done () {
	local status=0 &&
	{ second apply -n --json >plan || test $? = 20; } &&
	digest=$(sed -n "s/.*\"type\":\"plan\".*\"plan\":\"\([0-9a-f]*\)\".*/\1/p" plan) &&
	strace --seccomp-bpf -f -y -s 5000 -e trace="$calls" -e signal=none -o trace \
		git devops --repo "$PWD/second.git" apply -q --plan="$digest" 2>err || status=$?
	test "$status" = 0 || test "$status" = 20 || { cat err && return 1; }
	explained "$PWD/second" plan trace
}

# next_state <n>: another tree to come, and drift on the root.
next_state () {
	if test "$(($1 % 8))" = 0
	then
		rm -rf root && mkdir root && scatter make root "$1"
	else
		scatter change root "$1"
	fi &&
	host add -q root &&
	host commit -q --allow-empty -m "$1" &&
	git --git-dir=second.git fetch -q origin &&
	if test "$(($1 % 3))" != 0
	then
		scatter drift second "$1"
	fi
}

test_expect_success ROOT,TMPFS,STRACE 'random states' '
	with_small_disk 4000 disk &&
	(
		cd disk &&
		SHARNESS_TRASH_DIRECTORY=$PWD &&
		new_host &&
		with_mtimes &&
		with_rules &&
		host_git config gc.autoDetach false &&
		new_second &&
		for n in $(seq 0 $states)
		do
			next_state $n && explained_as_done || { echo "state $n" && exit 1; }
			cat plan >>plans
		done &&
		test "$(grep -c "\"step\"" plans)" -gt $((10 * states))
	)
'

test_expect_success ROOT,STRACE 'what is not in the plan, and what is not done, is noticed' '
	new_host &&
	write root/etc/motd &&
	commit_root first &&
	commit_elsewhere second "echo new >etc/motd; mkdir new; echo new >new/file" &&
	host apply -n --json >plan &&
	strace -f -y -s 5000 -e trace="$calls" -e signal=none -o trace \
		git devops --repo "$PWD/repo" apply -q &&
	explained "$PWD/root" plan trace &&
	for path in etc/motd new new/file
	do
		grep -v "\"path\":\"$path\"" plan >less &&
		test_expect_code 1 explained "$PWD/root" less trace || return 1
	done &&
	for call in "renameat2.*\"motd\"" "renameat2.*\"new\""
	do
		grep -v "$call" trace >less &&
		test_expect_code 1 explained "$PWD/root" plan less || return 1
	done
'

test_done
