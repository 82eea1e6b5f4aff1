#!/bin/sh

test_description='serve lets another machine read one repository, and nothing else'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"
. "$TEST_DIR/lib-ssh.sh"

# A client written from PROTOCOL.md alone: runs the command, asks for the ids on
# standard input in a have and a get of all of them, sent at once, and writes
# the content of each to a file of that name below the directory. Prints
# "held", "missing" or "corrupt" and the id.
cat >client.pl <<'END'
use strict; use warnings; use IPC::Open2; use Compress::Zlib;
my ($dir, @command) = @ARGV;
my @ids = <STDIN>; chomp @ids;
my $pid = open2(my $in, my $out, @command); binmode $in; binmode $out;
sub packet {
	my ($head, $body) = ('', '');
	read($in, $head, 4) == 4 or die "end of stream\n";
	my $n = hex $head;
	return undef if $n < 4;
	read($in, $body, $n - 4) == $n - 4 or die "cut short\n" if $n > 4;
	return $body;
}
sub data { join '', map { sprintf('%04x', length($_) + 4) . $_ } @_ }
sub line { my $l = packet() // die "no line\n"; chomp $l; die "$l\n" if $l =~ /^(error|fatal)/; $l }
line() eq 'git-devops wire 1' or die "no greeting\n";
my $locks;
while (defined(my $l = packet())) { $locks = 1 if $l =~ /^lock$/ }
my $list = '0001' . data(join '', map { pack 'H*', $_ } @ids) . '0000';
print $out data("git-devops wire 1\n", "agent=perl\n") . '0000'
	. data("command=have\n") . $list . data("command=get\n") . $list
	. ($locks ? data("command=lock\n", "duration=60\n") . $list : '') . '0000';
close $out;
line() eq 'ok' or die; my $bits = packet(); packet() and die;
line() eq 'ok' or die;
for my $i (0 .. $#ids) {
	my ($word, $id, $size) = split / /, line();
	die "not asked: $id\n" if $id ne $ids[$i];
	die "have and get differ\n" if vec($bits, $i, 1) != ($word ne 'missing');
	print $word eq 'chunk' ? 'held' : $word, " $id\n";
	next if $word ne 'chunk';
	my $raw = '';
	$raw .= packet() // die "too short\n" while length $raw < $size;
	$raw =~ s/^(?:[\x80-\xff]*[\x00-\x7f])// or die;
	open my $f, '>', "$dir/$id" or die; binmode $f;
	print $f uncompress($raw) // die "no zlib stream\n"; close $f;
}
packet() and die;
if ($locks) {
	print STDERR line(), "\n";
	packet() eq $bits or die "have and lock differ\n";
	packet() and die;
}
read($in, my $rest, 1) and die "more\n";
waitpid $pid, 0; exit($? >> 8);
END

# client <command>...: all chunks of repo:file come, bit for bit, and the id of
# another object of the repository does not.
client () {
	rm -rf got && mkdir got &&
	git -C repo rev-parse HEAD:small >ids &&
	sort ids chunks >all &&
	perl client.pl got "$@" <all >answers 2>locks &&
	sed -n "s/^held //p" answers >held &&
	test_cmp chunks held &&
	(cd got && for id in *; do test "$id" = "$(git hash-object "$id")" || exit 1; done)
}

# as <command the client asked for> <argument of serve>...: as sshd runs it.
as () {
	local original="$1" &&
	shift &&
	SSH_ORIGINAL_COMMAND="$original" git-devops serve "$@"
}

# refused <command>: with a message, nothing on standard output, exit 128.
refused () {
	test_expect_code 128 as "$1" repo </dev/null >out 2>err &&
	test_must_be_empty out &&
	grep "^fatal: refused: " err
}

test_expect_success 'set up' '
	large_repo repo &&
	make_random repo/file 3000000 1 &&
	make_text repo/log 1000000 2 &&
	echo small >repo/small &&
	git -C repo devops add file log small &&
	git -C repo commit -q -m one &&
	git -C repo cat-file blob HEAD:file >manifest &&
	git -C repo cat-file blob HEAD:log >>manifest &&
	sed -n "s/^\([0-9a-f]\{40\}\) [0-9]*$/\1/p" manifest >listed &&
	sort -u listed >chunks &&
	test_line_count -ge 10 chunks &&
	git clone -q --bare repo bare.git &&
	repo=$(cd repo && pwd -P)
'

test_expect_success 'every held chunk comes, and nothing else' '
	client git devops serve repo/.git &&
	client git devops serve repo &&
	grep "^ok token=[0-9a-f]*$" locks &&
	ls repo/.git/devops/locks/lock-"$(sed "s/.*=//" locks)" &&
	client git -C repo devops serve . &&
	client git-devops serve --read-only "$repo" &&
	test_must_be_empty locks
'

test_expect_success 'a bare repository, and one without chunks' '
	perl client.pl got git devops serve bare.git <chunks >answers 2>err &&
	sed "s/^/missing /" chunks >expect &&
	test_cmp expect answers &&
	git -C bare.git fetch -q ../repo refs/devops/held:refs/devops/held &&
	client git devops serve bare.git
'

test_expect_success ROOT,TMPFS 'a repository that cannot be written grants no locks' '
	test_when_finished "umount -l \"$repo\"" &&
	mount --bind repo repo &&
	mount -o remount,bind,ro repo &&
	rm -rf got && mkdir got &&
	perl client.pl got git devops serve repo <chunks >answers 2>locks &&
	test_must_be_empty locks &&
	sed "s/^/held /" chunks >expect &&
	test_cmp expect answers
'

test_expect_success 'a damaged chunk is named, the others come' '
	test_when_finished "rm -rf copy" &&
	cp -a repo copy &&
	pack=$(ls -S copy/.git/objects/pack/*.pack | head -n 1) &&
	chmod u+w "$pack" &&
	printf "\252\125\252" | dd of="$pack" bs=1 seek=100000 conv=notrunc 2>/dev/null &&
	rm -rf got && mkdir got &&
	perl client.pl got git devops serve copy <chunks >answers 2>err &&
	grep "^corrupt " answers >corrupt &&
	test_line_count = 1 corrupt &&
	grep "^held " answers >held &&
	test $(($(wc -l <held) + 1)) = $(wc -l <chunks)
'

test_expect_success 'a client that leaves, and one that talks nonsense' '
	git devops serve repo </dev/null >out 2>err &&
	test_must_be_empty err &&
	head -c 26 out >first &&
	printf "0016git-devops wire 1\n" >expect &&
	head -c 22 first >got-first &&
	test_cmp expect got-first &&
	echo "GET / HTTP/1.0" >nonsense &&
	test_expect_code 128 git devops serve repo <nonsense >out 2>err &&
	grep -a "fatal syntax packet has no valid length" out &&
	grep "^fatal: .*packet has no valid length" err
'

test_expect_success 'not a repository' '
	mkdir -p repo/sub nothing &&
	for path in nothing repo/sub repo/.git/objects absent
	do
		test_expect_code 10 git devops serve "$path" </dev/null >out 2>err &&
		test_must_be_empty out || return 1
	done &&
	test_expect_code 129 git devops serve </dev/null &&
	test_expect_code 129 git devops serve --json repo </dev/null &&
	GIT_DIR="$repo/.git" test_expect_code 10 git devops serve nothing </dev/null
'

test_expect_success 'SSH_ORIGINAL_COMMAND: the wire protocol' '
	export SSH_ORIGINAL_COMMAND &&
	for SSH_ORIGINAL_COMMAND in "git-devops serve" "git-devops serve --read-only" \
		"git-devops serve '\''$repo'\''" "git-devops serve --read-only '\''$repo/.git'\''" \
		"gdo serve" "git devops serve" "/absent/bin/git-devops serve"
	do
		client git-devops serve repo || return 1
	done &&
	unset SSH_ORIGINAL_COMMAND
'

test_expect_success 'SSH_ORIGINAL_COMMAND: git-upload-pack' '
	for command in "git-upload-pack '\''$repo'\''" "git upload-pack '\''$repo/.git'\''"
	do
		printf 0000 >flush &&
		as "$command" repo <flush >out 2>err &&
		test_must_be_empty err &&
		grep -a "refs/heads/main" out &&
		GIT_PROTOCOL=version=2 as "$command" repo <flush >out &&
		grep -a "^000eversion 2$" out &&
		GIT_PROTOCOL="version=2;id" as "$command" repo <flush >out &&
		grep -a "refs/heads/main" out || return 1
	done
'

test_expect_success 'upload-pack runs nothing that the repository configures' '
	test_when_finished "git -C repo config --unset uploadpack.packObjectsHook" &&
	git -C repo config uploadpack.packObjectsHook "touch \"$PWD/ran\"; false" &&
	git clone -q --no-local -u "SSH_ORIGINAL_COMMAND=\"git-upload-pack '\''$repo'\''\" git-devops serve" \
		"$repo" clone 2>err &&
	test_path_is_missing ran &&
	test_cmp repo/small clone/small
'

test_expect_success 'SSH_ORIGINAL_COMMAND: everything else is refused' '
	refused "sh" &&
	refused "git-receive-pack '\''$repo'\''" &&
	refused "git-upload-archive '\''$repo'\''" &&
	refused "git-upload-pack '\''$PWD/bare.git'\''" &&
	refused "git-upload-pack --upload-pack=x '\''$repo'\''" &&
	refused "git -c core.x=y upload-pack '\''$repo'\''" &&
	refused "git-upload-pack '\''$repo'\''; touch ran" &&
	refused "git-upload-pack \$(touch ran)" &&
	refused "git-devops serve '\''$repo'\'' && touch ran" &&
	refused "git-devops serve '\''$PWD/bare.git'\''" &&
	refused "git-devops serve --read-only=false" &&
	refused "git-devops add x" &&
	refused "gdo add x" &&
	refused "bin/gdo serve" &&
	refused "/bin/sh serve" &&
	refused "git-devops serve '\''$repo" &&
	test_path_is_missing ran
'

test_expect_success 'through ssh, with any key' '
	start_sshd peer &&
	client ssh peer "git-devops serve '\''$repo'\''" &&
	test_expect_code 10 ssh peer "git-devops serve '\''$PWD/nothing'\''" </dev/null 2>err &&
	grep "not a git repository" err
'

test_expect_success 'through ssh, with a key for one repository' '
	ssh_forced peer reader "git-devops serve --read-only '\''$repo'\''" &&
	client ssh reader git-devops serve &&
	client ssh reader "git-devops serve '\''$repo'\''" &&
	test_must_be_empty locks &&
	rm -rf clone &&
	git clone -q "reader:$repo" clone &&
	test_cmp repo/small clone/small &&
	git clone -q "reader:repo/.git" clone2 &&
	git -C clone devops init -q &&
	git -C clone fetch -q origin refs/devops/held:refs/devops/held &&
	git -C clone devops checkout &&
	assert_same repo/file clone/file
'

test_expect_success 'what a stolen key can do: nothing more' '
	for command in sh "cat /etc/passwd" "git-devops serve '\''$PWD/bare.git'\''" "git-upload-pack '\''$PWD/bare.git'\''" \
		"git-receive-pack '\''$repo'\''" "git-devops serve; id"
	do
		test_expect_code 128 ssh reader "$command" </dev/null >out 2>err &&
		test_must_be_empty out &&
		grep "^fatal: refused: " err || return 1
	done &&
	test_must_fail git -C clone push -q origin HEAD:refs/heads/other 2>err &&
	grep "refused: " err &&
	test_must_fail git -C repo rev-parse -q --verify refs/heads/other &&
	test_must_fail ssh -s reader sftp </dev/null >out 2>err &&
	test_must_be_empty out
'

test_expect_success 'a client that is killed leaves no server' '
	mkfifo never &&
	{ ssh reader git-devops serve <never >out & } &&
	ssh=$! &&
	exec 7>never &&
	tries=0 &&
	until test -s out || test $tries -ge 200
	do
		sleep 0.05 &&
		tries=$((tries + 1)) || return 1
	done &&
	pgrep -f "^git-devops serve --read-only $repo" >before &&
	test_line_count = 1 before &&
	kill -9 $ssh &&
	tries=0 &&
	while kill -0 $(cat before) 2>/dev/null && test $tries -lt 200
	do
		sleep 0.05 &&
		tries=$((tries + 1)) || return 1
	done &&
	exec 7>&- &&
	test_must_fail kill -0 $(cat before)
'

test_done
