#!/bin/sh

test_description='hostile commits: manifests, control files and contents

What is refused is named, and the root stays as it was. What is large is not
held in memory, and what cannot fit is not begun.'

. ./test-lib.sh
. "$TEST_DIR/lib-hostile.sh"

params="chunker rabin 3da3358b4dc173 524288 8388608 20"
zeroes=$(printf "%064d" 0)
x=$(printf x | git hash-object --stdin)

# manifest <size> <sha256> <piece>...: a manifest, of version 1.
manifest () {
	local size="$1" sha="$2" chunks
	shift 2 &&
	chunks=$(printf "%s\n" "$@" | grep -v "^hole" | wc -l) &&
	printf "git-devops manifest 1\nsha256 %s\nsize %s\n%s\nchunks %s\n\n" \
		"$sha" "$size" "$params" "$chunks" &&
	printf "%s\n" "$@"
}

# offer_manifest: standard input is the large file big.
offer_manifest () {
	local id
	id=$(there hash-object -w --stdin) &&
	offer "$(tree_with "100644 $id big" "100644 $x fine")"
}

# refused_content <pattern>: it is, for want or damage of content.
refused_content () {
	picture world/root >root.before &&
	attack 13 "$1" &&
	picture world/root >root.after &&
	test_cmp root.before root.after
}

# The chunk is held because the first commit has a file of it.
test_expect_success 'set up' '
	new_world &&
	test "$x" = "$(blob x)" &&
	make_random chunk 524288 1 &&
	sha=$(sha256sum <chunk | cut -d " " -f 1) &&
	cp -a repo.first repo.plain &&
	cp chunk world/root/etc/chunk &&
	host_git config devops.largeFile 500k &&
	host add -q world/root/etc/chunk &&
	host_git cat-file -p :etc/chunk >good &&
	chunk=$(sed -n "7s/ .*//p" good) &&
	test "$(wc -l <good)" = 7 &&
	rm -rf repo.first && cp -a repo repo.first &&
	rm -rf repo.first/index repo.first/devops/statcache && cp repo.plain/index repo.first/
'

test_expect_success 'a manifest as it should be' '
	anew &&
	manifest 1524288 "$({ cat chunk && head -c 1000000 /dev/zero; } | sha256sum | cut -d " " -f 1)" "$chunk 524288" "hole 1000000" | offer_manifest &&
	harmless &&
	test "$(stat -c %s world/root/big)" = 1524288
'

test_expect_success 'a manifest with another sha256' '
	anew &&
	manifest 524288 "$zeroes" "$chunk 524288" | offer_manifest &&
	refused_content "big: .*sha256"
'

test_expect_success 'manifests that lie about sizes' '
	anew &&
	for m in "$(manifest 700000 "$sha" "$chunk 524288")" "$(manifest 500000 "$sha" "$chunk 524288")" \
		"$(manifest -1 "$sha" "$chunk 524288")" "$(manifest 524288 "$sha" "$chunk -1" "$chunk 524289")" \
		"$(manifest 524288 "$sha" "$chunk 0" "$chunk 524288")" "$(manifest 9223372036854775808 "$sha" "$chunk 524288")"
	do
		echo "$m" | offer_manifest &&
		refused_content "big: .*manifest" || return 1
	done
'

test_expect_success 'a manifest that lies about the size of a chunk' '
	anew &&
	manifest 700000 "$sha" "$chunk 700000" | offer_manifest &&
	refused_content "big: .*$chunk"
'

test_expect_success 'a manifest of a chunk that is nowhere' '
	anew &&
	manifest 524288 "$sha" "$(printf "%040d" 7) 524288" | offer_manifest &&
	refused_content "could not be had"
'

test_expect_success 'a manifest that is its own chunk, or a tree' '
	anew &&
	manifest 524288 "$sha" "$(cat first) 524288" | offer_manifest &&
	refused_content "could not be had\|$(cat first)"
'

