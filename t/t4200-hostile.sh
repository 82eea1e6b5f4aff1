#!/bin/sh

test_description='hostile commits: nothing around the root changes

Each is fetched, and applied as root to a root whose surroundings are compared,
to the change times of their inodes, with what they were before.'

. ./test-lib.sh
. "$TEST_DIR/lib-hostile.sh"

x=$(printf x | git hash-object --stdin)

test_expect_success 'set up' '
	new_world &&
	test "$x" = "$(blob x)" &&
	dir=$(echo "100644 $x passwd" | raw_tree) &&
	link=$(blob "../beside/dir") &&
	anew && offer "$(tree_with "100644 $x fine")" &&
	harmless &&
	test_path_is_file world/root/fine
'

# Names. In a subtree and at the top, of a file, a link and a directory.
while IFS="	" read -r what name
do
	test_expect_success "a name that is $what" '
		anew &&
		sub=$({ echo "100644 $x $name"; } | raw_tree) &&
		offer "$(tree_with "40000 $sub etc2")" &&
		refused "bad path in tree: \"etc2" &&
		offer "$(tree_with "120000 $link $name")" &&
		refused "bad path in tree: " &&
		offer "$(tree_with "40000 $dir $name")" &&
		refused "bad path in tree: "
	'
done <<-\EOF
	two dots	..
	one dot	.
	absolute	/hostile
	a way out	../hostile
	a way in	etc/motd
	.git	.git
	.GIT	.GIT
	.git with a blank	.git 
	.git with a dot	.git.
	a short name of .git	git~1
	a stream of .git	.git::$INDEX_ALLOCATION
	.git behind a backslash	etc\134.git
	.git with a joiner	.g\342\200\214it
	.git with a mark	\357\273\277.git
EOF

test_expect_success 'a name that is nothing does not even get here' '
	anew &&
	test_must_fail offer "$(tree_with "100644 $x ")"
'

test_expect_success 'a name that is too long, a path that is' '
	anew &&
	long=$(printf "%0255d" 0) &&
	offer "$(tree_with "100644 $x ${long}0")" &&
	refused "longer than 255 bytes" &&
	t=$(echo "100644 $x $long" | raw_tree) &&
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
	do
		t=$(echo "40000 $t $long" | raw_tree) || return 1
	done &&
	offer "$(tree_with "40000 $t deep")" &&
	refused "longer than 4095 bytes"
'

