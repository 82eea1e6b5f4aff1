# shellcheck shell=sh
#
# Functions for test scripts, beside those of sharness. Each returns non-zero,
# and says why on standard error, when what it asserts does not hold.

# test_tick: the next commit is a minute later.
test_tick () {
	GIT_COMMITTER_DATE="$((${GIT_COMMITTER_DATE%% *} + 60)) +0000"
	GIT_AUTHOR_DATE=$GIT_COMMITTER_DATE
}

# test_commit <message> [<path>...]: commit these paths, or what is staged.
test_commit () {
	local message="$1" &&
	shift &&
	if test $# -gt 0
	then
		git add -- "$@"
	fi &&
	test_tick &&
	git commit -q -m "$message"
}

# make_random <file> <bytes> <seed>: bytes that do not compress. The same
# arguments give the same bytes, here and below.
make_random () {
	gen random "$2" "$3" >"$1"
}

# make_text <file> <bytes> <seed>: lines of a log, which compress well.
make_text () {
	gen text "$2" "$3" >"$1"
}

# assert_same <file> <file>: bit for bit.
assert_same () {
	cmp "$1" "$2" >&2 || {
		echo "assert_same: '$1' and '$2' differ" >&2
		return 1
	}
}

# refute_same <file> <file>
refute_same () {
	if cmp -s "$1" "$2"
	then
		echo "refute_same: '$1' and '$2' are the same" >&2
		return 1
	fi
}

# assert_mode <octal> <file>
assert_mode () {
	local mode &&
	mode=$(stat -c %a "$2") &&
	if test "$mode" != "$1"
	then
		echo "assert_mode: '$2' has mode $mode, not $1" >&2
		return 1
	fi
}

# manifest_chunks <rev>:<path>: the ids of the chunks that the manifest there
# lists, sorted, each once.
manifest_chunks () {
	git cat-file blob "$1" >"$SHARNESS_TRASH_DIRECTORY/.harness/manifest" &&
	sed -n 's/^\([0-9a-f]\{40\}\) [0-9]*$/\1/p' \
		"$SHARNESS_TRASH_DIRECTORY/.harness/manifest" >"$SHARNESS_TRASH_DIRECTORY/.harness/ids" &&
	sort -u "$SHARNESS_TRASH_DIRECTORY/.harness/ids"
}

# held_chunks: the ids of the held set, sorted.
held_chunks () {
	: >"$SHARNESS_TRASH_DIRECTORY/.harness/ids" &&
	if git rev-parse -q --verify refs/devops/held >/dev/null
	then
		git ls-tree -r --format='%(objectname)' refs/devops/held >"$SHARNESS_TRASH_DIRECTORY/.harness/ids"
	fi &&
	sort "$SHARNESS_TRASH_DIRECTORY/.harness/ids"
}

# assert_held <rev>:<path>: what stands there is a manifest, the held set names
# every chunk it lists, and git has each of them.
assert_held () {
	local dir="$SHARNESS_TRASH_DIRECTORY/.harness" &&
	git cat-file blob "$1" >"$dir/manifest" &&
	head -n 1 "$dir/manifest" >"$dir/first" &&
	if ! grep -q '^git-devops manifest ' "$dir/first"
	then
		echo "assert_held: $1 is not a manifest" >&2
		return 1
	fi &&
	manifest_chunks "$1" >"$dir/listed" &&
	held_chunks >"$dir/held" &&
	comm -23 "$dir/listed" "$dir/held" >"$dir/absent" &&
	if test -s "$dir/absent"
	then
		echo "assert_held: not in the held set: $(cat "$dir/absent")" >&2
		return 1
	fi &&
	git cat-file --batch-check <"$dir/listed" >"$dir/checked" &&
	if grep ' missing$' "$dir/checked" >&2
	then
		echo "assert_held: $1 lists objects that git does not have" >&2
		return 1
	fi
}

# refute_held <rev>:<path>: the held set names no chunk that the manifest lists.
refute_held () {
	local dir="$SHARNESS_TRASH_DIRECTORY/.harness" &&
	manifest_chunks "$1" >"$dir/listed" &&
	held_chunks >"$dir/held" &&
	comm -12 "$dir/listed" "$dir/held" >"$dir/both" &&
	if test -s "$dir/both"
	then
		echo "refute_held: in the held set: $(cat "$dir/both")" >&2
		return 1
	fi
}

# test_git_fsck [<dir>]: git's own check finds nothing at all.
test_git_fsck () {
	local out="$SHARNESS_TRASH_DIRECTORY/.harness/fsck" &&
	if ! git -C "${1:-.}" fsck --full --strict --no-dangling --no-progress >"$out" 2>&1 ||
		grep -v '^notice: ' "$out" >&2
	then
		cat "$out" >&2
		echo "test_git_fsck: '${1:-.}' is not clean" >&2
		return 1
	fi
}

# with_small_disk <megabytes> <dir>: <dir> becomes a file system of its own of
# that size, until the end of this test. Prerequisite: ROOT,TMPFS.
with_small_disk () {
	mkdir -p "$2" &&
	mount -t tmpfs -o "size=$1m" tmpfs "$2" &&
	test_when_finished "umount -l '$(cd "$2" && pwd -P)'"
}