test_expect_success 'a manifest of a later version, with unknown keys, cut short' '
	anew &&
	sed "1s/1/2/" good | offer_manifest &&
	refused_content "big: .*version" &&
	sed "3s/^/encoding base64\n/" good | offer_manifest &&
	refused_content "big: .*encoding" &&
	head -c 150 good | offer_manifest &&
	refused_content "big: .*manifest" &&
	printf "git-devops manifest " | offer_manifest &&
	refused_content "big: .*manifest"
'

test_expect_success 'a manifest with parameters that are none' '
	anew &&
	sed "4s/.*/chunker rabin 3da3358b4dc173 0 9223372036854775807 99/" good | offer_manifest &&
	refused_content "big: .*chunker\|big: .*manifest"
'

test_expect_success 'a hole of an EiB' '
	anew &&
	manifest 1152921504606846976 "$zeroes" "hole 1152921504606846976" | offer_manifest &&
	picture world/root >root.before &&
	attack 128 "big: .*1152921504606846976 bytes" &&
	picture world/root >root.after &&
	test_cmp root.before root.after
'

test_expect_success 'one chunk, over and over' '
	anew &&
	{
		printf "git-devops manifest 1\nsha256 %s\nsize 8388608000000\n%s\nchunks 1000000\n\n" "$zeroes" "$params" &&
		perl -e "print qq($chunk 8388608\n) x 1000000"
	} | offer_manifest &&
	attack 128 "big: .*8388608000000 bytes"
'

test_expect_success 'a configuration with keys that it must not have' '
	anew &&
	for line in "[core]\n\tfsmonitor = touch /hostile" "[include]\n\tpath = /etc/passwd" "[filter \"x\"]\n\tsmudge = touch /hostile" \
		"[devops]\n\troot = /" "[alias]\n\tadd = !touch /hostile" "not a configuration" "[chunker]\n\tmin = 1" "\001\002\377"
	do
		offer "$(control config "$line\n")" &&
		refused "devops/config" || return 1
	done &&
	host apply -q "$(cat first)"
'

test_expect_success 'a configuration that is a link, or huge' '
	anew &&
	t=$(echo "120000 $(blob /etc/passwd) config" | raw_tree) &&
	offer "$(tree_with "40000 $t .devops")" &&
	refused "devops/config" &&
	t=$(echo "40000 $t config" | raw_tree) &&
	offer "$(tree_with "40000 $t .devops")" &&
	refused "devops/config"
'

test_expect_success 'actions that are malformed' '
	anew &&
	for line in "not a configuration" "[action]\n\trun = touch /hostile" "[action \"a\"]\n\trun = touch /hostile\n\tshell = sh" \
		"[action \"../a\"]\n\trun = touch /hostile" "[action \"a\"]\n\tpath = etc/*" "[action \"a\"]\n\tpath = **\n\trun = touch /hostile\n\ttimeout = -1s" \
		"[include]\n\tpath = /etc/passwd" "[core]\n\tpager = touch /hostile" "\001\000\002"
	do
		offer "$(control actions "$line\n")" &&
		refused "devops/actions" || return 1
	done
'

test_expect_success 'attributes that run commands, and rules that there are not' '
	anew &&
	offer "$(tree_with "100644 $(blob "* filter=x diff=x merge=x text eol=crlf ident working-tree-encoding=UTF-16 export-subst\n[attr]macro filter=x\n* macro\n") .gitattributes" "100644 $(blob "a\nb \$Id\$\n") text")" &&
	harmless &&
	printf "a\nb \$Id\$\n" >expect &&
	test_cmp expect world/root/text &&
	offer "$(tree_with "100644 $(blob "* devops-drift=unknown\n") .gitattributes" "100644 $x text")" "$(there rev-parse web)" &&
	echo drifted >world/root/text &&
	refused "text: unknown devops-drift .unknown." &&
	grep drifted world/root/text
'

test_expect_success '.gitignore has no say' '
	anew &&
	offer "$(tree_with "100644 $(blob "*\n") .gitignore" "100644 $x text")" &&
	harmless &&
	test_path_is_file world/root/text
'

test_done