test_expect_success 'names that are only strange' '
	anew &&
	offer "$(tree_with "100644 $x -rf" "100644 $x \012\033[31m" "100644 $x \377\376" "100644 $x ~" "100644 $x \$(touch hostile)" "100644 $x a\134b")" &&
	harmless &&
	test_path_is_file world/root/-rf
'

test_expect_success 'a name of a run in progress' '
	anew &&
	name=.git-devops-0123456789abcdef-1 &&
	offer "$(tree_with "100644 $x $name")" &&
	host apply -q && host apply -q &&
	test_path_is_file "world/root/$name"
'

test_expect_success 'the same name twice, as file, link and directory' '
	anew &&
	for pair in "100644 $x:100644 $x" "100644 $x:40000 $dir" "120000 $link:40000 $dir" "40000 $dir:120000 $link"
	do
		offer "$(tree_with "${pair%:*} a" "${pair#*:} a")" &&
		refused "bad path in tree: \"a\" is there twice" || return 1
	done &&
	offer "$(tree_with "120000 $link a" "100644 $x a.b" "40000 $dir a")" &&
	refused "is there twice"
'

test_expect_success 'entries in no order' '
	anew &&
	offer "$({ echo "100644 $x z"; cat base.entries; echo "100644 $x a"; } | raw_tree)" &&
	harmless
'

test_expect_success 'a submodule, and modes that there are not' '
	anew &&
	offer "$(tree_with "160000 $(cat first) sub")" &&
	refused "\"sub\" is a submodule" &&
	for mode in 010644 020666 060666 140755 0
	do
		offer "$(tree_with "$mode $x odd")" &&
		refused "bad path in tree\|bad tree" || return 1
	done
'

test_expect_success 'a mode with setuid in it is only a file' '
	anew &&
	offer "$(tree_with "106755 $x odd")" &&
	harmless &&
	assert_mode 755 world/root/odd
'

test_expect_success 'a blob for a tree, a tree cut short' '
	anew &&
	if offer "$(tree_with "40000 $x a")" 2>/dev/null
	then
		refused "$x" || return 1
	fi &&
	anew &&
	printf "100644 a\0abc" | there hash-object -t tree --literally -w --stdin >id &&
	if offer "$(tree_with "40000 $(cat id) a")" 2>/dev/null
	then
		refused "tree"
	fi
'

test_expect_success 'a tree of few objects and very many paths' '
	anew &&
	t=$x mode=100644 &&
	for i in 1 2 3 4 5 6 7 8
	do
		t=$(for n in 0 1 2 3 4 5 6 7 8 9 a b c d e f
		do
			echo "$mode $t $n"
		done | raw_tree) && mode=40000 || return 1
	done &&
	offer "$(tree_with "40000 $t bomb")" &&
	refused "too many paths"
'

test_expect_success 'a tree of very many levels' '
	anew &&
	perl -e "
		use Digest::SHA qw(sha1);
		use Compress::Zlib;
		my (\$mode, \$id) = (100644, pack q(H*), q($x));
		for (1 .. 5000) {
			my \$body = qq(\$mode d\0\$id);
			my \$object = q(tree ) . length(\$body) . qq(\0\$body);
			\$id = sha1(\$object);
			\$mode = 40000;
			my \$hex = unpack q(H*), \$id;
			my (\$dir, \$name) = (q(there/objects/) . substr(\$hex, 0, 2), substr(\$hex, 2));
			mkdir \$dir;
			open my \$f, q(>), qq(\$dir/\$name) or die;
			print \$f compress(\$object);
			close \$f;
		}
		print unpack q(H*), \$id;
	" >id &&
	if offer "$(tree_with "40000 $(cat id) deep")" 2>/dev/null
	then
		refused "too deep\|longer than 4095"
	fi
'

test_expect_success 'links with targets that are none' '
	anew &&
	for target in "" "a\000b" "$(printf "%05000d" 0)"
	do
		offer "$(tree_with "120000 $(blob "$target") odd")" &&
		refused "odd" || return 1
	done
'

test_expect_success 'links to everywhere are only links' '
	anew &&
	offer "$(tree_with "120000 $link a" "120000 $(blob /etc/shadow) b" "120000 $(blob ../../../../../../hostile) c" "120000 $(blob d) d" "120000 $(blob /proc/self/root/hostile) e")" &&
	harmless &&
	test "$(readlink world/root/a)" = ../beside/dir
'

test_expect_success 'a link, then a path below it' '
	anew &&
	offer "$(tree_with "120000 $link a" "120000 $(blob "$PWD/world/beside/dir") b" "120000 $(blob /proc/self/cwd) c")" &&
	harmless &&
	parent=$(there rev-parse web) &&
	sub=$(echo "100644 $x motd" | raw_tree) &&
	offer "$(tree_with "40000 $sub a" "40000 $sub b" "40000 $sub c")" "$parent" &&
	harmless &&
	test ! -h world/root/a && test ! -h world/root/b &&
	test_path_is_file world/root/c/motd
'

test_expect_success 'a path below a link that is not managed' '
	anew &&
	sub=$(echo "100644 $x motd" | raw_tree) &&
	offer "$(tree_with "40000 $sub out" "40000 $sub absolute")" &&
	harmless &&
	test ! -h world/root/out
'

test_expect_success 'a path below a link of somebody else' '
	anew &&
	sub=$(echo "100644 $x motd" | raw_tree) &&
	sub=$(echo "40000 $sub out" | raw_tree) &&
	offer "$(tree_with "40000 $sub home")" &&
	attack 0 "applied" &&
	test ! -h world/root/home/out
'

test_expect_success 'a link where a run that was killed was at work' '
	anew &&
	printf "{\"version\":1,\"run\":\"0123\",\"root\":\"%s\",\"target\":\"%s\",\"plan\":\"\",\"dirs\":[\"home/out\"]}" \
		"$PWD/world/root" "$(cat first)" >repo/devops/apply &&
	touch world/beside/dir/.git-devops-0123-1 &&
	surroundings >before &&
	host apply -q &&
	surroundings >after &&
	test_cmp before after &&
	rm world/beside/dir/.git-devops-0123-1
'

test_expect_success 'a directory, then a link in its place, then back' '
	anew &&
	sub=$(echo "100644 $x motd" | raw_tree) &&
	offer "$(tree_with "40000 $sub a")" && harmless &&
	offer "$(tree_with "120000 $link a")" "$(there rev-parse web)" && harmless &&
	test -h world/root/a &&
	offer "$(tree_with "40000 $sub a")" "$(there rev-parse web)" && harmless &&
	offer "$(there rev-parse "$(cat first)^{tree}")" "$(there rev-parse web)" && harmless &&
	test_path_is_missing world/root/a
'

test_expect_success 'control files that are links, directories and disguised' '
	anew &&
	offer "$(tree_with "120000 $(blob /etc/passwd) .gitattributes" "120000 $(blob /etc/passwd) .gitignore")" &&
	attack 0 "applied" &&
	test_path_is_missing world/root/.gitattributes &&
	anew &&
	sub=$(echo "120000 $(blob /etc/passwd) mtree" | raw_tree) &&
	offer "$(tree_with "40000 $sub .devops")" &&
	refused "mtree" &&
	sub=$(echo "40000 $dir mtree" | raw_tree) &&
	offer "$(tree_with "40000 $sub .devops")" &&
	refused "mtree" &&
	offer "$(tree_with "100644 $x .devops")" &&
	refused "devops" &&
	offer "$(tree_with "120000 $link .devops")" &&
	refused "devops"
'

# What .devops/mtree must not say. In the tree there are etc, and these.
while IFS="	" read -r what error text
do
	test_expect_success "mtree: $what" '
		anew &&
		id=$(printf "%b" "$text" | there hash-object -w --stdin) &&
		id=$(echo "100644 $id mtree" | raw_tree) &&
		offer "$(tree_with "40000 $id .devops" "100644 $x f" "100644 $x g" "40000 $dir d" "120000 $link l")" &&
		refused "$error"
	'
done <<-\EOF
	two dots	line 1: .*has a step \.\.	./../x type=fifo\n
	two dots behind an escape	line 1: .*has a step \.\.	./\\056\\056/x type=fifo\n
	an absolute path	line 1: unknown directive "/etc/x"	/etc/x type=fifo\n
	a path with two slashes	line 1: .*not relative	.//etc/x type=fifo\n
	a path with NUL	line 1: .*NUL	./a\\000b type=fifo\n
	a path into .git	line 1: .*git	./.GIT/hooks type=dir\n
	a path among the control files	line 1: .*never lies on a root	./.devops/x type=fifo\n
	a path below a link	"l/motd" .*no directory	./l/motd type=fifo\n
	a path below a fifo	"p/q" .*no directory	./p type=fifo\n./p/q type=fifo\n
	a type that is not the tree's	is a link in the tree	./l type=dir\n
	a file that is a device	is a file in the tree	./f type=char device=native,1,3\n
	a keyword that there is not	line 1: .*unknown keyword "flags"	./f flags=schg\n
	a directive that there is not	unknown directive	/include /etc/passwd\n
	the same path twice	line 2: .*twice	./f uname=www\n./f uname=root\n
	an unknown user	f: .*nobody-knows	./f uname=nobody-knows\n
	an unknown group	f: .*nobody-knows	./f gname=nobody-knows\n
	a user -1	line 1: .*no id	./f uid=4294967295\n
	a user of too many digits	line 1: .*no id	./f uid=4294967296\n
	a mode that is too large	line 1: .*no octal mode	./f mode=107777\n
	a device without a number	line 1: .*without a device number	./n type=block\n
	a device number that is too large	line 1: .*no device	./n type=char device=native,1,4294967296\n
	the root as a file	line 1: .*the root is a directory	. type=file\n
	an attribute of SELinux	line 1: .*not managed	./f xattr.security.selinux=eA==\n
	an attribute of IMA	line 1: .*not managed	./f xattr.security.ima=eA==\n
	an attribute without a name	line 1: .*not managed	./f xattr.=eA==\n
	an attribute that is no base64	line 1: .*xattr	./f xattr.user.x=%%%\n
	a hard link out of the root	line 1: .*has a step \.\.	./g hardlink=./../beside/secret\n
	a hard link to an absolute path	line 1: .*does not begin	./g hardlink=/etc/shadow\n
	a hard link to itself	line 1: .*does not come before	./g hardlink=./g\n
	a loop of hard links	line 1: .*does not come before	./f hardlink=./g\n./g hardlink=./f\n
	a hard link to a directory	"g" is a hard link to "d"	./g hardlink=./d\n
	a hard link through a link	"g" is a hard link to "a/motd"	./g hardlink=./a/motd\n
	a hard link to what is not there	"g" is a hard link to "c"	./g hardlink=./c\n
	a directory as a hard link	has no hardlink	./d type=dir hardlink=./a\n
	something binary	line 1: has the control character	\001\002\0377\0376\n
	an ELF file	line 1: has the control character	\0177ELF\002\001\n
	carriage returns	line 1: has the control character	./f uname=www\r\n
EOF

test_expect_success 'mtree: a million lines of one path' '
	anew &&
	perl -e "print qq(./f uname=www\n) x 1000000" | there hash-object -w --stdin >id &&
	id=$(echo "100644 $(cat id) mtree" | raw_tree) &&
	offer "$(tree_with "40000 $id .devops" "100644 $x f")" &&
	refused "line 2: .*twice"
'

test_expect_success 'mtree: a line without an end' '
	anew &&
	perl -e "print q(./f xattr.user.x=), q(A) x 5000000" | there hash-object -w --stdin >id &&
	id=$(echo "100644 $(cat id) mtree" | raw_tree) &&
	offer "$(tree_with "40000 $id .devops" "100644 $x f")" &&
	refused "line 1: longer than"
'

test_expect_success 'mtree: devices, setuid and attributes are what they are' '
	anew &&
	id=$(blob "./dev type=dir mode=0700\n./dev/null type=char device=native,1,3 mode=0666\n./f mode=6755 xattr.trusted.x=eA==\n") &&
	id=$(echo "100644 $id mtree" | raw_tree) &&
	offer "$(tree_with "40000 $id .devops" "100755 $x f")" &&
	harmless &&
	assert_mode 6755 world/root/f &&
	test -c world/root/dev/null
'

test_expect_success 'mtree: the root of the root' '
	anew &&
	offer "$(control mtree ". type=dir mode=0711 uname=www gname=www\n")" &&
	harmless &&
	assert_mode 711 world/root
'

test_done
