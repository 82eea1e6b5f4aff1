# shellcheck shell=sh
#
# For scripts that break what changes a host: scenarios, and the check that the
# host keeps its promises whatever was done to it. Sourced after test-lib.sh.

. "$TEST_DIR/lib-large.sh"
. "$TEST_DIR/lib-host.sh"

apply="git devops --repo repo apply -q"

# make_host: a host to which a commit was applied, with things of many kinds.
# It is what each scenario begins with.
make_host () {
	new_host &&
	write .devops/config "[chunker]" "min = 64k" "max = 256k" "averageBits = 16" &&
	host_git config devops.largeFile 100k &&
	control .devops/config &&
	host commit -q -m config &&
	write root/etc/motd hello &&
	ln root/etc/motd root/etc/motd.hard &&
	write root/etc/gone gone &&
	write root/etc/mode mode &&
	write root/etc/several several &&
	write root/etc/drifted drifted &&
	write root/srv/deep/er/file a &&
	write root/srv/dir/in b &&
	write root/srv/file c &&
	ln -s file root/srv/link &&
	mkfifo root/srv/fifo &&
	mkdir root/srv/large && make_random root/srv/large/a 300000 1 &&
	commit_root first &&
	host apply -q &&
	touch -d "2005-04-07 12:00" root/srv/unmanaged &&
	mkdir begin &&
	cp -a root repo begin
}

# control <file>: it is staged as a control file.
control () {
	host_git update-index --add --cacheinfo "100644,$(host_git hash-object -w "$1"),$1" &&
	host_git update-index --skip-worktree "$1"
}

# to_come <command> [<command>]: what the command, run in the root, makes of it
# is a commit upstream that is still to be applied; what the second makes of
# that is one, $third, which is not there yet.
to_come () {
	local new &&
	back_to begin &&
	rm root/srv/unmanaged &&
	(cd root && eval "$1") &&
	commit_root second &&
	new=$(host_git rev-parse HEAD) &&
	if test $# = 2
	then
		(cd root && eval "$2") &&
		commit_root third &&
		third=$(host_git rev-parse HEAD)
	fi &&
	host_git update-ref refs/heads/web "$(git --git-dir=begin/repo rev-parse HEAD)" &&
	host_git update-ref refs/devops/applied HEAD &&
	host_git update-ref refs/remotes/origin/web "$new" &&
	cp begin/repo/index repo/index &&
	rm -rf repo/devops/statcache root &&
	cp -a begin/repo/devops/statcache repo/devops &&
	cp -a begin/root . &&
	host_git config branch.web.remote origin &&
	host_git config branch.web.merge refs/heads/web &&
	host_git config remote.origin.fetch "+refs/heads/*:refs/remotes/origin/*" &&
	host_git config remote.origin.url nowhere
}

# The scenarios.

files_change () {
	to_come "
		write etc/new new &&
		write opt/new/dir/a a && write opt/new/b b &&
		write etc/mode changed &&
		rm -r etc/gone srv/deep
	" &&
	scenario files "$apply"
}

types_change () {
	to_come "
		rm -r srv/dir srv/file srv/link srv/deep srv/fifo &&
		echo a >srv/dir && ln -s elsewhere srv/file && echo f >srv/fifo &&
		mkdir srv/link && mkfifo srv/link/in && ln -s link srv/deep &&
		mknod srv/null c 1 3
	" &&
	scenario types "$apply"
}

links_change () {
	to_come "
		rm etc/motd.hard && ln etc/mode srv/mode && ln etc/gone etc/zone && echo 2 >etc/gone
	" &&
	scenario links "$apply"
}

metadata_change () {
	to_come "
		chmod 600 etc/mode &&
		chown daemon:games etc/several && chmod 4711 etc/several &&
		setfattr -n user.note -v x etc/several && setfattr -n user.more -v y etc/several &&
		setfattr -n user.note -v x etc/gone &&
		chown daemon:games srv/dir && chmod 2750 srv/dir &&
		chown daemon srv/large/a && chmod 600 srv/large/a &&
		chown -h daemon srv/link && chown daemon srv/fifo && chmod 622 srv/fifo
	" &&
	scenario metadata "$apply"
}

large_changes () {
	to_come "
		make_random part 100000 4 && cat part >>srv/large/a && rm part &&
		make_random srv/large/b 200000 5
	" &&
	scenario large "$apply"
}

drift_is_saved () {
	to_come "
		write etc/drifted changed && rm etc/gone && chmod 600 etc/mode && make_random srv/large/a 300000 6
	" &&
	write root/etc/drifted mine && write root/etc/gone mine &&
	chown daemon root/etc/several && write root/etc/mode mine &&
	echo more >>root/srv/large/a &&
	scenario drift "$apply"
}

actions_run () {
	write .devops/actions "[action \"one\"]" "path = etc/**" "run = : >/ran-one" \
		"[action \"two\"]" "path = etc/mode" "run = : >/ran-two" &&
	to_come "write etc/mode changed && control_above .devops/actions" &&
	give_shell root &&
	scenario actions "$apply"
}

# give_shell <root>: a shell, not managed, for actions.
give_shell () {
	local file &&
	for file in $(ldd /bin/sh | grep -o "/[^ ]*") /bin/sh
	do
		mkdir -p "$1$(dirname "$file")" &&
		cp -L "$file" "$1$file" || return 1
	done
}

control_above () {
	(cd .. && control "$1")
}

