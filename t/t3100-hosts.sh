#!/bin/sh

test_description='git devops sync between hosts, through cuts, kills and lies'

. ./lib-hosts.sh
. "$TEST_DIR/lib-large.sh"

if test -n "${GIT_DEVOPS_TEST_EXPENSIVE:-}"
then
	SIZE=$((512 * 1048576))
else
	SIZE=$((64 * 1048576))
fi

MIDDLE=$((16 * 1048576))

# merged <host> <dir> <peer>: its branch is that of the peer, also in the work tree.
merged () {
	on "$1" git -C "$2" merge -q --ff-only "$3/main"
}

# where <host> <dir>: a line for each file with the number of copies, and for
# each place that has some of it "all" or "some", and "!" if nobody asked it.
where () {
	local status=0 &&
	on "$1" git -C "$2" devops whereis --json >whereis.json || status=$?
	perl -MJSON::PP -ne '
		my $o = decode_json($_);
		next if $o->{type} ne "file";
		print join(" ", "$o->{path} $o->{copies}:", map {
			$_->{name} . "=" . ($_->{chunks} == $o->{chunks} ? "all" : "some")
				. ($_->{live} ? "" : "!")
		} sort { $a->{name} cmp $b->{name} } @{$o->{places}}), "\n";
	' whereis.json && return $status
}

test_expect_success HOSTS 'a host with a large file, that knows two others' '
	make_hosts a b c d &&
	new_repo a repo b=repo c=repo &&
	(
		cd a/repo &&
		small_chunks &&
		make_random file $SIZE 1 &&
		git devops add -q file .devops &&
		git commit -q -m first
	)
'

test_expect_success HOSTS 'two hosts sync with it' '
	for host in b c
	do
		new_repo $host repo a=repo &&
		on $host git -C repo devops sync --json >out &&
		echo "a peer null" >expect &&
		json source name kind error out >actual &&
		test_cmp expect actual &&
		echo "1 $SIZE 0 false" >expect &&
		json fetch files bytes missing dryRun out >actual &&
		test_cmp expect actual || return 1
	done &&
	no_processes a b c
'

test_expect_success HOSTS 'and check it out, bit for bit' '
	for host in b c
	do
		merged $host repo a &&
		assert_same a/repo/file $host/repo/file &&
		assert_clean $host/repo || return 1
	done
'

test_expect_success HOSTS 'whereis: three copies' '
	echo "file 3: b=all c=all here=all" >expect &&
	where a repo >actual &&
	test_cmp expect actual &&
	echo "file 2: a=all here=all" >expect &&
	where b repo >actual &&
	test_cmp expect actual
'

test_expect_success HOSTS 'a sync with nothing to do says and moves nothing' '
	sent=$(sent_by a) &&
	on b git -C repo devops sync -q >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	test $(($(sent_by a) - sent)) -lt 100000
'

test_expect_success HOSTS 'the first one drops the file' '
	on a git -C repo devops drop file >out &&
	echo "file 2: b=all c=all" >expect &&
	where a repo >actual &&
	test_cmp expect actual &&
	(
		cd a/repo &&
		refute_held HEAD:file
	) &&
	no_processes a b c
'

test_expect_success HOSTS 'a host that knows only the third gets it' '
	new_repo d repo c=repo &&
	held=$(on d git -C repo for-each-ref refs/devops/held) &&
	on d git -C repo devops sync -n >out 2>err &&
	test -z "$(on d git -C repo for-each-ref)" &&
	on d git -C repo devops sync --metadata-only &&
	sent=$(sent_by c) &&
	on d git -C repo devops sync -n --json >out &&
	json fetch bytes dryRun out >actual &&
	echo "$SIZE true" >expect &&
	test_cmp expect actual &&
	test $(($(sent_by c) - sent)) -lt 200000 &&
	test -z "$(on d git -C repo for-each-ref refs/devops/held)" &&
	on d git -C repo devops sync -q &&
	merged d repo c &&
	assert_same a/repo/file d/repo/file &&
	echo "file 2: c=all here=all" >expect &&
	where d repo >actual &&
	test_cmp expect actual
'

test_expect_success HOSTS 'and the first one gets it back' '
	rm a/repo/file &&
	on a git -C repo checkout -q file &&
	assert_same d/repo/file a/repo/file &&
	echo "file 3: b=all c=all here=all" >expect &&
	where a repo >actual &&
	test_cmp expect actual
'

test_expect_success HOSTS 'whereis tells what a host had that cannot be reached now' '
	cut_link c &&
	test_when_finished "mend_link c" &&
	echo "file 3: b=all c=all! here=all" >expect &&
	where a repo >actual &&
	test_cmp expect actual &&
	grep "\"name\":\"c\"[^}]*\"seen\":\"" whereis.json
'

# begin <dir> <Mbit/s> [<option>]: begin a slow sync of d with c there, whose
# process is $pid.
begin () {
	limit_link c "$2" &&
	new_repo d "$1" c=middle &&
	on d git -C "$1" config devops.stallTimeout 2 &&
	{
		(cd "d/$1" && exec ip netns exec d git-devops sync "${3:--q}" >../out 2>../err) &
		pid=$!
	}
}

