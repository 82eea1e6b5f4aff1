#!/bin/sh

test_description='kill -9, and errors, at every system call of git devops export

What looks whole is whole: a new directory, or a file, is there or is not; one
that was there before has a temporary name in it until all is in its place. The
next export clears away what was left.'

. ./test-lib.sh
. "$TEST_DIR/lib-host-faults.sh"

# no_rests <dir>: no temporary name is in it.
no_rests () {
	test -z "$(find "$1" -name "*git-devops-*")"
}

# dir_whole: out is not there, or whole.
dir_whole () {
	test_path_is_missing out/out || between -done whole whole out/out
}

# dir_or_rests: so it is, or there is a temporary name.
dir_or_rests () {
	test -n "$(find out -maxdepth 1 -name "git-devops-tmp-*")" ||
	test -z "$(ls -A out)" ||
	between -done whole whole out
}

file_whole () {
	test_path_is_missing out/tar || cmp whole.tar out/tar
}

# says <error>: where it has failed, it says why.
says () {
	test "$POINT_STATUS" = 0 ||
	grep -q -i "$1\|unable to write\|unable to create" .harness/out
}

test_expect_success ROOT 'set up' '
	make_host &&
	host export -q whole &&
	host export --tar=whole.tar &&
	POINTS_EVERY=9
'

setup="rm -rf out && mkdir out"

# breaks <command> <check after a kill> <check of the next>
breaks () {
	crash_points "$setup" "$2 && $3" sh -c "exec $1" &&
	enospc_points "$setup" "says \"no space left on device\" && $2 && $3" sh -c "exec $1" &&
	eio_points "$setup" "says \"input/output error\" && $2 && $3" sh -c "exec $1" &&
	erofs_points "$setup" "says \"read-only file system\" && $2 && $3" sh -c "exec $1"
}

test_expect_success ROOT,FAULTS 'a new directory' '
	export="git devops --repo repo export -q out/out" &&
	breaks "$export" dir_whole "{ test -e out/out || $export; } && dir_whole && test -d out/out && no_rests out"
'

test_expect_success ROOT,FAULTS 'a directory that was there' '
	export="git devops --repo repo export -q out" &&
	breaks "$export" dir_or_rests "
		find out -mindepth 1 -maxdepth 1 ! -name \"git-devops-tmp-*\" -exec rm -r {} + &&
		$export && between -done whole whole out
	"
'

test_expect_success ROOT,FAULTS 'an archive' '
	export="git devops --repo repo export -q --tar=out/tar" &&
	breaks "$export" file_whole "$export && cmp whole.tar out/tar && no_rests out"
'

test_done
