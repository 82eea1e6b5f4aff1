# shellcheck shell=sh
#
# For scripts that break what goes on between machines: a world of small
# repositories that are peers of each other, a store and a git server, and the
# check that no chunk is nowhere. Sourced after test-lib.sh.

. "$TEST_DIR/lib-faults.sh"

# make_world: ./world has
#
#	hub     with a file of a few chunks in each of two commits
#	host    a clone of it as of the first, with none of the chunks, and as
#	        another remote the stock git server
#	store   an empty store that both know
#	server  a bare repository
#
# World is always the same directory, so that paths in it hold in copies, too.
make_world () {
	WORLD=$(pwd -P)/world &&
	TMPDIR=$(pwd -P)/tmp && export TMPDIR && mkdir "$TMPDIR" &&
	git config --global fetch.unpackLimit 1 &&
	git config --global init.templateDir "$WORLD/none" &&
	mkdir world world/none &&
	git init -q --bare world/server &&
	git -C world/server config receive.unpackLimit 1 &&
	git devops init -q world/hub &&
	(
		cd world/hub &&
		small_chunks &&
		make_random one 110000 1 &&
		git devops add . &&
		test_commit first &&
		git devops store add -q disk "dir:$WORLD/store"
	) &&
	git clone -q --no-local world/hub world/host &&
	git devops init -q world/host &&
	git -C world/host config devops.largeFile 100k &&
	git -C world/host config devops.autoGet false &&
	git -C world/host devops store add -q disk "dir:$WORLD/store" &&
	(
		cd world/hub &&
		make_random two 110000 2 &&
		git devops add two &&
		test_commit second
	) &&
	chunks_of world/hub >chunks &&
	test_line_count -ge 3 chunks
}

# make_full_template: ./template is such a world in which the host has all that
# the hub has.
make_full_template () {
	make_world &&
	git -C world/host devops sync &&
	git -C world/host merge -q &&
	mv world template
}

# nothing_here: the host has given up all.
nothing_here () {
	held_by world/host >holds &&
	test_must_be_empty holds
}

# all_here: the host has all.
all_here () {
	held_by world/host >holds &&
	test_cmp chunks holds
}

# chunks_of <dir>: what manifests name on its branch, sorted.
chunks_of () {
	(
		cd "$1" &&
		git ls-tree -r --name-only HEAD >"$SHARNESS_TRASH_DIRECTORY/.harness/paths" &&
		while read -r path
		do
			git cat-file blob "HEAD:$path" || exit 1
		done <"$SHARNESS_TRASH_DIRECTORY/.harness/paths"
	) >blobs &&
	sed -n 's/^\([0-9a-f]\{40\}\) [0-9]*$/\1/p' blobs >named &&
	sort -u named
}

# held_by <dir>: what it holds.
held_by () {
	(cd "$1" && held_chunks)
}

# stored <dir>: what is in a store.
stored () {
	find "$1/objects" -type f 2>/dev/null >bodies
	sed -n 's:.*/\(..\)/\([0-9a-f]\{38\}\)$:\1\2:p' bodies | sort
}

# from <template>: the setup of each point.
from () {
	rm -rf world && cp -a "$1" world
}

# nowhere_none: each chunk is in one of the PLACES: hub, host, store.
PLACES="hub host store"
nowhere_none () {
	local place &&
	for place in $PLACES
	do
		case $place in
		store) stored world/store ;;
		*) held_by world/$place ;;
		esac || return 1
	done >some &&
	sort -u some >have &&
	comm -23 chunks have >nowhere &&
	test_must_be_empty nowhere
}

# sound <dir>: both checks find nothing but chunks that are rightly not here.
sound () {
	local status=0 &&
	test_git_fsck "$1" &&
	{ git -C "$1" devops fsck >found 2>&1 || status=$?; } &&
	case $status in
	0) return 0 ;;
	13) ;;
	*) cat found && return 1 ;;
	esac &&
	! grep "^damaged" found &&
	held_by "$1" >holds &&
	sed -n "s/^absent chunk \([0-9a-f]*\).*/\1/p" found >absent &&
	test -s absent &&
	! grep -x -F -f absent holds
}

# world_safe: what holds at any moment.
world_safe () {
	local dir &&
	for dir in hub host
	do
		as_before $dir || sound world/$dir || return 1
	done &&
	nowhere_none &&
	no_processes
}