# crash_points <setup> <check> <command>...
#
# Kill the command, with all its descendants, just before each of its system
# calls that change a file system, one call a run, and for each
#
#   - eval <setup>, which makes the state to begin from (it must remove what
#     the run before has left),
#   - run the command and kill it at the call,
#   - eval <check>, which must find the promises kept.
#
# It ends when the command gets to its end, which must be a success; then the
# check is done once more. Prerequisite: FAULTS.
#
# The check, and the setup, run in a subshell of their own. They see
#   POINT         what was hit: "<number> <call> <path>"; empty in the last run
#   POINT_STATUS  exit code of the command
#
# POINTS_BELOW=<dir>, an absolute path, counts only calls on what is below.
# POINTS_EVERY=<n> tries only the 1st, n+1st, 2n+1st …, but for EXPENSIVE.
#
# GIT_DEVOPS_TEST_POINT=<n> in the environment tries point <n> alone, to look
# at what failed (with --debug, to keep the trash directory).
crash_points () {
	fault_points_ crash "$@"
}

# enospc_points <setup> <check> <command>...: the same with a disk that is full
# from each call on that needs space.
enospc_points () {
	fault_points_ enospc "$@"
}

# eio_points <setup> <check> <command>...: the same with each call that uses
# the disk failing once with EIO.
eio_points () {
	fault_points_ eio "$@"
}

# erofs_points <setup> <check> <command>...: the same with a disk that is
# read-only from each call on, but to sync.
erofs_points () {
	fault_points_ erofs "$@"
}

# term_points <setup> <check> <command>...: the same with SIGTERM for the
# command before each call.
term_points () {
	fault_points_ term "$@"
}

fault_points_ () {
	local kind="$1" setup="$2" check="$3" every="${POINTS_EVERY:-1}" n dir flags one="${GIT_DEVOPS_TEST_POINT:-}"
	shift 3
	! test_have_prereq EXPENSIVE || every=1
	n=$((1 - every))
	dir="$SHARNESS_TRASH_DIRECTORY/.harness"
	case $kind in
	crash) flags= ;;
	enospc) flags='-error ENOSPC -sticky' ;;
	eio) flags='-error EIO' ;;
	term) flags=-term ;;
	erofs) flags='-error EROFS -sticky' ;;
	esac
	: >"$dir/hits"
	while :
	do
		n=$((${one:-$n + $every}))
		fault_point_ "$n" "$flags" "$setup" "$check" "$@" || return 1
		if ! test -s "$dir/point" || test -n "$one"
		then
			break
		fi
		cat "$dir/point" >>"$dir/hits"
	done
	fault_summary_ "$kind" "$*"
}

# fault_point_ <n> <flags> <setup> <check> <command>...: one run.
fault_point_ () {
	local n="$1" flags="$2" setup="$3" check="$4" dir="$SHARNESS_TRASH_DIRECTORY/.harness"
	shift 4
	(eval "$setup") >"$dir/out" 2>&1 || {
		fault_failed_ "$n" "the setup failed"
		return 1
	}
	# shellcheck disable=SC2086 # several words
	faults -at "$n" $flags ${POINTS_BELOW:+-below "$POINTS_BELOW"} -report "$dir/point" -- "$@" >"$dir/out" 2>&1
	POINT_STATUS=$?
	POINT=$(cat "$dir/point")
	case $POINT_STATUS,$POINT in
	0,*) ;;
	2,*) fault_failed_ "$n" "it panicked" && return 1 ;;
	*,) fault_failed_ "$n" "it failed with $POINT_STATUS without a fault" && return 1 ;;
	esac
	(eval "$check") >>"$dir/out" 2>&1 || {
		fault_failed_ "$n" "the check failed (status of the command: $POINT_STATUS)"
		return 1
	}
}

fault_failed_ () {
	cat "$SHARNESS_TRASH_DIRECTORY/.harness/out" >&2
	echo "at point $1 (${POINT:-no fault}): $2" >&2
}

# fault_summary_ <kind> <command>: a line for the reader, one for the total.
fault_summary_ () {
	local dir="$SHARNESS_TRASH_DIRECTORY/.harness" count calls
	count=$(wc -l <"$dir/hits")
	calls=$(cut -d' ' -f2 "$dir/hits" | sort | uniq -c | sort -rn | awk '{printf "%s%s %d", sep, $2, $1; sep = ", "}')
	echo "# $1 points: $count ($calls): $2" >&5
	echo "$1 $count" >>"$dir/points"
	test "$count" -gt 0 || test -n "${GIT_DEVOPS_TEST_POINT:-}" || {
		echo "the command changes nothing: no point was tried" >&2
		return 1
	}
}

# test_path_is_file, test_path_is_dir, test_path_is_missing <path>
test_path_is_file () {
	test -f "$1" || { echo "'$1' is not a file" >&2; return 1; }
}
test_path_is_dir () {
	test -d "$1" || { echo "'$1' is not a directory" >&2; return 1; }
}
test_path_is_missing () {
	if test -e "$1" || test -L "$1"
	then
		echo "'$1' exists" >&2
		return 1
	fi
}

# test_line_count <operator> <number> <file>
test_line_count () {
	# shellcheck disable=SC2046 # a number
	test $(wc -l <"$3") "$1" "$2" || {
		echo "not $1 $2 lines in '$3':" >&2
		cat "$3" >&2
		return 1
	}
}
