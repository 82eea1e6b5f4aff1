#!/bin/sh

test_description='damage to stored files is noticed, and never handed out

In every 4 KiB of every file below .git/objects a byte is flipped, the block
is zeroed, and the file is cut off there. git devops fsck, or for objects that
are git'\''s own git fsck, must notice each, and what checkout and cat give with
exit code 0 must be right.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

# damage <kind> <file> <block>: 0 when the file is another one now.
damage () {
	perl -e '
		my ($kind, $file, $block) = @ARGV;
		open my $f, "+<", $file or die "$file: $!\n";
		binmode $f;
		my $at = $block * 4096;
		if ($kind eq "truncate") { truncate $f, $at; exit }
		seek $f, $at, 0;
		my $n = read $f, my $old, 4096;
		my $new = "\0" x $n;
		if ($kind eq "flip") {
			$new = $old;
			my $i = ($block * 1237) % $n;
			substr($new, $i, 1) = chr(ord(substr($new, $i, 1)) ^ 1 << $block % 8);
		}
		exit 1 if $new eq $old;
		seek $f, $at, 0;
		print $f $new;
	' "$@"
}

# noticed: one of the two checks ends with an error, and says something.
noticed () {
	if git devops fsck >fsck.out 2>fsck.err
	then
		git fsck --full --strict >fsck.out 2>&1 && return 1
	fi
	test -s fsck.out || test -s fsck.err
}

# never_wrong: content that was handed out with exit code 0 is right.
never_wrong () {
	rm -f repo/large repo/log
	for name in large log
	do
		if git -C repo devops checkout -q HEAD -- $name 2>err && ! head -n 1 repo/$name | grep -q "^git-devops manifest"
		then
			cmp $name repo/$name || return 1
		fi
		if git -C repo devops cat HEAD:$name >content 2>err
		then
			cmp $name content || return 1
		fi
		grep -i "panic\|SIGBUS\|goroutine" err && return 1
	done
	return 0
}

test_expect_success 'set up' '
	large_repo repo &&
	make_random large 300000 1 &&
	make_text log 300000 2 &&
	cp large log repo &&
	(cd repo && git devops add . && git commit -q -m files && git devops fsck -q) &&
	cp -a repo/.git/objects objects
'

for kind in flip zero truncate
do
	test_expect_success "$kind in every 4 KiB" '
		find objects -type f ! -name "*.keep" >files &&
		count=0 &&
		while read -r file
		do
			blocks=$((($(stat -c %s "$file") + 4095) / 4096)) &&
			block=0 &&
			while test $block -lt $blocks
			do
				here="repo/.git/$file" &&
				rm -f "$here" && cp "$file" "$here" && chmod u+w "$here" &&
				if damage '$kind' "$here" $block
				then
					count=$((count + 1)) &&
					(cd repo && noticed) || { echo "not noticed: '$kind' $file block $block"; return 1; }
					never_wrong || { echo "wrong content: '$kind' $file block $block"; return 1; }
				fi &&
				block=$((block + 1)) || return 1
			done &&
			rm -f "repo/.git/$file" && cp -p "$file" "repo/.git/$file" || return 1
		done <files &&
		echo "# $count places" &&
		test $count -gt 90 &&
		git -C repo devops fsck -q
	'
done

test_expect_success 'a chunk under a wrong name' '
	idx=$(grep -l "^git-devops chunks" repo/.git/objects/pack/*.keep | head -n 1 | sed "s/keep$/idx/") &&
	cp "$idx" saved.idx && chmod u+w "$idx" &&
	perl -MDigest::SHA=sha1 -e "
		local \$/; open my \$f, \"+<\", \$ARGV[0]; binmode \$f; my \$d = <\$f>;
		my \$n = unpack(\"N\", substr(\$d, 8 + 255 * 4, 4));
		my \$offsets = 8 + 1024 + \$n * 24;
		my (\$a, \$b) = (substr(\$d, \$offsets, 4), substr(\$d, \$offsets + 4, 4));
		substr(\$d, \$offsets, 8) = \$b . \$a;
		\$d = substr(\$d, 0, length(\$d) - 20); \$d .= sha1(\$d);
		seek \$f, 0, 0; print \$f \$d;
	" "$idx" &&
	(cd repo && noticed) &&
	never_wrong &&
	cp saved.idx "$idx"
'

test_expect_success 'a manifest with another SHA-256' '
	git -C repo cat-file blob HEAD:large >manifest.right &&
	sed "s/^sha256 ..../sha256 0000/" manifest.right >manifest &&
	id=$(git -C repo hash-object -w --stdin <manifest) &&
	git -C repo update-index --cacheinfo 100644,$id,large &&
	test_expect_code 13 git -C repo devops fsck >out 2>err &&
	grep "^lost :large: .*sha256" out &&
	rm repo/large &&
	test_expect_code 13 git -C repo devops checkout -- large 2>err &&
	grep "sha256" err &&
	test_expect_code 13 git -C repo devops cat large >content 2>err &&
	git -C repo reset -q --hard
'

test_expect_success 'a held set that names what is not there' '
	ones=1111111111111111111111111111111111111111 &&
	printf "100644 blob %s\t%s\n" $ones $ones >entry &&
	git -C repo mktree --missing <entry >tree &&
	git -C repo update-ref refs/devops/held "$(cat tree)" &&
	test_expect_code 13 git -C repo devops fsck >out 2>err &&
	grep "^absent chunk 1111111111" out
'

test_done
