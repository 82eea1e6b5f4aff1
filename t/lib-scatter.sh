# shellcheck shell=sh
#
# For scripts that compare whole roots. Sourced after lib-host.sh.

# portrait <dir>: all that there is of a root, times and the kinship of hard
# links too, one line a path, as the common tools show it.
portrait () {
	(
		cd "$1" &&
		find . -type d -printf "%p %y %m %U:%G %T@\0" -o \
			-printf "%p %y %m %U:%G %T@ %n %s %l\0" | lines &&
		find . -type f -links +1 -printf "%i %p\0" | LC_ALL=C sort -z |
			tr "\n\0" "?\n" |
			awk "{ inode = \$1; sub(/[^ ]* /, \"\"); if (inode != last) first = \$0; last = inode; print first, \"=\", \$0 }" |
			LC_ALL=C sort &&
		find . \( -type b -o -type c \) -print0 | LC_ALL=C sort -z | xargs -0r stat -c "%n %t:%T" -- &&
		find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum -- &&
		find . -print0 | LC_ALL=C sort -z | xargs -0 getfattr -h -d -m - -e hex -- &&
		find . ! -type l -print0 | LC_ALL=C sort -z | xargs -0 getfacl -n --
	)
}

# lines: records that end in NUL as sorted lines.
lines () {
	LC_ALL=C sort -z | tr "\n\0" "?\n"
}

# looks_so <dir>: like what there is a portrait of in ./expect.
looks_so () {
	portrait "$1" >actual &&
	test -s expect &&
	cmp expect actual || { diff -a expect actual | cut -c 1-300 && return 1; }
}

# with_mtimes: what is recorded on this host has its modification times.
with_mtimes () {
	local blob devops tree commit &&
	blob=$(printf "[devops]\n\tmtimes = true\n" | host_git hash-object -w --stdin) &&
	devops=$(printf "100644 blob %s\tconfig\n" "$blob" | host_git mktree) &&
	tree=$(printf "040000 tree %s\t.devops\n" "$devops" | host_git mktree) &&
	commit=$(host_git commit-tree -m "record times" "$tree") &&
	host_git update-ref refs/heads/web "$commit" &&
	host_git read-tree "$commit" &&
	host apply -q
}

# new_second: a second host, with an empty root in ./second, that follows the
# first.
new_second () {
	mkdir second &&
	git devops init -q --host --repo second.git --root second --type web &&
	git --git-dir=second.git remote add origin "$PWD/repo" &&
	git --git-dir=second.git config branch.web.remote origin &&
	git --git-dir=second.git config branch.web.merge refs/heads/web
}

# second <verb>...: git devops on the second host.
second () {
	git devops --repo "$SHARNESS_TRASH_DIRECTORY/second.git" "$@"
}