# ends <code>: what has begun ends with that.
ends () {
	local status
	wait "$pid"
	status=$?
	cat d/err >&2 &&
	mend_link c &&
	test $status = "$1"
}

# goes_on <dir> <bytes>: the next sync there completes it, and not much more
# than that comes from c; nothing is left over.
goes_on () {
	local sent &&
	no_processes c d &&
	sent=$(sent_by c) &&
	unlimit_link c &&
	on d git -C "$1" devops sync -q &&
	sent=$(($(sent_by c) - sent)) &&
	echo "sent $sent, for $2" &&
	test $sent -lt $(($2 + MIDDLE / 10)) &&
	merged d "$1" c &&
	assert_same c/middle/file "d/$1/file" &&
	assert_whole d "$1" &&
	no_processes c d
}

test_expect_success HOSTS 'a file for lines that are cut' '
	new_repo c middle &&
	(
		cd c/middle &&
		small_chunks &&
		make_random file $MIDDLE 5 &&
		git devops add -q file .devops &&
		git commit -q -m first
	)
'

test_expect_success HOSTS 'a cut link costs nothing that has come' '
	begin cut 100 &&
	await_sent c $((MIDDLE / 2)) &&
	cut_link c &&
	ends 13 &&
	grep "^error: c: " d/err &&
	goes_on cut $((MIDDLE / 2))
'

test_expect_success HOSTS 'nor does ctrl-C' '
	begin interrupted 100 &&
	await_sent c $((MIDDLE / 2)) &&
	kill -INT $pid &&
	ends 130 &&
	goes_on interrupted $((MIDDLE / 2))
'

# Chunks count from when they are committed, which happens every second.
test_expect_success HOSTS 'kill -9 costs what was not committed yet' '
	begin killed 50 &&
	while test -z "$(on d git -C killed for-each-ref refs/devops/held)"
	do
		kill -0 $pid && sleep 0.02 || return 1
	done &&
	kill -9 $pid &&
	ends 137 &&
	on d git -C killed ls-tree -r --format="%(objectsize)" refs/devops/held >sizes &&
	held=$(awk "{ sum += \$1 } END { print sum }" sizes) &&
	test "$held" -gt 0 &&
	goes_on killed $((MIDDLE - held))
'

test_expect_success HOSTS 'the death of the server is survived' '
	sent=$(sent_by c) &&
	begin server 100 --json &&
	await_sent c $((MIDDLE / 2)) &&
	pkill -KILL -f "serve $PWD/c/middle" &&
	ends 0 &&
	test_line_count = 1 d/err &&
	json warning message d/err >actual &&
	grep "^c: ..*exited" actual &&
	json source name error d/out >actual &&
	grep "^c ..*exited" actual &&
	test $(($(sent_by c) - sent)) -lt $((MIDDLE / 10 * 12)) &&
	goes_on server 0
'

test_expect_success HOSTS 'of two syncs at once, one is told so' '
	begin twice 100 &&
	await_sent c 1000000 &&
	test_expect_code 11 on d git -C twice devops sync 2>err &&
	grep "^fatal: another sync is running" err &&
	ends 0 &&
	goes_on twice 0
'

test_expect_success HOSTS 'a peer that is gone: the others are asked, exit 3' '
	new_repo d gone b=repo c=repo &&
	cut_link b &&
	test_when_finished "mend_link b" &&
	test_expect_code 3 on d git -C gone devops sync --json >out 2>err &&
	grep "\"b: connect to " err &&
	grep "\"1 of 2 places failed" err &&
	echo "1 $SIZE 0" >expect &&
	json fetch files bytes missing out >actual &&
	test_cmp expect actual &&
	new_repo d alone b=repo &&
	test_expect_code 128 on d git -C alone devops sync 2>err &&
	grep "^fatal: 1 of 1 places failed" err
'

# small_host <host> <dir>: a repository with two small files, each of which is
# of several chunks.
small_host () {
	(
		cd "$1/$2" &&
		small_chunks &&
		make_random one 4000000 2 &&
		make_random two 4000000 3 &&
		git devops add -q one two .devops &&
		git commit -q -m first
	)
}

