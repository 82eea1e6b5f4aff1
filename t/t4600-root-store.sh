#!/bin/sh

test_description='large files on a host: the root is the store'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"
. "$TEST_DIR/lib-host.sh"

# chunks: how many bytes of them the repository keeps.
chunks () {
	host_git count-objects -v | sed -n 's/^size-pack: //p'
}

# next_image <n>: on the hub, another version with 100,000 new bytes.
next_image () {
	make_random new 100000 "$1" &&
	dd if=new of=hub/srv/image bs=100000 seek=7 conv=notrunc 2>/dev/null &&
	git -C hub devops add srv &&
	git -C hub commit -q -m "image $1"
}

test_expect_success ROOT 'set up: a hub with an image, and a host' '
	large_repo hub &&
	git -C hub branch -m web &&
	mkdir hub/srv root &&
	make_random hub/srv/image 4000000 1 &&
	git -C hub devops add srv &&
	git -C hub commit -q -m image &&
	git devops init -q --host --repo repo --root root --type web "$PWD/hub" &&
	host sync -q &&
	host apply -q &&
	assert_same hub/srv/image root/srv/image &&
	test "$(chunks)" -gt 3900
'

test_expect_success ROOT 'what the root has is not kept twice' '
	host sync >out &&
	grep "^dropped [0-9]* chunks" out &&
	test "$(chunks)" -lt 200 &&
	host sync >out &&
	! grep dropped out &&
	host apply --exit-code &&
	host verify
'

test_expect_success ROOT 'an update fetches what is new, and reads the rest from the root' '
	next_image 2 &&
	host sync --json >out &&
	fetched=$(sed -n "/\"type\":\"fetch\"/s/.*\"bytes\":\([0-9]*\).*/\1/p" out) &&
	test "$fetched" -gt 0 &&
	test "$fetched" -lt 1000000 &&
	mv hub hub.away &&
	host apply -q &&
	mv hub.away hub &&
	assert_same hub/srv/image root/srv/image &&
	host sync -q &&
	test "$(chunks)" -lt 200
'

test_expect_success ROOT 'a file that has drifted is no store: it comes back from the hub' '
	make_random root/srv/image 3000000 9 &&
	host sync -q &&
	test "$(chunks)" -gt 3900 &&
	host apply -q &&
	assert_same hub/srv/image root/srv/image
'

test_expect_success ROOT 'what nobody else has stays' '
	make_random root/srv/mine 2000000 10 &&
	host add -q root/srv/mine &&
	host commit -q -m mine &&
	host sync -q &&
	rm root/srv/mine &&
	host apply -q &&
	make_random expect 2000000 10 &&
	assert_same expect root/srv/mine
'

test_expect_success ROOT 'with a limit they stay until it is exceeded' '
	make_random root/srv/image 3000000 11 &&
	host sync -q &&
	host apply -q &&
	host_git config devops.cacheLimit 100m &&
	before=$(chunks) &&
	host sync -q &&
	test "$(chunks)" -ge "$before" &&
	host_git config devops.cacheLimit 1m &&
	host sync -q 2>/dev/null &&
	test "$(chunks)" -lt "$before"
'

test_done
