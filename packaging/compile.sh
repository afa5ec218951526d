#!/bin/sh
# Compile the code in LIB.new and put it in the place of LIB, whole, so that a send finds the one or the other.
# Usage: compile.sh LIB FINAL PYTHON, where FINAL is what LIB will be called on the machine that runs it.
set -eu
lib=$1 final=$2 python=$3

# Compiled now, since no send may write; never checked against the source again, since only root can change either.
"$python" -I -m compileall -q --invalidation-mode unchecked-hash -s "$lib.new" -p "$final" "$lib.new"
"$python" -I -B -X no_debug_ranges "$(dirname "$0")/bundle.py" "$lib.new" "$final"
rm -rf "$lib.old"
[ ! -e "$lib" ] || mv "$lib" "$lib.old"
mv "$lib.new" "$lib"
rm -rf "$lib.old"
