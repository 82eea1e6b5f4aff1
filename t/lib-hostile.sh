# shellcheck shell=sh
#
# For scripts in which a host is given what somebody made who wishes it ill. The
# host's root is ./world/root. All else in ./world is its surroundings, which
# must stay as they are. Its branch comes from ./there. Sourced after
# test-lib.sh; without root the script ends here.

. "$TEST_DIR/lib-host.sh"

if ! test_have_prereq ROOT
then
	skip_all="only root can apply as root"
	test_done
fi

umask 022

# host <verb>...: git devops on the host, which must not hang.
host () {
	timeout 60 git devops --repo "$SHARNESS_TRASH_DIRECTORY/repo" "$@"
}

# ends_with <codes> <verb>...: on the host, that ends with one of these codes.
ends_with () {
	local codes="$1" status=0 &&
	shift &&
	host "$@" >out 2>err || status=$?
	echo "# $status: $(tail -n 1 err)"
	! grep -i "panic\|goroutine" err || return 1
	case " $codes " in
	*" $status "*) ;;
	*) cat err && return 1 ;;
	esac
}

# there <verb>...: git in the repository that the branch comes from.
there () {
	git --git-dir="$SHARNESS_TRASH_DIRECTORY/there" "$@"
}

# blob <text>: the id of a blob with just this, in which \ooo is a byte.
blob () {
	printf "$1" | there hash-object -w --stdin
}

# raw_tree: the id of a tree with the entries of standard input, each a line
# "<mode> <id> <name>", in that order. In a name \ooo is a byte. Git checks
# nothing of it.
raw_tree () {
	perl -ne '
		chomp;
		my ($mode, $id, $name) = split / /, $_, 3;
		$name =~ s/\\([0-7]{3})/chr oct $1/ge;
		print "$mode $name\0", pack "H*", $id;
	' >tree.raw &&
	there hash-object -t tree --literally -w --stdin <tree.raw
}

# tree_with <entry>...: the id of a tree that is the first commit's, with these
# entries first.
tree_with () {
	{
		printf "%s\n" "$@" &&
		cat "$SHARNESS_TRASH_DIRECTORY/base.entries"
	} | raw_tree
}

# control <name> <text>: the id of a tree that is the first commit's with this
# control file in .devops.
control () {
	local id
	id=$(blob "$2") &&
	id=$(echo "100644 $id $1" | raw_tree) &&
	tree_with "40000 $id .devops"
}

# new_world: a host that has applied a commit, and its surroundings.
new_world () {
	mkdir -p world/beside/dir world/beside/open world/root/etc world/root/home &&
	(
		cd world/beside &&
		echo secret >secret && chmod 600 secret &&
		echo shared >shared &&
		cp secret suid && chmod 4755 suid &&
		chmod 1777 open && echo x >open/file &&
		ln -s ../root/etc link && ln -s /etc absolute &&
		mkfifo fifo && mknod null c 1 3 &&
		ln secret dir/hard && echo inside >dir/motd &&
		chown 1000:1000 dir/motd &&
		setfattr -n user.note -v x secret
	) &&
	echo beside >world/motd &&
	(
		cd world/root &&
		echo hello >etc/motd && echo conf >etc/conf &&
		printf "root:x:0:0::/root:/bin/sh\nwww:x:33:33::/:/bin/sh\n" >etc/passwd &&
		printf "root:x:0:\nwww:x:33:\n" >etc/group &&
		# What lay there before, and is not managed.
		ln -s ../beside/dir out &&
		ln -s "$SHARNESS_TRASH_DIRECTORY/world/beside/dir" absolute &&
		ln -s ../beside/dir home/out && chown -h 1000:1000 home home/out
	) &&
	git devops init -q --host --repo repo --root world/root --type web &&
	host add -q world/root/etc &&
	host commit -q -m first &&
	host apply -q &&
	git clone -q --bare --no-local repo there &&
	there ls-tree HEAD | sed "s/^\([0-9]*\) [a-z]* \([0-9a-f]*\)	/\1 \2 /; s/^040000/40000/" >base.entries &&
	host_git remote add origin "$SHARNESS_TRASH_DIRECTORY/there" &&
	host_git config branch.web.remote origin &&
	host_git config branch.web.merge refs/heads/web &&
	cp -a repo repo.first &&
	cp -a world/root root.first &&
	there rev-parse web >first
}

# anew: the host is as it was when it had applied the first commit.
anew () {
	rm -rf repo world/root &&
	cp -a repo.first repo &&
	cp -a root.first world/root
}

# surroundings: all that there is to see around the root.
surroundings () {
	find world /hostile ! -path "world/root/*" -printf "%p %i %y %m %U %G %n %s %T@ %C@ %l\n" 2>/dev/null |
	grep -v "^world\(/root\)\? " &&
	cat world/beside/secret world/beside/dir/motd world/motd &&
	ls -A world &&
	sha256sum /etc/passwd /etc/group
}

# offer <tree> [<parent>]: it is the branch's next commit, and the host has
# fetched it.
offer () {
	local commit
	commit=$(echo hostile | there commit-tree -p "${2:-$(cat first)}" "$1") &&
	there update-ref refs/heads/web "$commit" &&
	host_git fetch -q origin
}

# attack <exit code> <pattern> [<option>...]: applying what was offered ends so,
# and says so; nothing around the root has changed, and nothing is left in it.
attack () {
	local code="$1" pattern="$2" status=0 &&
	shift 2 &&
	surroundings >before &&
	host apply "$@" >out 2>err || status=$?
	surroundings >after &&
	test_cmp before after &&
	! grep -i "panic\|goroutine" err &&
	find world -name ".git-devops-*" >left &&
	test_must_be_empty left || return 1
	if test "$status" != "$code"
	then
		echo "exit code $status, expected $code" && cat err && return 1
	fi
	grep -e "$pattern" out err || {
		cat out err
		return 1
	}
}

# refused <pattern>: an attack after which nothing on the root has changed.
refused () {
	picture world/root >root.before &&
	attack 128 "$1" &&
	picture world/root >root.after &&
	test_cmp root.before root.after
}

# harmless: an attack that succeeds as if it were none.
harmless () {
	attack 0 "applied" && host apply -q --exit-code
}