# as_before <repository>: a quick way to see that it holds what it held.
as_before () {
	cmp -s "$TEMPLATE/$1/.git/refs/devops/held" "world/$1/.git/refs/devops/held" &&
	diff -rq "$TEMPLATE/$1/.git/objects" "world/$1/.git/objects" >/dev/null
}

# world_clear: nothing is lost, and after gc there is nothing that a dead
# process would have left.
world_clear () {
	local dir &&
	for dir in hub host
	do
		if ! as_before $dir || ! clear_of_rests world/$dir 2>/dev/null
		then
			git -C world/$dir devops gc -q || return 1
		fi
	done &&
	world_safe &&
	clear_of_rests world/hub && clear_of_rests world/host &&
	test -z "$(find world/store/tmp "$TMPDIR" -mindepth 1 2>/dev/null)"
}

# again <check> <command>...: nothing is lost; the same command succeeds with no
# repair, and then what it was for is done. Locks of refs that a killed git push
# leaves must go by hand, as its index.lock.
again () {
	local done="$1" &&
	shift &&
	world_safe &&
	case $* in
	"git -C "*" push "*) find world/*/.git/refs world/server -name "*.lock" ! -name held.lock -delete ;;
	esac &&
	"$@" &&
	eval "$done" &&
	world_clear
}

# crash_in_world <template> <check> <command>...: kill the command at each call
# in a copy of that world.
crash_in_world () {
	TEMPLATE=$1 done="$2" &&
	shift 2 &&
	crash_points "from $TEMPLATE" "again $done $*" "$@"
}

# variant <name> <command>: another world, made from ./template by the command
# in ./world, that crash_in_world can take.
variant () {
	rm -rf "$1" && from template && (cd world && eval "$2") && mv world "$1"
}

# no_processes: none of ours is left for this world. They may take a moment.
no_processes () {
	local tries=0 &&
	while pgrep -f "$WORLD" >alive
	do
		tries=$((tries + 1)) &&
		if test $tries -gt 200
		then
			ps -fp "$(paste -sd, alive)" &&
			return 1
		fi &&
		sleep 0.05 || return 1
	done
}

# clear_of_rests <dir>: as no_rests, where what is remembered of peers and
# stores, what is promised, and the mark of a repository, are no rests, nor is what a killed git
# leaves in the packs.
clear_of_rests () {
	rm -rf "$1"/.git/objects/tmp_objdir-* "$1"/.git/objects/pack/tmp_* &&
	find "$1/.git" \( -path "*/.git/devops/*" -o -name "*.keep" -o -name "*.lock" \) -type f \
		! -name gc.lock ! -name sync.lock ! -path "*/known/.lock" ! -name "*.flock" ! -name id \
		! -path "*/known/peer-*" ! -path "*/known/store-*" ! -path "*/locks/lock-*" ! -path "*/devops/log" ! -path "*/devops/dropped" >rests &&
	while read -r file
	do
		case $file in
		*.keep) grep -q "^git-devops" "$file" && ! grep -q -x "git-devops chunks" "$file" || continue ;;
		esac
		echo "clear_of_rests: $file" >&2
		return 1
	done <rests
}

# serve_crash_points <template> <check> <command>...: kill the server of the host's
# peer at each of its calls, while the command goes on; then again does.
serve_crash_points () {
	local n=0 dir="$SHARNESS_TRASH_DIRECTORY/.harness" &&
	TEMPLATE=$1 done="$2" &&
	shift 2 &&
	: >"$dir/hits" &&
	while :
	do
		n=$((n + 1)) &&
		from "$TEMPLATE" &&
		rm -f "$dir"/point.* &&
		serve_by "exec faults -at $n -report '$dir/point.'\$\$ -- git-devops \"\$@\"" &&
		{ "$@" >"$dir/out" 2>&1 || :; } &&
		git -C world/host config --unset remote.origin.devopsServe &&
		(again "$done" "$@") >>"$dir/out" 2>&1 || {
			cat "$dir/out" &&
			echo "at call $n of the server" &&
			return 1
		} &&
		if ! cat "$dir"/point.* >"$dir/point" 2>/dev/null || ! test -s "$dir/point"
		then
			break
		fi &&
		cat "$dir/point" >>"$dir/hits" || return 1
	done &&
	fault_summary_ crash "the server of $*"
}

# serve_by <command>: what the host's peer runs in place of git-devops, a line of shell.
serve_by () {
	printf '#!/bin/sh\n%s\n' "$1" >server.sh &&
	chmod 755 server.sh &&
	git -C world/host config remote.origin.devopsServe "$(pwd -P)/server.sh"
}
