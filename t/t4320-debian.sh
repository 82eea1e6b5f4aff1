#!/bin/sh

test_description='a Debian root: adopted, carried to another, upgraded, mended'

. ./test-lib.sh
. "$TEST_DIR/lib-host.sh"
. "$TEST_DIR/lib-scatter.sh"

# What a root is made of, of what is installed here.
packages="base-files base-passwd bash dash hostname libc-bin login mount passwd sed util-linux"
mirror=http://deb.debian.org/debian

if test_have_prereq EXPENSIVE
then
	# make_debian <dir>: as small as debootstrap makes it, which cannot work
	# where the path has a space.
	make_debian () {
		local new &&
		new=$(mktemp -d) &&
		debootstrap --variant=minbase bookworm "$new/root" "$mirror" >/dev/null &&
		mv "$new/root" "$1" &&
		rmdir "$new"
	}

	# upgrade <dir>: what Debian has published since.
	upgrade () {
		echo "deb $mirror-security bookworm-security main" >>"$1/etc/apt/sources.list" &&
		cp /etc/resolv.conf "$1/etc/resolv.conf" &&
		chroot "$1" apt-get update -q &&
		chroot "$1" env DEBIAN_FRONTEND=noninteractive apt-get upgrade -qy &&
		chroot "$1" apt-get clean
	}
else
	# make_debian <dir>: the files of some packages, as they are installed.
	make_debian () {
		mkdir "$1" &&
		for package in $packages
		do
			dpkg -L "$package" || return 1
		done >list &&
		printf "/bin\n/sbin\n/lib\n/etc/passwd\n/etc/group\n/etc/shadow\n" >>list &&
		sed "s,^/\(s*bin\|lib\)/,/usr/\1/,; s,^/,./," list | grep -v "^\./\.$" | sort -u >files &&
		(cd / && tar -cf - --ignore-failed-read --no-recursion --xattrs --acls -T -) <files 2>tar.err |
			tar -C "$1" -xpf - --xattrs --xattrs-include="*" --acls --keep-directory-symlink
	}

	# upgrade <dir>: as dpkg leaves a newer version: new inodes, some files
	# more, some fewer.
	upgrade () {
		for program in bash sed su
		do
			cp -p "$1/bin/$program" "$1/bin/$program.dpkg-new" &&
			echo upgraded >>"$1/bin/$program.dpkg-new" &&
			mv "$1/bin/$program.dpkg-new" "$1/bin/$program" || return 1
		done &&
		rm -r "$1/usr/share/doc/sed" &&
		write "$1/usr/share/doc/bash/NEWS.new" &&
		chmod 0711 "$1/bin/su"
	}
fi

# carry <message>: commit the first root, and bring the second there.
carry () {
	host add -q root &&
	host commit -q -m "$1" &&
	git --git-dir=second.git fetch -q origin &&
	second apply -q &&
	portrait root >expect &&
	looks_so second &&
	second apply -q --exit-code
}

test_expect_success ROOT 'a Debian root is adopted, and not changed' '
	make_debian root &&
	test -u root/bin/su &&
	test "$(find root | wc -l)" -gt 500 &&
	git devops init -q --host --repo repo --root root --type web &&
	with_mtimes &&
	portrait root >expect &&
	host add -q root &&
	host commit -q -m adopted &&
	host status --exit-code &&
	host apply -q --exit-code &&
	host verify &&
	looks_so root
'

test_expect_success ROOT 'another becomes the same' '
	new_second &&
	write root/etc/motd "Welcome to the second." &&
	chmod 0700 root/usr/bin/su &&
	ln root/usr/bin/bash root/usr/bin/bash.second &&
	carry changed
'

test_expect_success ROOT 'both are upgraded' '
	upgrade root &&
	test -n "$(host status)" &&
	carry upgraded
'

test_expect_success ROOT 'what has drifted is saved, and can be had again' '
	echo "drifted, too" >>second/etc/bash.bashrc &&
	cp second/etc/bash.bashrc drifted &&
	echo "tampered with" >>second/usr/bin/sed &&
	chmod 0666 second/etc/shadow &&
	rm second/usr/bin/su &&
	test_expect_code 1 second apply -n --exit-code >plan &&
	second apply -q &&
	looks_so second &&
	git --git-dir=second.git cat-file blob refs/devops/drift:etc/bash.bashrc >saved &&
	cmp drifted saved &&
	git --git-dir=second.git cat-file -e refs/devops/drift:usr/bin/sed &&
	git --git-dir=second.git show refs/devops/drift:.devops/mtree >mtree &&
	grep "^\./etc/shadow.*mode=0666" mtree
'

test_expect_success ROOT 'one rolls back, and is as it was before' '
	git --git-dir=second.git rev-parse refs/devops/applied~1 >before &&
	second rollback -q &&
	mkdir third &&
	second apply -q --root third "$(cat before)" &&
	portrait third >expect &&
	looks_so second
'

test_done
