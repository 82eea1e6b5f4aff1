#!/bin/sh

test_description='peers that lie cost a retry, no memory and never the run'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"
. "$TEST_DIR/lib-ssh.sh"

# A server written from PROTOCOL.md that says that it has everything, and lies
# in the way that its first argument says.
cat >liar.pl <<'END'
use strict; use warnings; use Compress::Zlib;
my $how = shift;
binmode STDIN; binmode STDOUT; $| = 1; $SIG{PIPE} = sub { exit };
sub packet {
	my ($head, $body) = ('', '');
	read(STDIN, $head, 4) == 4 or exit;
	my $n = hex $head;
	return if $n < 4;
	read(STDIN, $body, $n - 4) == $n - 4 or exit if $n > 4;
	return $body;
}
sub data { join '', map { sprintf('%04x', length($_) + 4) . $_ } @_ }
sub packed { data(unpack '(a65516)*', $_[0]) }
sub entry {
	my ($size, $zlib) = @_;
	my $header = chr(0x30 | $size & 15 | ($size > 15 ? 0x80 : 0));
	for ($size >>= 4; $size; $size >>= 7) {
		$header .= chr($size & 127 | ($size > 127 ? 0x80 : 0));
	}
	return $header . $zlib;
}
sub whole { entry(length $_[0], compress($_[0])) }
sub answer {
	my ($id, $entry) = @_;
	return data("chunk $id " . length($entry) . "\n") . packed($entry);
}
my $most = 64 << 20;
# As long as a chunk may be, of bytes that are sent as they are (this program
# must not take the memory), and of zeroes.
sub long {
	my ($id) = @_;
	my $packet = data("x" x 65516);
	my $n = int($most / 65516);
	print data("chunk $id " . $n * 65516 . "\n"), data(substr(entry($most, "\x78\x01") . "\0" x 65516, 0, 65516));
	print $packet for 2 .. $n;
	return '';
}
sub bomb {
	my $d = deflateInit();
	my $zlib = join '', map { scalar $d->deflate("\0" x (1 << 20)) } 1 .. 64;
	return entry($most, $zlib . $d->flush());
}
# To make it takes time, during which nobody may wait for a greeting.
if ($how eq 'make') { print bomb(); exit }
my $bomb = '';
if ($how eq 'bomb') {
	open my $f, '<:raw', "$ENV{BOMB}" or die "$ENV{BOMB}: $!";
	local $/;
	$bomb = <$f>;
}
my %answers = (
	other => sub { answer($_[0], whole("something else")) },
	unasked => sub { answer('1' x 40, whole("nobody asked")) },
	twice => sub { my $a = data("missing $_[0]\n"); $a . $a },
	oversized => sub { data("chunk $_[0] " . ($most + (1 << 20)) . "\n") },
	enormous => sub { data("chunk $_[0] 99999999999999999999\n") },
	garbage => sub { answer($_[0], "\xb3\x06garbage") },
	short => sub { data("chunk $_[0] 1000\n") . packed("x" x 10) },
	long => \&long,
	bomb => sub { answer($_[0], $bomb) },
	denies => sub { data("missing $_[0]\n") },
);
print data("git-devops wire 1\n");
while ($how eq 'greets') { print data("key" . rand() . "=" . "x" x 900 . "\n") }
print data("object-format=sha1\n", "have\n", "get\n", "max-ids=32768\n"), '0000';
while (defined packet()) { }
while (defined(my $command = packet())) {
	my $ids = '';
	while (defined packet()) { }
	while (defined(my $some = packet())) { $ids .= $some }
	my @ids = map { unpack 'H*', $_ } unpack '(a20)*', $ids;
	print data("ok\n");
	if ($command =~ /have/) {
		my $bits = '';
		vec($bits, $_, 1) = 1 for 0 .. $#ids;
		do { print data($bits) } while $how eq 'bits';
	} else {
		while ($how eq 'endless') { print data("x" x 60000) }
		print $answers{$how}->($_) for @ids;
	}
	print '0000';
}
END

