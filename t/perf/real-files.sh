#!/bin/bash
# Real files, stored by git-devops and by git: two consecutive versions of a
# Debian kernel package, the Go toolchain's tree, a 2 GiB disk image with holes.
# Each is added, committed, cloned with plain git, fetched and checked out in
# the clone, and compared bit for bit. Prints a table of the sizes of .git in
# MiB and of the seconds that adding took, in Markdown.
#
#	t/perf/real-files.sh [<directory for some 12 GiB>]
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$top/bin:$PATH
work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/real-files.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

export HOME=$work GIT_CONFIG_NOSYSTEM=1
git config --global user.name perf
git config --global user.email perf@example.org
git config --global init.defaultBranch main
git config --global gc.auto 0

# kernel VERSION DIR unpacks a kernel package.
kernel() {
	mkdir -p debs
	(cd debs && apt-get download -qq "linux-image-$1-amd64" 2>/dev/null)
	dpkg-deb -x debs/linux-image-"$1"-amd64_*.deb "$2"
}

# image FILE TREE makes a 2 GiB ext4 image with holes from a tree.
image() {
	truncate -s 2G "$1"
	PATH=$PATH:/sbin mkfs.ext4 -q -E root_owner=0:0 -d "$2" "$1"
}

mib() { du -sm --apparent-size "$1" | cut -f1; }
seconds() { # COMMAND... runs it in the current directory, sets $took
	local from
	from=$(date +%s%N)
	"$@" >/dev/null
	took=$((($(date +%s%N) - from) / 10000000))
	took=$((took / 100)).$(printf %02d $((took % 100)))
}
put() { # REPO SOURCE: makes the work tree a copy of a tree or of a file
	find "$1" -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
	if [ -d "$2" ]; then cp -a "$2/." "$1/"; else cp --sparse=always "$2" "$1/disk.img"; fi
	find "$1" -mindepth 2 -name .gitattributes -delete # of other projects
}

# dataset NAME SOURCE...: the versions of one thing, one after the other.
dataset() {
	local name=$1 source content=0 times_git='' times_ours=''
	shift
	rm -rf git ours clone
	git init -q git
	git devops init -q ours
	for source; do
		put git "$source"
		put ours "$source"
		content=$((content + $(mib "$source")))
		seconds git -C git add -f .
		git -C git commit -qm "$source"
		times_git+=" $took"
		seconds git -C ours devops add -f .
		git -C ours commit -qm "$source"
		times_ours+=" $took"
	done
	local git_added ours_added
	git_added=$(mib git/.git)
	ours_added=$(mib ours/.git)
	git -C git gc -q
	git -C ours gc -q
	printf '| %s | %s | %s | %s | %s | %s |%s |%s |\n' "$name" "$content" \
		"$git_added" "$(mib git/.git)" "$ours_added" "$(mib ours/.git)" "$times_git" "$times_ours"
	verify "${*: -1}"
}

# verify SOURCE: a clone over the wire gets the content back.
verify() {
	git -C ours fsck --full --strict --no-dangling --no-progress
	git clone -q "file://$work/ours" clone
	git -C clone fetch -q origin refs/devops/held:refs/devops/held
	git -C clone devops init -q
	git -C clone devops checkout -q
	git -C clone devops fsck -q
	test -z "$(git -C clone status --porcelain)"
	if [ -d "$1" ]; then
		diff -r --no-dereference -x .git -x .gitattributes "$1" clone
	else
		cmp "$1" clone/disk.img
	fi
}

mapfile -t versions < <(apt-cache search '^linux-image-6.1.0-[0-9]+-amd64$' |
	sed 's/^linux-image-\(.*\)-amd64 .*/\1/' | sort -V | tail -n 2)
kernel "${versions[0]}" kernel-1
kernel "${versions[1]}" kernel-2
cp -a "$(go env GOROOT)" go-tree
image disk-1.img /usr/share
cp --sparse=always disk-1.img disk-2.img
# The second version of the image: files come and go.
PATH=$PATH:/sbin debugfs -w -R "rm /doc" disk-2.img 2>/dev/null
for deb in debs/*.deb; do
	PATH=$PATH:/sbin debugfs -w -R "write $deb $(basename "$deb")" disk-2.img >/dev/null 2>&1
done

echo '| what | content MiB | git, added | git, after gc | git-devops, added | after git gc | git add s | git devops add s |'
echo '|---|--:|--:|--:|--:|--:|--:|--:|'
dataset "Debian kernel ${versions[0]}" kernel-1
dataset "the same and ${versions[1]}" kernel-1 kernel-2
dataset "Go toolchain $(go env GOVERSION)" go-tree
dataset '2 GiB disk image with holes' disk-1.img
dataset 'the same, edited' disk-1.img disk-2.img
