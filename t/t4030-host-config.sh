#!/bin/sh

test_description='.devops/config of a branch changes what hosts do, never what they have'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"

# forget_looks: the next look reads everything.
forget_looks () {
	rm -f repo/devops/statcache
}

test_expect_success ROOT 'a host with a large file' '
	new_host &&
	head -c 3000000 /dev/urandom >root/image &&
	write root/motd hello &&
	commit_root "an image"
'

test_expect_success ROOT 'other chunker parameters make no drift' '
	commit_elsewhere "smaller chunks" \
		"write .devops/config \"[chunker]\" \"min = 64k\" \"max = 256k\" \"averageBits = 16\"" &&
	host apply >out 2>err &&
	test_must_be_empty err &&
	forget_looks &&
	host status --porcelain --exit-code >out &&
	test_must_be_empty out &&
	touch root/image &&
	host status --porcelain --exit-code >out &&
	test_must_be_empty out &&
	host verify &&
	forget_looks &&
	host apply --exit-code
'

test_expect_success ROOT 'drift is saved as what it is, and restored' '
	chmod 600 root/image &&
	cp root/image image &&
	host apply &&
	test "$(stat -c %a root/image)" = 644 &&
	printf x | dd of=root/image bs=1 seek=1000000 conv=notrunc status=none &&
	cp root/image changed &&
	host diff root/image >out &&
	test_line_count -le 6 out &&
	host apply &&
	cmp image root/image &&
	host drift restore root/image &&
	cmp changed root/image &&
	test_expect_code 1 host apply --exit-code &&
	cmp image root/image
'

test_expect_success ROOT 'nor is a version that is only cut otherwise written' '
	touch root/image &&
	host add -q root/image &&
	host commit -q -m "cut as others are" &&
	host status --porcelain --exit-code &&
	forget_looks &&
	host status --porcelain --exit-code &&
	stat -c %i root/image >before &&
	host rollback >out &&
	stat -c %i root/image >after &&
	test_cmp before after &&
	host status --porcelain >out &&
	test_must_be_empty out
'

test_done
