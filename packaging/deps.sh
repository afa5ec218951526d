#!/bin/sh
# Install what building, running and testing need. Usage: deps.sh PACKAGES LINTERS VENV PYTHON
set -eu
packages=$1 linters=$2 venv=$3 python=$4

missing=$(for package in $packages; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || printf '%s ' "$package"
done)
if [ -n "$missing" ]; then
    echo "installing: $missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null
    # shellcheck disable=SC2086 # a list of names
    apt-get install -y -q --no-install-recommends $missing >/dev/null
fi

# shellcheck disable=SC2086
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$linters" ]; then
    "$python" -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check $linters
    echo "$linters" >"$venv/installed"
fi
