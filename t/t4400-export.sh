#!/bin/sh

test_description='git devops export: a tree as a directory or a tar archive'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"
. "$TEST_DIR/lib-host.sh"

# dated <dir>: the picture of a tree with its times.
dated () {
	picture "$1" &&
	(cd "$1" && find . -mindepth 1 -printf "%p %T@\n" | LC_ALL=C sort)
}

# unpack <archive> <dir>: as GNU tar has it.
unpack () {
	mkdir "$2" &&
	tar -x -f "$1" -C "$2" --xattrs --xattrs-include="*" --numeric-owner -p --delay-directory-restore
}

# left_nothing <dir>: no temporary name is in it.
left_nothing () {
	find "$1" -name "git-devops-tmp-*" >left &&
	test_must_be_empty left
}

test_expect_success ROOT 'a host with all there can be' '
	new_host &&
	write root/etc/passwd "root:x:0:0::/:" "web:x:61:62::/:" &&
	write root/etc/group "root:x:0:" "web:x:62:" &&
	write root/etc/secret key &&
	chmod 0640 root/etc/secret &&
	chown 61:62 root/etc/secret &&
	ln root/etc/secret root/srv.link &&
	mkdir -p root/usr/bin root/srv/empty root/srv/tmp root/dev &&
	write root/usr/bin/tool "#!/bin/sh" &&
	chown 0:62 root/usr/bin/tool &&
	chmod 2755 root/usr/bin/tool &&
	setfattr -n user.note -v "x=y" root/usr/bin/tool &&
	setfattr -n trusted.bytes -v 0s/wAB root/usr/bin/tool &&
	setfattr -n security.capability -v 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA= root/usr/bin/tool &&
	setfacl -m u:61:r root/etc/secret &&
	setfacl -d -m u:61:rx root/srv/empty &&
	chmod 1777 root/srv/tmp &&
	ln -s usr/bin root/bin &&
	ln -s /nowhere "root/a link" &&
	mkfifo root/srv/fifo &&
	mknod root/dev/null c 1 3 &&
	mknod root/dev/disk b 259 1048575 &&
	write "root/$(printf "etc/\303\244\377 name")" odd &&
	write "root/srv/$(printf "%0200d" 0)/$(printf "%0100d" 1)" long &&
	make_random root/srv/image 3000000 1 &&
	truncate -s 5000000 root/srv/image &&
	touch -d "2020-01-02 03:04:05.678901234" root/etc/secret &&
	chmod -R u+w root &&
	commit_root all &&
	mtime=$(host_git log -1 --format=%ct)
'

test_expect_success ROOT 'a new directory is what an apply makes' '
	mkdir applied &&
	host apply -q --root applied &&
	host export exported >out &&
	grep "^[0-9]* paths written" out &&
	picture applied >expect &&
	picture exported >actual &&
	test_cmp expect actual &&
	picture root >expect &&
	test_cmp expect actual &&
	test "$(stat -c "%a %Y" exported)" = "755 $mtime" &&
	test "$(stat -c %Y exported/srv/empty)" = "$mtime" &&
	test "$(find exported -printf "%T@\n" | sort -u | wc -l)" = 1 &&
	test $(stat -c %b exported/srv/image) -lt 8000 &&
	left_nothing .
'

test_expect_success ROOT 'an archive is the same to tar' '
	host export --tar >one.tar &&
	host export --tar=two.tar HEAD &&
	cmp one.tar two.tar &&
	unpack one.tar unpacked &&
	dated exported >expect &&
	dated unpacked >actual &&
	test_cmp expect actual &&
	tar -t -v -f one.tar >list &&
	grep "^hrw-r----- web/web .* srv.link link to etc/secret" list &&
	left_nothing .
'

test_expect_success ROOT 'times that are recorded' '
	commit_elsewhere times "
		mkdir -p .devops &&
		sed \"s|^./etc/secret .*|& time=1577934245.678901234|\" .devops/mtree >new &&
		mv new .devops/mtree
	" &&
	host export -q origin/web timed &&
	host export --tar=timed.tar origin/web &&
	unpack timed.tar timed.un &&
	for dir in timed timed.un
	do
		test "$(stat -c %.Y $dir/etc/secret)" = 1577934245.678901234 || return 1
	done
'

test_expect_success ROOT 'an empty directory stays the one it is' '
	mkdir image image/lost+found &&
	inode=$(stat -c %i image) &&
	host export -q image &&
	test "$(stat -c %i image)" = "$inode" &&
	rmdir image/lost+found &&
	dated image >actual &&
	test_cmp expect actual &&
	test_must_fail host export image 2>err &&
	grep "image: is not an empty directory" err &&
	dated image >actual &&
	test_cmp expect actual &&
	left_nothing .
