#!/bin/sh

test_description='git devops verify --fix: back to what was applied'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"

test_expect_success ROOT 'a host' '
	new_host &&
	write root/etc/motd hello &&
	write root/etc/kept mine &&
	write root/etc/app.conf a b c &&
	write root/usr/bin/tool "#!/bin/sh" &&
	chmod 4755 root/usr/bin/tool &&
	mkdir -p root/srv/empty &&
	head -c 2000000 /dev/urandom >root/srv/image &&
	chmod -R go-w root &&
	host add -q root &&
	host commit -q -m first &&
	commit_elsewhere rules "
		echo \"/etc/kept devops-drift=keep\" >>.gitattributes
	" &&
	host apply -q &&
	picture root >applied
'

test_expect_success ROOT 'nothing to do' '
	host verify --fix >out &&
	grep " 0 changed" out &&
	host verify --fix -n &&
	test_expect_code 129 host verify -n
'

test_expect_success ROOT 'what differs is fixed, and saved' '
	echo drifted >root/etc/motd &&
	chmod 755 root/usr/bin/tool &&
	rmdir root/srv/empty &&
	rm root/srv/image &&
	ln -s nowhere root/srv/image &&
	host status >status.before &&
	picture root >drifted &&
	test_expect_code 1 host verify --fix -n >plan &&
	picture root >after &&
	test_cmp drifted after &&
	host verify --fix >out &&
	grep "^write    etc/motd (content; drifted)" out &&
	grep "^set      usr/bin/tool (mode; drifted)" out &&
	grep "drift saved" out &&
	picture root >after &&
	test_cmp applied after &&
	host verify &&
	test "$(host_git show refs/devops/drift:etc/motd)" = drifted &&
	test "$(host_git rev-parse refs/devops/applied)" = "$(host_git rev-parse HEAD)"
'

test_expect_success ROOT,STRACE 'it reads what the stat cache need not' '
	host status &&
	strace -f -o trace -e trace=openat git devops --repo repo apply -q &&
	! grep "\"app.conf\"" trace &&
	strace -f -o trace -e trace=openat git devops --repo repo verify --fix -q &&
	grep "\"app.conf\"" trace
'

test_expect_success ROOT 'what may stay stays, and is told' '
	echo theirs >root/etc/kept &&
	test_expect_code 1 host verify --fix >out &&
	grep "1 kept" out &&
	echo theirs >expect &&
	test_cmp expect root/etc/kept
'

test_done
