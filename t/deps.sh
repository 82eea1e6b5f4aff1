#!/bin/sh
# Installs the Debian packages named by PACKAGES that are not there yet. Does
# nothing, quickly, when all are.
set -eu

missing=
for package in $PACKAGES; do
	case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
	"install ok installed") ;;
	*) missing="$missing $package" ;;
	esac
done
test -n "$missing" || exit 0

if ! command -v apt-get >/dev/null; then
	echo "error: missing packages, and no apt-get to install them:$missing" >&2
	exit 1
fi
sudo=
test "$(id -u)" = 0 || sudo=sudo
echo "installing:$missing"
$sudo apt-get update -q
# shellcheck disable=SC2086 # a list of names
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
