# shellcheck shell=sh
# For install.sh and uninstall.sh: whose a path is.

# Name the package of the machine's own that a path belongs to; nothing where it is no package's.
package_of() {
    set -- "$1" "${1#/usr}" # as packages had it before /bin, /lib and /sbin became links
    [ "$1" != "$2" ] || shift
    for name; do
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

# Say whether something has this name, a link that leads nowhere included.
is_there() {
    [ -e "$1" ] || [ -L "$1" ]
}

# Say whether a name of sendmail's is our link: it leads to our sendmail, or to one that is not there any more.
# Usage: is_our_link LINK SENDMAIL PREFIX
is_our_link() {
    [ -L "$1" ] && [ "$(readlink "$1")" = ../sbin/sendmail ] || return 1
    ! is_there "$2" || is_our_sendmail "$2" "$3"
}

# Say whether a file is our text: a completion names Gatepost, the command its library. Usage: is_our_text FILE WORDS
is_our_text() {
    [ -f "$1" ] && [ ! -L "$1" ] && grep -qiF "$2" "$1"
}

# Set "owner" and "mode" of a new launcher, from those of the old one, which the administrator may have chosen. Root's
# without the set-uid bit, and the service user's with both bits, are kept; what has no set-id bit gets none, and
# becomes root's, for no user's file is left to be executed by all. Anything else is never right. The scripts of the
# packages have the same rule.
# Usage: choose_as_before LAUNCHER SERVICE_USER
choose_as_before() {
    ours=$(id -u "$2"):$(id -g "$2")
    owner=$(stat -L -c %u:%g "$1") mode=$(printf %04o $((0$(stat -L -c %a "$1") & ~022)))
    case "$owner $mode" in
    "0:${ours#*:} "[0-3]* | 0:*" "[01]* | "$ours "[67]*[1357]*) ;;
    *" "[01]*) owner=0:0 ;;
    *)
        echo "make install: $1 was $(stat -L -c '%U:%G %a' "$1"), which is never right: it is $2:$2 6755 now" >&2
        owner=$ours mode=6755
        ;;
    esac
}
