# shellcheck shell=sh
#
# For scripts about hosts: a root in ./root and its repository in ./repo, with
# what is done to them. Sourced after test-lib.sh.

# host <verb>...: git devops on the host.
host () {
	git devops --repo "$SHARNESS_TRASH_DIRECTORY/repo" "$@"
}

# host_git <verb>...: git in the host's repository.
host_git () {
	git --git-dir="$SHARNESS_TRASH_DIRECTORY/repo" "$@"
}

# write <path> [<line>...]: a file of these lines, with the directories to it.
write () {
	local path="$1" &&
	shift &&
	mkdir -p "$(dirname "$path")" &&
	printf '%s\n' "$@" >"$path"
}

# assert_file <path> <line>...: it has just these lines.
assert_file () {
	local path="$1" &&
	shift &&
	printf "%s\n" "$@" >expect &&
	test_cmp expect "$path"
}

# new_host: a host of the machine type web, with an empty root.
new_host () {
	mkdir root &&
	git devops init -q --host --repo repo --root root --type web
}

# commit_root <message>: all that is on the root.
commit_root () {
	host add -q root &&
	host commit -q -m "$1"
}

# commit_elsewhere <message> <command>: what the command, run in a work tree
# of the branch, makes of it, committed to the host's branch as if it had been
# fetched: the root is not touched.
commit_elsewhere () {
	rm -rf elsewhere &&
	host_git worktree prune &&
	git clone -q --no-local -b web repo elsewhere &&
	(
		cd elsewhere &&
		eval "$2" &&
		git add -A . &&
		git commit -q -m "$1"
	) &&
	host_git fetch -q "$PWD/elsewhere" web:refs/remotes/origin/web &&
	host_git config branch.web.remote origin &&
	host_git config branch.web.merge refs/heads/web &&
	host_git config remote.origin.fetch "+refs/heads/*:refs/remotes/origin/*" &&
	host_git config remote.origin.url "$PWD/elsewhere"
}

# picture <dir>: all that there is to see of a root, but for times and inodes.
picture () {
	(
		cd "$1" &&
		find . -mindepth 1 \( -type d -printf "%p %y %m %u %g\n" -o -printf "%p %y %m %u %g %n %s %l\n" \) | LC_ALL=C sort &&
		find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2 &&
		getfattr -d -m - -R -h . 2>/dev/null
	)
}
