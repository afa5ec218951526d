#!/bin/sh
# Make a virtual environment with packages from PyPI, unless it is there. Usage: venv.sh PYTHON DIRECTORY REQUIREMENT…
set -eu
python=$1 venv=$2
shift 2

[ "$(cat "$venv/installed" 2>/dev/null)" = "$*" ] && exit 0
"$python" -m venv "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check "$@"
echo "$*" >"$venv/installed"