# overtaken: when the next run comes, there is a newer commit. ./second is the
# scenario of the one that is killed.
overtaken () {
	to_come "
		write etc/new new && write etc/motd second && chmod 600 etc/mode && rm etc/gone &&
		chown daemon srv/large/a && chmod 600 srv/large/a && write opt/soon gone
	" "
		write etc/newer newer && rm etc/new && write etc/motd third && chmod 640 etc/mode && rm -r opt
	" &&
	scenario second "$apply" &&
	newer="host_git update-ref refs/remotes/origin/web $third" &&
	back_to second/before &&
	eval "$newer" &&
	scenario third "$apply" &&
	setup="back_to second/before"
}

first_apply () {
	back_to begin &&
	rm -rf root && mkdir root &&
	host_git update-ref -d refs/devops/applied &&
	rm -f repo/devops/statcache &&
	scenario first "$apply"
}

some_to_add () {
	back_to begin &&
	write root/etc/new new && rm root/etc/gone && chmod 600 root/etc/mode &&
	make_random root/srv/large/b 200000 5 &&
	scenario add "git devops --repo repo add -q root/etc root/srv/large"
}

one_to_roll_back () {
	to_come "write etc/new new && write etc/motd second && rm etc/gone" &&
	first=$(host_git rev-parse HEAD) &&
	host apply -q &&
	scenario rollback "git devops --repo repo rollback -q $first"
}

one_to_resolve () {
	back_to begin &&
	host_git show :.gitattributes >.gitattributes &&
	echo "etc/drifted devops-drift=merge" >>.gitattributes &&
	to_come "control_above .gitattributes && write etc/drifted theirs" &&
	write root/etc/drifted ours &&
	test_expect_code 20 host apply -q &&
	scenario resolve "git devops --repo repo resolve --theirs root/etc/drifted"
}

# some_to_restore: also what is not managed any more, and over live changes.
some_to_restore () {
	drift_is_saved &&
	eval "$command" &&
	was=$(host_git rev-parse refs/devops/drift) &&
	write root/etc/gone again && write root/etc/mode live &&
	scenario restore "git devops --repo repo drift restore -q --from=$was root/etc root/srv"
}

# scenario <name> <command>: what is broken. ./root and ./repo are what it
# begins with; the command, done undisturbed, gives the reference.
scenario () {
	name=$1 command=$2 &&
	touch -d "2005-04-07 12:00" root/unmanaged &&
	rm -rf "$name" &&
	mkdir -p "$name/before" "$name/after" &&
	cp -a root repo "$name/before" &&
	cp -a root repo "$name/after" &&
	back_to "$name/after" &&
	sh -c "$command" &&
	host_state >"$name/state" &&
	rm -rf "$name/after" &&
	mkdir "$name/after" &&
	cp -a root "$name/after" &&
	setup="back_to $name/before"
}

# back_to <dir>: the root and the repository are what they were.
back_to () {
	rm -rf root repo &&
	cp -a "$1/root" "$1/repo" .
}

# host_state: what the repository says of the host. Drift may be saved in one
# commit or in several, so all are taken together. What the next change of the
# index or of a ref clears is passed over.
host_state () {
	local commit &&
	host_git rev-parse -q --verify HEAD &&
	{ host_git rev-parse -q --verify refs/devops/applied || :; } &&
	host_git ls-files --stage -t &&
	{
		host_git log --format=%H refs/devops/drift 2>/dev/null |
		while read -r commit
		do
			host_git ls-tree -r "$commit" | grep -v "	.devops/mtree$"
			host_git show "$commit:.devops/mtree"
		done | LC_ALL=C sort -u
	} &&
	(cd repo/devops && find . ! -name "refs%2F*" ! -name index.new | LC_ALL=C sort)
}

# keeps_promises: what holds at any moment. Directories and large files get
# each of their metadata by a call of its own.
keeps_promises () {
	between -parts srv/large/a,srv/dir "$name/before/root" "$name/after/root" root &&
	test_git_fsck repo
}

# goes_on: the same command now succeeds with no repair and gives what it gives
# undisturbed; nothing is left behind.
goes_on () {
	sh -c "$command" &&
	${sweep:-:} &&
	between -done "$name/before/root" "$name/after/root" root &&
	host_state >actual &&
	test_cmp "$name/state" actual
}

# keeps_second, goes_on_to_third: in the scenario overtaken.
keeps_second () {
	name=second && keeps_promises
}
goes_on_to_third () {
	name=third && eval "$newer" && goes_on
}

crash_on_host () {
	crash_points "$setup" "keeps_promises && goes_on" sh -c "exec $command"
}

# sweep_writers: who could not remove the name of its new chunks leaves that to
# the next gc.
sweep_writers () {
	test -z "$(ls repo/devops/writers)" || host gc -q
}

# fails_on_host <kind> <error>: the same with a disk that is full, broken or
# read-only. Where the command does not succeed it says why.
fails_on_host () {
	"$1_points" "$setup" "says_why \"$2\" && keeps_promises && sweep=sweep_writers && goes_on" sh -c "exec $command"
}

# crash_repeated: crash_on_host for a command that may have nothing to do the
# second time, which is an error.
crash_repeated () {
	command="$command || :" &&
	crash_points "$setup" "keeps_promises && goes_on" sh -c "$command"
}

# fails_repeated <kind> <error>: fails_on_host for such a command.
fails_repeated () {
	(
		undisturbed=$command command="$command || :" &&
		"$1_points" "$setup" "says_why \"$2\" && keeps_promises && sweep=sweep_writers && goes_on" sh -c "exec $undisturbed"
	)
}

# says_why <error>: git has words of its own for a ref, an index and an object.
says_why () {
	test "$POINT_STATUS" = 0 ||
	grep -q -i "$1\|unable to write\|unable to create\|write error\|couldn.t [sw]\|failed to write" .harness/out || {
		echo "says_why: no message about '$1'" >&2
		return 1
	}
}
