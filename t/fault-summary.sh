#!/bin/sh
# Prints how many fault points the last run of the tests tried; with "forget",
# forgets them, before the next run.
dir=${GIT_DEVOPS_TEST_ROOT:-${TMPDIR:-/tmp}/git-devops-t.$(id -u)}/points
if test "${1:-}" = forget; then
	rm -rf "$dir"
	exit
fi
cat "$dir"/* 2>/dev/null | awk '
	{ n[$1] += $2 }
	END { printf "fault points: %d kills, %d ENOSPC, %d EROFS, %d EIO, %d SIGTERM\n",
		n["crash"], n["enospc"], n["erofs"], n["eio"], n["term"] }'
