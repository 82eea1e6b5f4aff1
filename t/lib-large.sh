# shellcheck shell=sh
#
# Functions for the scripts about large files, sourced after test-lib.sh.

# small_chunks: this repository cuts files so that a few hundred kilobytes have
# several chunks, and takes 100 kB for large.
small_chunks () {
	mkdir -p .devops &&
	printf '[chunker]\n\tmin = 64k\n\tmax = 256k\n\taverageBits = 16\n' >.devops/config &&
	git config devops.largeFile 100k
}

# large_repo <dir>: a new repository that is set up, with small chunks.
large_repo () {
	git devops init -q "$1" &&
	(
		cd "$1" &&
		small_chunks &&
		git devops add .devops &&
		git commit -q -m 'small chunks'
	)
}

# assert_clean [<dir>]: nothing differs between commit, index and work tree,
# and nothing is untracked.
assert_clean () {
	git -C "${1:-.}" status --porcelain >"$SHARNESS_TRASH_DIRECTORY/.harness/status" &&
	if test -s "$SHARNESS_TRASH_DIRECTORY/.harness/status"
	then
		echo "assert_clean: '${1:-.}' is not clean:" >&2
		cat "$SHARNESS_TRASH_DIRECTORY/.harness/status" >&2
		return 1
	fi
}

# is_manifest <rev>:<path>: what stands there is a manifest.
is_manifest () {
	git cat-file blob "$1" >"$SHARNESS_TRASH_DIRECTORY/.harness/blob" &&
	head -n 1 "$SHARNESS_TRASH_DIRECTORY/.harness/blob" >"$SHARNESS_TRASH_DIRECTORY/.harness/first" &&
	grep -q '^git-devops manifest 1$' "$SHARNESS_TRASH_DIRECTORY/.harness/first"
}

# assert_manifest <rev>:<path>...
assert_manifest () {
	for at in "$@"
	do
		is_manifest "$at" || {
			echo "assert_manifest: $at is none" >&2
			return 1
		}
	done
}

# refute_manifest <rev>:<path>...
refute_manifest () {
	for at in "$@"
	do
		if is_manifest "$at"
		then
			echo "refute_manifest: $at is one" >&2
			return 1
		fi
	done
}

# assert_content <rev>:<path> <file>: the large file there has that content.
assert_content () {
	git devops cat "$1" >"$SHARNESS_TRASH_DIRECTORY/.harness/content" &&
	cmp "$SHARNESS_TRASH_DIRECTORY/.harness/content" "$2" >&2 || {
		echo "assert_content: $1 is not what '$2' has" >&2
		return 1
	}
}

# json <type> <field>... <file>: the fields of each object of that type, a line
# each, after making sure that every line is an object with a type. A path that
# is not UTF-8 is printed as its bytes.
json () {
	perl -MJSON::PP -MMIME::Base64 -e '
		my $file = pop @ARGV;
		my ($type, @fields) = @ARGV;
		open my $in, "<", $file or die "$file: $!\n";
		while (<$in>) {
			my $o = eval { decode_json($_) } or die "$file line $.: not JSON: $_";
			ref $o eq "HASH" && defined $o->{type} or die "$file line $.: no type: $_";
			next if $o->{type} ne $type;
			print join(" ", map {
				my $v = $o->{$_};
				ref $v eq "HASH" && defined $v->{base64} ? decode_base64($v->{base64})
				: ref $v eq "JSON::PP::Boolean" ? ($v ? "true" : "false")
				: ref $v ? encode_json($v) : defined $v ? do { utf8::encode($v); $v } : "null"
			} @fields), "\n";
		}
	' "$@"
}

# interrupted <signal> <file> <command>...: run it, send it and its children the
# signal as soon as it has written something to the file (after a second when
# that is "-"), and return how it ended. It must not write to a disk meanwhile:
# it is killed in the end, but much can be written until then.
interrupted () {
	perl -MPOSIX=:sys_wait_h -MTime::HiRes=sleep,time -e '
		my ($signal, $file, @command) = @ARGV;
		my $pid = fork // die;
		if (!$pid) {
			setpgrp;
			$SIG{INT} = "DEFAULT";
			exec @command or die;
		}
		setpgrp $pid, $pid; # whoever is first
		my $ended = sub { exit($? & 127 ? 128 + ($? & 127) : $? >> 8) };
		my $begun = time;
		until ($file eq "-" ? time - $begun > 1 : -s $file) {
			$ended->() if waitpid($pid, WNOHANG) == $pid;
			sleep 0.05;
		}
		kill $signal, -$pid;
		$SIG{ALRM} = sub { kill KILL => -$pid };
		alarm 30;
		waitpid $pid, 0;
		$ended->();
	' "$@"
}

# clone_without_chunks <dir> <clone>: a clone that has the branches and none of the chunks.
clone_without_chunks () {
	git clone -q "file://$(cd "$1" && pwd -P)" "$2" 2>"$SHARNESS_TRASH_DIRECTORY/.harness/clone" &&
	git devops init -q "$2"
}

# fetch_chunks <dir>: what origin holds becomes held here, too.
fetch_chunks () {
	git -C "$1" fetch -q origin refs/devops/held:refs/devops/held
}

# peak <megabytes> <command>...: it takes no more. What is measured within it
# counts alone.
peak () {
	local most="$1" took &&
	shift &&
	measure "$@" 2>measured &&
	grep -m 1 -x "[0-9.]* [0-9.]* [0-9]*" measured >line &&
	took=$(awk "{print int(\$NF)}" line) &&
	say "# $took MiB: $*" &&
	test "$took" -gt 0 &&
	test "$took" -le "$most"
}
