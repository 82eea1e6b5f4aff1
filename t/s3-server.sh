#!/bin/sh
#
# Print the path of an S3 server, building it first unless that was done
# before: it takes about a minute, once for a version.

set -e
version=v1.8.0
dir=${GIT_DEVOPS_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/git-devops}
server=$dir/versitygw-$version
mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9
if ! test -x "$server"
then
	mkdir -p "$dir/bin"
	(cd / && GOFLAGS='' GOBIN=$dir/bin go install -ldflags='-s -w' "github.com/versity/versitygw/cmd/versitygw@$version") >&2 9>&-
	mv "$dir/bin/versitygw" "$server"
fi
echo "$server"