'

test_expect_success ROOT '-n lists and writes nothing' '
	host export -n new >out &&
	grep "^file  0640 web:web etc/secret" out &&
	tail -n 1 out >actual &&
	grep "paths would be written; 0 chunks are to be fetched before" actual &&
	host export -n --json --tar >out &&
	grep "\"type\":\"path\",\"path\":\"dev/disk\"" out &&
	grep "\"type\":\"summary\"" out &&
	test_path_is_missing new
'

test_expect_success 'wrong usage' '
	test_expect_code 129 git devops export &&
	test_expect_code 129 git devops export --tar one two &&
	test_expect_code 129 git devops export --json --tar one
'

test_expect_success ROOT 'an owner without an id is refused' '
	host_git update-ref -d refs/remotes/origin/web &&
	commit_elsewhere owner "
		echo x >owned && printf \"./owned uname=nobody-knows\n\" >>.devops/mtree
	" &&
	test_must_fail host export origin/web refused 2>err &&
	grep "owned: .*nobody-knows" err &&
	test_must_fail host export --tar=refused origin/web &&
	test_path_is_missing refused
'

# hostile <what> <mode> <name> [<mode> <name>]: a tree that no host may have.
hostile () {
	what=$1 &&
	shift
	test_expect_success ROOT "a hostile tree is refused: $what" '
		blob=$(echo hostile | host_git hash-object -w --stdin) &&
		inner=$(printf "100644 blob %s\tmotd\n" $blob | host_git mktree) &&
		hostile_tree $blob $inner '"$*"' >raw &&
		tree=$(host_git hash-object -t tree --literally -w raw) &&
		test_must_fail host export $tree refused 2>err &&
		grep "no host can have this tree" err &&
		test_must_fail host export --tar=refused $tree &&
		test_path_is_missing refused &&
		left_nothing .
	'
}

# hostile_tree <blob> <tree> <mode> <name>...: the bytes of a tree.
hostile_tree () {
	local blob="$1" inner="$2" id &&
	shift 2 &&
	while test $# -gt 0
	do
		id=$blob &&
		case $1 in 40000) id=$inner ;; esac &&
		printf "%s %s\0" "$1" "$2" &&
		perl -e 'print pack("H*", shift)' "$id" &&
		shift 2 || return 1
	done
}

hostile '.git' 40000 .git
hostile '.GIT' 40000 .GIT
hostile 'git~1' 40000 git~1
hostile '..' 40000 ..
hostile 'a submodule' 160000 sub
hostile 'a file and a directory of one name' 100644 a 40000 a
hostile 'a link and a directory of one name' 120000 a 40000 a

test_expect_success 'an ordinary repository, for anybody' '
	large_repo plain &&
	make_random plain/large 300000 2 &&
	write plain/sub/run "#!/bin/sh" &&
	chmod 755 plain/sub/run &&
	ln -s sub/run plain/link &&
	write plain/.gitignore none &&
	git -C plain devops add . &&
	git -C plain commit -q -m one &&
	git -C plain devops export ../made >out &&
	test "$(find made -mindepth 1 | LC_ALL=C sort | tr "\n" " ")" = "made/large made/link made/sub made/sub/run " &&
	cmp plain/large made/large &&
	test -x made/sub/run &&
	git -C plain devops export --tar >plain.tar &&
	tar -t -v --numeric-owner -f plain.tar >list &&
	grep "^-rwxr-xr-x 0/0 .* sub/run" list
'

test_expect_success ROOT 'who is not root owns what comes out' '
	mkdir theirs &&
	cp -R plain theirs/plain &&
	chown -R 65534:65534 theirs &&
	setpriv --reuid=65534 --regid=65534 --clear-groups git -C theirs/plain devops export ../out &&
	test "$(find theirs/out -printf "%U:%G\n" | sort -u)" = 65534:65534 &&
	cmp plain/large theirs/out/large &&
	test -x theirs/out/sub/run
'

test_expect_success 'chunks come from where they are' '
	git clone -q --no-local plain clone &&
	git -C clone devops init -q &&
	git -C clone devops export -n ../fetched >out &&
	! grep " 0 chunks are to be fetched" out &&
	test_expect_code 13 git -C clone -c devops.autoGet=false devops export ../fetched 2>err &&
	grep "nothing was changed" err &&
	test_path_is_missing fetched &&
	git -C clone devops peer add near ../plain &&
	git -C clone devops export -q ../fetched &&
	cmp plain/large fetched/large
'

test_done
