# shellcheck shell=sh
#
# For scripts that break a run: a small repository of known contents, and the
# check that it keeps its promises whatever was done to it. Sourced after
# test-lib.sh.

. "$TEST_DIR/lib-large.sh"

# make_template <dir>: a repository with chunks so small that small files have
# several, and with two large files and a small one committed. In its copies git
# takes what has not changed for that: else it would read all again.
make_template () {
	git devops init -q "$1" &&
	(
		cd "$1" &&
		git config core.checkStat minimal &&
		git config core.trustctime false &&
		small_chunks &&
		make_random big 500000 1 &&
		make_random other 300000 2 &&
		echo small >small &&
		touch -d "2005-04-07 12:00" big other small &&
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

# What scripts break. Each makes the copies that scenario makes.

add_new () {
	scenario add-new "make_random new 300000 3" "git devops add new"
}

add_changed () {
	scenario add-changed "make_random part 100000 4 && cat part >>big && rm part" "git devops add big"
}

add_small () {
	scenario add-small '
		mkdir -p dir/sub &&
		for i in 1 2 3 4 5 6 7 8 9
		do
			echo $i >dir/$i && echo $i sub >dir/sub/$i || return 1
		done
	' "git devops add dir"
}

add_several () {
	scenario add-several '
		mkdir dir &&
		for i in 5 6 7
		do
			make_random dir/$i 110000 $i || return 1
		done &&
		rm other
	' "git devops add ."
}

add_by_git () {
	scenario add-by-git '
		git devops track -q "*.bin" &&
		make_random new.bin 110000 3 &&
		make_random part 100000 4 && cat part >>big && rm part
	' "git add ."
}

checkout_absent () {
	scenario checkout-absent "rm big other" "git devops checkout"
}

checkout_versions () {
	scenario checkout-versions '
		make_random part 100000 4 &&
		mkdir dir &&
		cp part dir/third &&
		cat part >>big && cat other >>part && mv part other &&
		git devops add . &&
		test_commit second
	' "git devops checkout HEAD^ -- big other"
}

checkout_executable () {
	scenario checkout-executable '
		mkdir -p dir/sub &&
		make_random dir/sub/exec 150000 5 &&
		chmod +x dir/sub/exec &&
		git devops add . &&
		test_commit second &&
		rm -r dir
	' "git devops checkout dir"
}

gc_dead () {
	scenario gc-dead '
		make_random dead 200000 8 &&
		git devops add dead &&
		forget dead &&
		mkdir dir &&
		make_random dir/dying 500000 9 &&
		make_random dir/small 110000 10 &&
		git devops add dir &&
		forget dir/dying &&
		test_commit second
	' "git devops gc"
}

gc_many () {
	scenario gc-many '
		for i in 1 2 3 4 5 6 7
		do
			make_random file$i 110000 $i &&
			git devops add file$i || return 1
		done
	' "git devops gc"
}

# forget <path>: a file that was only staged goes, and its chunks are not held
# any more, as after a drop.
forget () {
	manifest_chunks ":$1" >../gone &&
	git rm -q -f "$1" &&
	held_chunks >../held &&
	grep -v -x -F -f ../gone ../held >../kept &&
	sed "s/.*/100644 blob &\t&/" ../kept | git mktree >../tree &&
	git update-ref refs/devops/held "$(cat ../tree)"
}

track_patterns () {
	scenario track-patterns : 'git devops track -q "*.bin" "*.img"'
}

init_again () {
	scenario init-again "git devops init -q --uninstall" "git devops init -q"
}

# state <dir>: what the index, the configuration and the held set are.
state () {
	git -C "$1" ls-files --stage &&
	git -C "$1" config --local --list &&
	git -C "$1" rev-parse -q --verify refs/devops/held
}

# crash_in_repo, enospc_in_repo, eio_in_repo <check>: break the scenario's
# command in each way, and have the check done.
crash_in_repo () {
	crash_points "$setup" "$1" sh -c "cd repo && exec $command"
}
enospc_in_repo () {
	enospc_points "$setup" "$1" sh -c "cd repo && exec $command"
}
eio_in_repo () {
	eio_points "$setup" "$1" sh -c "cd repo && exec $command"
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
	works_with_git repo &&
	git -C repo devops gc -q &&
	no_rests repo &&
	keeps_promises
}

# says_why <error>: the command, where it did not succeed, said so.
says_why () {
	if test "$POINT_STATUS" != 0 && test "$POINT_STATUS" != 128
	then
		echo "says_why: status $POINT_STATUS" >&2
		return 1
	fi &&
	if test "$POINT_STATUS" = 128 &&
		! grep -q -i "^fatal: ..*: \($1\|git config: error: failed to write\)" .harness/out
	then
		echo "says_why: no message about '$1'" >&2
		return 1
	fi
}

# nothing_staged: a command that did not succeed has left the index as it was;
# or all is staged, where only that could not be made durable.
nothing_staged () {
	local from="$name/before" &&
	if test "$POINT_STATUS" = 0 || grep -q "^fatal: replace index: done" .harness/out
	then
		from=$name/after
	fi &&
	git -C "$from" ls-files --stage >expect &&
	git -C repo ls-files --stage >actual &&
	test_cmp expect actual
}

# staged_if_written: a checkout that did not succeed has told the index of no
# file that it has not written.
staged_if_written () {
	git -C "$name/before" ls-files --stage >expect &&
	git -C "$name/after" ls-files --stage >>expect &&
	git -C repo ls-files --stage >actual &&
	! grep -v -x -F -f expect actual &&
	git -C repo status --porcelain >actual &&
	! grep "^M[^ ]" actual
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
