#!/bin/sh
# Write the address for reports and the home page into every file that names them, the Makefile too.
# Usage: contact.sh ADDRESS URL
set -eu
cd "$(dirname "$0")/.."

# Replace what the Makefile says. Usage: replace VARIABLE VALUE
replace() {
    old=$(sed -n "s/^$1 *= *//p" Makefile)
    [ "$old" != "$2" ] || return 0
    case $2 in
    *[!A-Za-z0-9@:/._+-]* | "") echo "make contact: $1 contains a character that is not allowed: $2" >&2 && exit 1 ;;
    esac
    pattern=$(printf '%s' "$old" | sed 's/[].[*^$]/\\&/g')
    grep -rlF "$old" Makefile SECURITY.md packaging | while IFS= read -r file; do
        sed -i "s|$pattern|$2|g" "$file"
    done
}
replace CONTACT "$1"
replace HOMEPAGE "$2"
