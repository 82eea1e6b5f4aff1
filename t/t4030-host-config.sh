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

# fresh <file> <line>...: a host made from a branch that has these lines in the
# file, and HEAD; its root has nothing yet.
fresh () {
	rm -rf hub fresh fresh-root &&
	git init -q -b web hub &&
	write hub/etc/motd hello &&
	git -C hub add . &&
	git -C hub commit -q -m good &&
	git -C hub rev-parse --short=12 HEAD >good &&
	(
		cd hub &&
		write "$@"
	) &&
	git -C hub add . &&
	git -C hub commit -q -m bad &&
	git -C hub rev-parse --short=12 HEAD >bad &&
	mkdir fresh-root &&
	git devops init -q --host --repo fresh --root fresh-root hub
}

# said <code> <message> <verb>...: the verb fails like this, with a hint.
said () {
	local code="$1" message="$2" &&
	shift 2 &&
	test_expect_code "$code" git devops --repo fresh "$@" >out 2>err &&
	grep "$message" err &&
	grep "^hint: .*git devops sync" err
}

# mended: all that leads out of it works.
mended () {
	git devops --repo fresh apply -q "$(cat good)" &&
	echo hello >expect &&
	test_cmp expect fresh-root/etc/motd &&
	git devops --repo fresh rollback -q --reason=try "$(cat good)" &&
	rm -rf hub/.devops hub/.gitattributes &&
	git -C hub add -A . &&
	git -C hub commit -q -m mended &&
	git devops --repo fresh sync -q &&
	git devops --repo fresh apply -q --resume &&
	git devops --repo fresh status --porcelain --exit-code
}

test_expect_success ROOT 'a bad .devops/config blocks nothing that leads out of it' '
	fresh .devops/config "[chunker]" "# nothing" "minimum = 1" &&
	error="commit $(cat bad): .devops/config, line 3: unknown key .chunker.minimum." &&
	said 3 "$error" status &&
	said 128 "$error" apply &&
	said 128 "$error" apply -n &&
	said 128 "$error" add fresh-root &&
	git devops --repo fresh log >out &&
	mended
'

test_expect_success ROOT 'nor does one that git cannot read' '
	fresh .devops/config "[chunker]" "[broken" &&
	said 128 "commit $(cat bad): .devops/config, line 2: " apply &&
	mended
'

test_expect_success ROOT 'nor a bad .devops/mtree' '
	fresh .devops/mtree "#mtree" "./etc/motd mode=4755 colour=blue" &&
	error="$(cat bad).*: .devops/mtree, line 2: " &&
	said 3 "$error" status &&
	said 128 "$error" apply &&
	mended
'

test_expect_success ROOT 'nor bad .devops/actions' '
	fresh .devops/actions "[action \"a\"]" "path = etc/**" "run = true" "user = x" &&
	said 128 "commit $(cat bad): .devops/actions, line 4: action \"a\": unknown key \"user\"" apply &&
	mended
'

test_expect_success ROOT 'nor a bad devops-drift in .gitattributes' '
	fresh .gitattributes "# drift" "* devops-drift=maybe" &&
	write fresh-root/etc/motd other &&
	said 128 "commit $(cat bad): .gitattributes, line 2: etc/motd: unknown devops-drift .maybe." apply &&
	mended
'

test_done
