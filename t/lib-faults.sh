# shellcheck shell=sh
#
# For scripts that break a run: a small repository of known contents, and the
# check that it keeps its promises whatever was done to it. Sourced after
# test-lib.sh.

. "$TEST_DIR/lib-large.sh"

# make_template <dir>: a repository with chunks so small that small files have
# several, and with two large files and a small one committed.
make_template () {
	git devops init -q "$1" &&
	(
		cd "$1" &&
		small_chunks &&
		make_random big 500000 1 &&
		make_random other 300000 2 &&
		echo small >small &&
		git devops add . &&
		test_commit first
	)
}

# scenario <name> <before> <command>: what is broken. In a copy of the
# repository ./template, <before> is run, which gives $name/before; there
# <command>, which gives $name/after.
scenario () {
	name=$1 before=$2 command=$3 &&
	mkdir -p "$name" &&
	cp -a template "$name/before" &&
	(cd "$name/before" && eval "$before") &&
	cp -a "$name/before" "$name/after" &&
	(cd "$name/after" && sh -c "$command") &&
	state "$name/after" >"$name/state" &&
	setup="rm -rf repo && cp -a $name/before repo"
}

# state <dir>: what the index, the configuration and the held set are.
state () {
	git -C "$1" ls-files --stage &&
	git -C "$1" config --local --list &&
	git -C "$1" rev-parse -q --verify refs/devops/held
}

# in_repo <command>: how the fault harness is to run it.
in_repo () {
	printf 'cd repo && exec %s' "$1"
}

# old_or_new <dir>: each file of the work tree is as it was before, or as it
# is after, and there is no other.
old_or_new () {
	local file &&
	if diff -rq -x .git "$name/before" "$1" >/dev/null || diff -rq -x .git "$name/after" "$1" >/dev/null
	then
		return 0
	fi &&
	(cd "$1" && find . -name .git -prune -o -type f -print) >files &&
	(cd "$name/after" && find . -name .git -prune -o -type f -print) >>files &&
	sort -u files >all &&
	while read -r file
	do
		same_or_absent "$file" "$name/before" "$1" || same_or_absent "$file" "$name/after" "$1" || {
			echo "old_or_new: '$file' is neither" >&2
			return 1
		}
	done <all
}

same_or_absent () {
	if test -e "$2/$1"
	then
		cmp -s "$2/$1" "$3/$1"
	else
		! test -e "$3/$1"
	fi
}

# keeps_promises: what holds at any moment. git's own check goes along the held
# set, too: it is a ref.
keeps_promises () {
	old_or_new repo &&
	test_git_fsck repo &&
	git -C repo devops fsck -q
}

# goes_on: the same command now succeeds with no repair, with the state that it
# has where nothing was broken; git goes on working; gc leaves nothing behind.
goes_on () {
	(cd repo && sh -c "$command") &&
	state repo >actual &&
	test_cmp "$name/state" actual &&
	diff -rq -x .git "$name/after" repo &&
	keeps_promises &&
	works_with_git repo &&
	git -C repo devops gc -q &&
	no_rests repo &&
	keeps_promises
}

# works_with_git <dir>: plain git sees what our command has done, and can add.
works_with_git () {
	git -C "$1" status --porcelain >/dev/null &&
	echo more >"$1/.git/info/more" &&
	cp "$1/.git/info/more" "$1/plain" &&
	git -C "$1" add plain &&
	git -C "$1" rm -q --cached plain &&
	rm "$1/plain"
}

# no_rests <dir>: no file that a dead process would have left, but for what a
# killed git leaves for its own gc.
no_rests () {
	rm -rf "$1"/.git/objects/tmp_objdir-* &&
	find "$1/.git" \( -path '*/.git/devops/*' -o -name '*.keep' -o -name '*.lock' -o -name 'tmp_*' \) \
		-type f ! -name gc.lock ! -name '*.flock' >rests &&
	while read -r file
	do
		case $file in
		*.keep) printf 'git-devops chunks\n' | cmp -s - "$file" && continue ;;
		esac
		echo "no_rests: $file" >&2
		return 1
	done <rests
}

# kill_before <pattern> <command>...: run the command in this directory and kill
# it before the first of its system calls that matches.
kill_before () {
	local pattern="$1" n=0 &&
	shift &&
	rm -rf ../untouched &&
	cp -a . ../untouched &&
	while :
	do
		n=$((n + 1))
		faults -at "$n" -report ../hit -- "$@" >/dev/null 2>&1
		test -s ../hit || return 1
		! grep -q "$pattern" ../hit || return 0
		find . -mindepth 1 -delete &&
		cp -a ../untouched/. . || return 1
	done
}
