#!/bin/sh
# Two working sessions before the reader's eyes: a large file goes into a
# throwaway repository, is changed, checked and taken out again; then a
# throwaway root is captured, drifts, and is brought back. Run by "make
# quickstart", by anybody; it leaves nothing behind.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
PATH=$top/bin:$top/bin/t:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/git-devops-quickstart.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Nobody's own configuration is used or changed.
HOME=$work
GIT_CONFIG_NOSYSTEM=1
GIT_CEILING_DIRECTORIES=$work
GIT_AUTHOR_NAME=You GIT_AUTHOR_EMAIL=you@example.com
GIT_COMMITTER_NAME=You GIT_COMMITTER_EMAIL=you@example.com
export HOME GIT_CONFIG_NOSYSTEM GIT_CEILING_DIRECTORIES
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_DEVOPS_REPO XDG_CONFIG_HOME
git config --global init.defaultBranch main

say () {
	printf '\n# %s\n' "$*"
}

# show <command>...: print it, run it, print how long it took.
show () {
	echo "\$ $*"
	from=$(date +%s%N)
	"$@"
	took=$((($(date +%s%N) - from) / 1000000))
	printf '  (%d.%02d s)\n' $((took / 1000)) $((took % 1000 / 10))
}

stored () {
	printf '  stored by git now: %s MiB\n' "$(du -sm .git | cut -f1)"
}

say "A file of 256 MiB, half of it a log, half of it incompressible."
cd "$work"
gen text 134217728 1 >image
gen random 134217728 1 >>image
ls -l image

say "A repository made ready for large files."
show git devops init repo
cd repo
mv ../image disk.img

say "Add and commit it. The commit holds a small manifest; its chunks are stored once."
show git devops add disk.img
show git commit -q -m 'the first version'
stored

say "Change a little in the middle and at the start, and add it again."
{
	echo 'a new first line'
	head -c 200000000 disk.img
	echo 'some bytes in the middle'
	tail -c +200000001 disk.img
} >new
mv new disk.img
sha256sum disk.img >../sum
show git devops add disk.img
show git commit -q -m 'the second version'
stored

say "What is there, and is it sound?"
show git devops status
show git devops fsck
show git fsck --full --strict --no-dangling --no-progress

say "Lose the file, and take it out again, verified."
rm disk.img
show git devops checkout disk.img
show sha256sum -c ../sum

say "Take out the first version instead."
show git devops checkout HEAD~1 disk.img

say "A machine: a root file system, of which /etc and /usr are to be managed."
cd "$work"
mkdir -p web/etc web/usr/bin
echo 'welcome' >web/etc/motd
printf 'listen 80\nworkers 4\n' >web/etc/app.conf
printf '#!/bin/sh\necho tool\n' >web/usr/bin/tool
chmod 750 web/usr/bin/tool
GIT_DEVOPS_REPO=$work/web.git
export GIT_DEVOPS_REPO
show git devops init -q --host --type web --root web
show git devops add web/etc web/usr
show git devops commit -q -m 'as it was found'
show git devops status

say "Somebody edits a file. Apply saves that, and brings back what was committed."
echo 'listen 8080' >web/etc/app.conf
chmod 755 web/usr/bin/tool
show git devops status
show git devops apply
show cat web/etc/app.conf

say "A change that is meant: capture and commit it. Then think better of it."
echo 'workers 64' >>web/etc/app.conf
show git devops add web/etc/app.conf
show git devops commit -q -m 'more workers'
show git devops rollback --reason='too much for this machine'
show git devops verify
show cat web/etc/app.conf

say "The newest commit as a tree for an image or a container."
show git devops export web-image
show cat web-image/etc/app.conf

cat <<EOF

That was all in $work, which is removed now.

Next:
  make test                     everything that is tested
  sudo make install             then 'git devops -h' and 'man git-devops'
  git devops init               in a repository of your own
  git devops add <large file>   and then plain 'git commit'
  sudo git devops init --host   for the root of this machine: see its --help
EOF
