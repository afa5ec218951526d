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
        echo "make install: $1 was $(stat -L -c '%U:%G %a' "$1"), which is wrong; it is now $2:$2 6755" >&2
        owner=$ours mode=6755
        ;;
    esac
}

# Say why an account cannot be Gatepost's: it has to be a system account with no shell, home or members, or none yet.
account_problem() {
    account=$(getent passwd "$1" || true) group=$(getent group "$1" || true)
    for id in $(printf '%s\n' "$account" | cut -d : -f 3) $(printf '%s\n' "$group" | cut -d : -f 3); do
        if [ "$id" -lt 100 ] || [ "$id" -gt 999 ]; then
            echo "its id $id is outside the range of system accounts, 100 to 999"
            return 0
        fi
    done
    [ -z "$(printf '%s\n' "$group" | cut -d : -f 4)" ] || echo "its group has members"
    [ -n "$account" ] || return 0
    case $(printf '%s\n' "$account" | cut -d : -f 7) in
    */nologin | */false) ;;
    *) echo "it has a login shell" ;;
    esac
    home=$(printf '%s\n' "$account" | cut -d : -f 6)
    [ "$home" = / ] || [ ! -d "$home" ] || echo "it has the home directory $home"
    gid=$(printf '%s\n' "$account" | cut -d : -f 4)
    [ "$gid" = "$(printf '%s\n' "$group" | cut -d : -f 3)" ] || echo "its group is not $1"
    ! getent passwd | grep -v "^$1:" | cut -d : -f 4 | grep -qx "$gid" || echo "other accounts have the same group"
}

# Stop before anything is replaced if another has the name already. Usage: refuse_foreign_accounts NAME…
refuse_foreign_accounts() {
    for name; do
        problem=$(account_problem "$name" | head -n 1)
        [ -n "$problem" ] || continue
        echo "gatepost: the account $name is not Gatepost's: $problem. Nothing is installed. Rename that account first:" \
            "usermod --login NEW $name; groupmod --new-name NEW $name" >&2
        return 1
    done
}
