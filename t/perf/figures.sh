#!/bin/bash
# Our own figures as a Markdown table: throughput, CPU and memory of add, add
# again after an edit, checkout with a cold cache, and update, by kind of
# content, size and number of cores; medians of three. Peers are not measured
# here.
#
#	t/perf/figures.sh [<directory for some 4 GiB> [<largest size in MiB>]]
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$top/bin:$top/bin/t:$PATH
work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/figures.XXXXXX")
largest=${2:-1024}
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work GIT_CONFIG_NOSYSTEM=1
git config --global user.name perf
git config --global user.email perf@example.org
git config --global init.defaultBranch main
git config --global gc.auto 0

# edit FROM TO: 4 KiB inserted at a quarter, 64 KiB appended.
edit() {
	local size
	size=$(stat -c %s "$1")
	{ head -c $((size / 4)) "$1" && gen random 4096 9 && tail -c +$((size / 4 + 1)) "$1" && gen random 65536 10; } >"$2"
}

# run WHAT COMMAND...: one measurement, a line "WHAT wall cpu rss".
run() {
	local what=$1
	shift
	measure taskset -c "$cpus" "$@" 2>measured
	echo "$what $(tail -n 1 measured)" >>rows
}

chain() {
	rm -rf repo
	git devops init -q repo
	cp v1 repo/file
	run add git -C repo devops add file
	git -C repo commit -qm v1
	git -C repo tag v1
	cp v2 repo/file
	run 'add-edited' git -C repo devops add file
	git -C repo commit -qm v2
	rm repo/file
	sync
	if [ -w /proc/sys/vm/drop_caches ]; then echo 3 >/proc/sys/vm/drop_caches; fi
	run checkout-cold git -C repo devops checkout -q v1 -- file
	cmp v1 repo/file
	run update git -C repo devops checkout -q HEAD -- file
	cmp v2 repo/file
}

# median COLUMN: of standard input's lines.
median() { cut -d' ' -f"$1" | sort -n | sed -n 2p; }

echo '| content | MiB | cores | what | wall s | MiB/s | CPU s | peak RSS MiB |'
echo '|---|--:|--:|---|--:|--:|--:|--:|'
for kind in random text; do
	for mib in 1 16 256 1024; do
		[ "$mib" -le "$largest" ] || continue
		gen "$kind" $((mib << 20)) 1 >v1
		edit v1 v2
		for cores in $(seq 1 "$(nproc)"); do
			cpus=0-$((cores - 1))
			: >rows
			chain && chain && chain
			for what in add add-edited checkout-cold update; do
				grep "^$what " rows >some
				wall=$(median 2 <some)
				printf '| %s | %s | %s | %s | %s | %.0f | %s | %s |\n' "$kind" "$mib" "$cores" "$what" \
					"$wall" "$(echo "$mib $wall" | awk '{print $1 / $2}')" "$(median 3 <some)" "$(median 4 <some)"
			done
		done
	done
done

echo
echo '| chunks held | adding 10 MiB more: wall s | CPU s | peak RSS MiB |'
echo '|--:|--:|--:|--:|'
for held in 0 100000; do
	rm -rf repo
	git devops init -q repo
	[ "$held" = 0 ] || hold repo "$held"
	: >rows
	cpus=0-$(($(nproc) - 1))
	for i in 1 2 3; do
		gen random 10485760 "10$i" >"repo/file$i"
		run add git -C repo devops add "file$i"
	done
	printf '| %s | %s | %s | %s |\n' "$held" "$(median 2 <rows)" "$(median 3 <rows)" "$(median 4 <rows)"
done
