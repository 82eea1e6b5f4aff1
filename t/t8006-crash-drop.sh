#!/bin/sh

test_description='kill -9 at every system call of drop, and of the server that it asks

Whenever it is killed, here or on the machine that is asked, no chunk is nowhere
and both fscks are clean; the same command then succeeds with no repair step and
leaves nothing behind.'

. ./test-lib.sh
. "$TEST_DIR/lib-copies.sh"

test_expect_success 'set up' '
	make_full_template
'

test_expect_success FAULTS 'drop what a peer has' '
	PLACES="hub host" &&
	crash_in_world template nothing_here git -C world/host devops drop
'

test_expect_success FAULTS 'the peer is killed meanwhile' '
	PLACES="hub host" &&
	serve_crash_points template nothing_here git -C world/host devops drop --no-gc
'

test_expect_success FAULTS 'drop what a store has' '
	PLACES="store host" &&
	variant stored "git -C host remote remove origin && git -C host devops copy --to=disk" &&
	crash_in_world stored nothing_here git -C world/host devops drop --no-gc
'

# Passes on so many bytes, then kills all that answers.
cat >cut.pl <<-\END
	my ($left, $read, $bytes) = shift;
	while ($left > 0) {
		$read = sysread STDIN, $bytes, $left or exit;
		$left -= syswrite STDOUT, $bytes;
	}
	kill KILL => -getpgrp;
END

test_expect_success 'a peer that is killed in the middle of an answer' '
	PLACES="hub" &&
	variant lacking "git -C host devops drop" &&
	TEMPLATE=lacking &&
	for length in 0 10 100 200 300 1000 40000 105000
	do
		from lacking &&
		serve_by "git-devops \"\$@\" | perl '\''$PWD/cut.pl'\'' $length" &&
		test_expect_code 13 git -C world/host devops get 2>err &&
		grep "^error: origin: " err &&
		git -C world/host config --unset remote.origin.devopsServe &&
		again all_here git -C world/host devops get || return 1
	done
'

test_done
