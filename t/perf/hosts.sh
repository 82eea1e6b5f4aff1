#!/bin/bash
# What the root of a host costs, beside the tools that write the same: the first
# apply of many small files against rsync -a and sync; a large image of which
# 1 % has changed against cp, sync and rename. One line each: wall seconds, CPU
# seconds and peak RSS in MiB.
#
#	t/perf/hosts.sh [<directory for the data> [<files> [<MiB of the image>]]]
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$top/bin:$top/bin/t:$PATH
work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/hosts.XXXXXX")
files=${2:-100000}
mib=${3:-4096}
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work GIT_CONFIG_NOSYSTEM=1
git config --global user.name perf
git config --global user.email perf@example.org
git config --global init.defaultBranch web

# run WHAT COMMAND...: one measurement.
run() {
	local what=$1
	shift
	sync
	measure "$@" 2>measured
	echo "$what: $(tail -n 1 measured)"
}

mkdir tree
for ((d = 0; d < files / 100; d++)); do
	mkdir -p "tree/$((d / 100))/$d"
	seq "$d" "$((d + 400))" | split -l 4 -a 3 - "tree/$((d / 100))/$d/f"
done
git devops init -q --host --repo small --root tree --type web
git devops --repo small add -q tree
git devops --repo small commit -qm tree
mkdir copy applied
run 'small files, rsync -a and sync' sh -c 'rsync -a tree/ copy && sync'
run 'small files, first apply' git devops --repo small apply -q --root applied
run 'status, nothing changed' git devops --repo small status
run 'verify' git devops --repo small verify
diff -rq copy applied

git devops init -q hub
mkdir hub/srv root
gen random $((mib << 20)) 1 >hub/srv/image
git -C hub devops add srv
git -C hub commit -qm first
git devops init -q --host --repo large --root root --type web "$work/hub"
git devops --repo large sync -q
git devops --repo large apply -q
for ((i = 0; i < 10; i++)); do
	gen random $((mib * 1048)) $((i + 2)) |
		dd of=hub/srv/image bs=1M seek=$((mib * i / 10)) conv=notrunc status=none
done
git -C hub devops add srv
git -C hub commit -qm second
git devops --repo large sync -q
cp hub/srv/image beside
run 'image, cp and rename' sh -c 'cp hub/srv/image beside.new && sync beside.new && mv beside.new beside'
run 'image, apply' git devops --repo large apply -q
cmp hub/srv/image root/srv/image
git devops --repo large sync -q
echo "image, MiB on disk with the repository: $(du -sm --total root large | tail -n 1 | cut -f 1)"