BOMB=$PWD/bomb
export BOMB

# host <how>...: a new ./host with a peer that lies in each of these ways.
host () {
	local how i=0 &&
	rm -rf host &&
	git devops init -q host &&
	git -C host config devops.stallTimeout 2 &&
	for how
	do
		i=$((i + 1)) &&
		git -C host devops peer add -q liar$i ../hub &&
		printf "#!/bin/sh\nexec perl '%s/liar.pl' %s\n" "$PWD" "$how" >liar$i &&
		chmod +x liar$i &&
		git -C host config remote.liar$i.devopsServe "$PWD/liar$i" || return 1
	done
}

# syncs <exit code>: within the memory that it may take, and nothing wrong is
# stored.
syncs () {
	local took &&
	(cd host && test_expect_code "$1" measure git-devops sync --json >../out 2>../err) &&
	tail -n 1 err >line &&
	sed "\$d" err >said &&
	took=$(awk "{print int(\$NF)}" line) &&
	say "# $took MiB" &&
	test "$took" -gt 0 &&
	test "$took" -le 128 &&
	(cd host && held_chunks) >held &&
	if test -s held
	then
		git -C host cat-file --batch-check <held >objects &&
		! grep missing objects
	fi &&
	test_git_fsck host
}

# all_here: the host has the file.
all_here () {
	json fetch missing out >actual &&
	echo 0 >expect &&
	test_cmp expect actual &&
	git -C host merge -q --ff-only hub/main &&
	assert_same hub/file host/file
}

test_expect_success 'set up' '
	perl liar.pl make >bomb &&
	git devops init -q hub &&
	(
		cd hub &&
		make_random file 12000000 1 &&
		git devops add -q file &&
		git commit -q -m one
	)
'

for how in other unasked twice oversized enormous garbage short long bomb endless
do
	test_expect_success "a peer is named, and all comes from another: $how" "
		host $how &&
		git -C host devops peer add -q hub ../hub &&
		syncs 0 &&
		all_here &&
		json source name error out >actual &&
		grep '^liar1 ' actual &&
		! grep '^liar1 null' actual &&
		grep '^hub null' actual &&
		json warning message said >actual &&
		grep '^liar1: ' actual
	"
done

test_expect_success 'one whose greeting has no end is taken for one without git-devops' '
	host greets &&
	git -C host devops peer add -q hub ../hub &&
	syncs 0 &&
	all_here
'

test_expect_success 'one that denies what it has said it has' '
	host denies &&
	git -C host devops peer add -q hub ../hub &&
	syncs 0 &&
	all_here
'

test_expect_success 'no other peer: nothing is stored, and it is said' '
	for how in other unasked bomb bits
	do
		host $how &&
		syncs 13 &&
		test_must_be_empty held &&
		grep "liar1: " err &&
		grep "chunks could not be had" err || return 1
	done
'

test_expect_success 'several at once take no more memory' '
	host long bomb long bomb endless &&
	git -C host devops peer add -q hub ../hub &&
	syncs 0 &&
	all_here
'

test_expect_success SSHD 'behind a forced command' '
	start_sshd peer &&
	cat >forced <<-END &&
	#!/bin/sh
	case \$SSH_ORIGINAL_COMMAND in
	*upload-pack*) exec git upload-pack "$PWD/hub" ;;
	esac
	exec perl "$PWD/liar.pl" other
	END
	chmod +x forced &&
	ssh_forced peer liar "'\''$PWD/forced'\''" &&
	host &&
	git -C host devops peer add -q liar "liar:$PWD/hub" &&
	git -C host devops peer add -q hub ../hub &&
	syncs 0 &&
	all_here &&
	json source name error out >actual &&
	grep "^liar .*corrupt" actual
'

test_done
