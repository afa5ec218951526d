#!/bin/sh
# Install packages of the distribution, unless they are there. Usage: fetch.sh TARGET PACKAGE…
set -eu
target=$1
shift

if ! command -v apt-get >/dev/null; then
    echo "$target: this target knows only Debian and Ubuntu. Install the equivalents of: $*" >&2
    exit 1
fi
missing=
for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "$target: packages are missing; install them as root: sudo apt-get install$missing" >&2
    exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# shellcheck disable=SC2086 # a list of names
apt-get install -y -q --no-install-recommends $missing >/dev/null
