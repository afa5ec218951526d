# shellcheck shell=sh
# For install.sh and uninstall.sh: whose a path is.

# Name the package of the machine's own that a path belongs to; nothing where it is no package's.
package_of() {
    for name in "$1" "${1#/usr}"; do # as packages had it before /bin, /lib and /sbin became links
        # More than one package manager's tools can be there.
        ! command -v dpkg-query >/dev/null || dpkg-query -S "$name" 2>/dev/null | grep -v '^diversion ' | cut -d: -f1
        ! command -v rpm >/dev/null || rpm -qf --queryformat '%{NAME}\n' "$name" 2>/dev/null | grep -v ' '
        ! command -v pacman >/dev/null || pacman -Qqo "$name" 2>/dev/null
        ! command -v apk >/dev/null || apk info --who-owns "$name" 2>/dev/null | sed -n 's/.* is owned by //p'
    done | head -n 1
}

# Say whether a program is our sendmail: it has the launcher's path in it. Usage: is_our_sendmail FILE PREFIX
is_our_sendmail() {
    [ -f "$1" ] && grep -qF "$2/libexec/gatepost/launcher" "$1"
}

# Say whether a name of sendmail's is our link: it leads to our sendmail, or to one that is not there any more.
# Usage: is_our_link LINK SENDMAIL PREFIX
is_our_link() {
    [ -L "$1" ] && [ "$(readlink "$1")" = ../sbin/sendmail ] || return 1
    [ ! -e "$2" ] || is_our_sendmail "$2" "$3"
}
