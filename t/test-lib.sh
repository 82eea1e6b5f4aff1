# shellcheck shell=sh
#
# What every test script begins with: ". ./test-lib.sh", after setting
# test_description. Sharness (git's own test framework) with a fixed identity,
# clock and configuration, the built programs first in PATH, and the functions
# in test-lib-functions.sh. README.md explains how to write and run tests.

# Where the scripts are, and the programs under test.
TEST_DIR=$(pwd -P)
TOP=${TEST_DIR%/*}
SHARNESS_TEST_SRCDIR=$TEST_DIR
SHARNESS_BUILD_DIRECTORY=$TOP/bin
PATH=$TOP/bin/t:$PATH
SHARNESS_TEST_EXTENSION='sh'
chain_lint=t

# Not inside the project: nothing that a test does must ever find the
# project's own repository.
SHARNESS_TEST_DIRECTORY=${GIT_DEVOPS_TEST_ROOT:-${TMPDIR:-/tmp}/git-devops-t.$(id -u)}
mkdir -p "$SHARNESS_TEST_DIRECTORY" || exit 1

if ! test -x "$TOP/bin/git-devops" || ! test -x "$TOP/bin/t/faults"; then
	echo "Bail out! There is nothing to test yet: run 'make' first." && exit 1
fi
for tool in git strace script unshare man setfattr getfacl; do
	command -v "$tool" >/dev/null && continue
	echo "Bail out! '$tool' is needed: run 'make deps'." && exit 1
done
if ! test -f /usr/share/sharness/sharness.sh; then
	echo "Bail out! sharness is needed: run 'make deps'." && exit 1
fi

# Nothing of the person's configuration. HOME becomes the trash directory.
ORIGINAL_HOME=$HOME
for variable in $(env | sed -n 's/^\(GIT_[A-Z_0-9]*\|GDO_[A-Z_0-9]*\|XDG_[A-Z_]*\)=.*/\1/p'); do
	case $variable in
	GIT_DEVOPS_TEST_*) ;;
	*) unset "$variable" ;;
	esac
done
unset NO_COLOR MANPATH GPG_AGENT_INFO SSH_AUTH_SOCK
GIT_CONFIG_NOSYSTEM=1
GIT_CEILING_DIRECTORIES=$SHARNESS_TEST_DIRECTORY
GIT_TERMINAL_PROMPT=0
GIT_AUTHOR_NAME='A U Thor'
GIT_AUTHOR_EMAIL=author@example.com
GIT_COMMITTER_NAME='C O Mitter'
GIT_COMMITTER_EMAIL=committer@example.com
GIT_AUTHOR_DATE='1112911993 +0000'
GIT_COMMITTER_DATE='1112911993 +0000'
export GIT_CONFIG_NOSYSTEM GIT_CEILING_DIRECTORIES GIT_TERMINAL_PROMPT
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
umask 022

. /usr/share/sharness/sharness.sh
. "$TEST_DIR/test-lib-functions.sh"

git config --global init.defaultBranch main
mkdir -p .harness
: >.harness/points
cleanup '
	mkdir -p "$SHARNESS_TEST_DIRECTORY/points" &&
	cp .harness/points "$SHARNESS_TEST_DIRECTORY/points/$this_test"
'

# Prerequisites. Those named in GIT_DEVOPS_TEST_REQUIRE must hold.
test "$(id -u)" != 0 || test_set_prereq ROOT
! unshare -m mount -t tmpfs none /mnt 2>/dev/null || test_set_prereq TMPFS
! strace -o /dev/null true 2>/dev/null || test_set_prereq STRACE
! faults true 2>/dev/null || test_set_prereq FAULTS
! test -x "$TOP/bin/static/git-devops" || test_set_prereq STATIC
! test -x /usr/sbin/sshd || test_set_prereq SSHD
: >.harness/xattr
! setfattr -n user.test -v 1 .harness/xattr 2>/dev/null || test_set_prereq XATTR
test -z "${GIT_DEVOPS_TEST_EXPENSIVE:-}" || test_set_prereq EXPENSIVE
for prereq in ${GIT_DEVOPS_TEST_REQUIRE:-}; do
	test_have_prereq "$prereq" && continue
	echo "Bail out! The prerequisite $prereq is required and does not hold."
	EXIT_OK=t
	exit 1
done