test_expect_success HOSTS 'a ring: each host has the next as its peer' '
	new_repo a ring b=ring &&
	new_repo b ring c=ring &&
	new_repo c ring d=ring &&
	new_repo d ring a=ring &&
	small_host a ring &&
	for step in d-a c-d b-c a-b
	do
		on ${step%-*} git -C ring devops sync -q &&
		merged ${step%-*} ring ${step#*-} || return 1
	done &&
	assert_same a/ring/two b/ring/two &&
	make_random b/ring/three 1000000 4 &&
	on b git -C ring devops add -q three &&
	on b git -C ring commit -q -m second &&
	for step in a-b d-a c-d b-c
	do
		on ${step%-*} git -C ring devops sync -q &&
		merged ${step%-*} ring ${step#*-} || return 1
	done &&
	assert_same b/ring/three c/ring/three &&
	assert_whole c ring
'

test_expect_success HOSTS 'a peer that has only some: they come, the rest is named' '
	new_repo b part a=ring &&
	on b git -C part devops sync -q --metadata-only &&
	on b git -C part devops get -q a/main one &&
	on b git -C part update-ref refs/heads/main a/main &&
	new_repo d part b=part &&
	test_expect_code 13 on d git -C part devops sync --json >out 2>err &&
	grep "chunks could not be had" err &&
	json fetch bytes out >actual &&
	echo 4000000 >expect &&
	test_cmp expect actual &&
	on d git -C part update-ref refs/heads/main b/main &&
	on d git -C part read-tree main &&
	test_expect_code 1 where d part >actual &&
	grep "^one 2: b=all here=all$" actual &&
	grep "^two 0:$" actual
'

test_expect_success HOSTS 'two that have some each: all comes' '
	new_repo c part a=ring &&
	on c git -C part devops sync -q --metadata-only &&
	on c git -C part devops get -q a/main two &&
	on c git -C part update-ref refs/heads/main a/main &&
	on d git -C part devops peer add -q c "$(url_of c part)" &&
	on d git -C part devops sync --json >out &&
	json source name bytes out >actual &&
	printf "%s\n" "b 0" "c 4000000" >expect &&
	test_cmp expect actual &&
	on d git -C part checkout -q main -- . &&
	assert_same a/ring/one d/part/one &&
	assert_same a/ring/two d/part/two
'

test_expect_success HOSTS 'a peer with a damaged pack is named, the other gives the chunk' '
	new_repo b middle c=middle &&
	on b git -C middle devops sync -q &&
	merged b middle c &&
	pack=$(ls -S b/middle/.git/objects/pack/*.pack | head -n 1) &&
	chmod u+w "$pack" &&
	length=$(wc -c <"$pack") &&
	for eighth in 1 2 3 4 5 6 7
	do
		printf "\\377\\000\\377" |
			dd of="$pack" bs=1 seek=$((length / 8 * eighth)) conv=notrunc status=none || return 1
	done &&
	test_expect_code 13 on b git -C middle devops fsck 2>err &&
	new_repo d lie b=middle c=middle &&
	on d git -C lie devops sync --json >out 2>err &&
	json source name error out >actual &&
	grep "^b .*[0-9a-f]\{40\}" actual &&
	grep "^c null" actual &&
	merged d lie c &&
	assert_same c/middle/file d/lie/file &&
	assert_whole d lie
'

test_expect_success HOSTS '--jobs: one place is asked, and the next when that fails' '
	new_repo d jobs b=middle c=middle &&
	on d git -C jobs devops sync --metadata-only -j1 &&
	on d git -C jobs devops sync -n --jobs=1 --json >out &&
	json fetch bytes missing out >actual &&
	echo "$MIDDLE 0" >expect &&
	test_cmp expect actual &&
	test_expect_code 129 on d git -C jobs devops sync --jobs=-1 &&
	sent=$(sent_by c) &&
	on d git -C jobs devops sync -j 1 --json >out 2>err &&
	json source name bytes out >actual &&
	grep "^c [1-9]" actual &&
	json fetch bytes missing out >actual &&
	test_cmp expect actual &&
	test $(($(sent_by c) - sent)) -lt $((MIDDLE / 10 * 9)) &&
	merged d jobs c &&
	assert_same c/middle/file d/jobs/file
'

test_expect_success HOSTS 'and mends itself from the other' '
	on b git -C middle devops fsck --repair -q &&
	assert_whole b middle
'

test_expect_success HOSTS 'the server is stopped: another one serves, and -q says nothing' '
	begin stopped 100 &&
	await_sent c 1000000 &&
	pkill -STOP -f "serve $PWD/c/middle" &&
	test_when_finished "pkill -CONT -f \"serve $PWD/c/middle\"; true" &&
	ends 0 &&
	test_must_be_empty d/err &&
	pkill -CONT -f "serve $PWD/c/middle" &&
	goes_on stopped 0
'

# end_stopped <host>: an ssh server does not end what does not end by itself.
end_stopped () {
	local pid
	for pid in $(ip netns pids "$1")
	do
		! grep -q "^State:.T" "/proc/$pid/status" || kill -KILL "$pid"
	done
}

test_expect_success HOSTS 'its git is stopped: that is told, chunks come all the same' '
	new_repo d git-stopped c=middle &&
	on d git -C git-stopped fetch -q c &&
	on d git -C git-stopped config devops.stallTimeout 1 &&
	on d git -C git-stopped config remote.c.uploadPack "kill -STOP \$\$; git-upload-pack" &&
	test_when_finished "end_stopped c" &&
	test_expect_code 128 on d git -C git-stopped devops sync -q 2>err &&
	grep "error: c: branches: git fetch: no answer" err &&
	merged d git-stopped c &&
	assert_same c/middle/file d/git-stopped/file
'

test_expect_success HOSTS 'nothing runs any more, and all are whole' '
	no_processes a b c d &&
	ssh_processes >pids &&
	test_must_be_empty pids &&
	for host in a b c d
	do
		assert_whole $host repo || return 1
	done
'

test_done
