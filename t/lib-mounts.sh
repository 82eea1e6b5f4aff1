# shellcheck shell=sh
#
# Mounts of a script's own, which go when it ends, however it ends: root runs
# the script anew among them. Sourced in place of test-lib.sh, which it sources.

if test "$(id -u)" = 0 && test -z "${GIT_DEVOPS_TEST_MOUNTS:-}"
then
	GIT_DEVOPS_TEST_MOUNTS=1 exec unshare --mount sh "$0" "$@"
fi
unset GIT_DEVOPS_TEST_MOUNTS

. ./test-lib.sh
