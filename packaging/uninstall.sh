#!/bin/sh
# Remove what install.sh put there, and nothing that another package has put in its place since.
# Usage: uninstall.sh DESTDIR PREFIX SYSCONFDIR SERVICE_USER STANDIN_USER
set -eu
destdir=$1 prefix=$2 sysconfdir=$3 service=$4 standin=$5
root=$destdir$prefix
# shellcheck source=packaging/owner.sh
. "$(dirname "$0")/owner.sh"

if [ -z "$destdir" ]; then
    package=$(package_of "$prefix/libexec/gatepost/launcher")
    if [ -n "$package" ]; then
        echo "make uninstall: Gatepost in $prefix belongs to the package $package: remove that one" >&2
        exit 1
    fi
fi

# Keep what is another's, and say so. Usage: keep PATH
keep() {
    if is_there "$1"; then echo "left in place: $1, which does not belong to Gatepost"; fi
}

# Say whether a path is another package's of this machine; what is staged elsewhere is not.
is_packaged() {
    [ -z "$destdir" ] && [ -n "$(package_of "$1")" ]
}

# The links first: whose they are shows where they lead.
for name in lib/sendmail bin/mailq bin/newaliases; do
    if is_our_link "$root/$name" "$root/sbin/sendmail" "$prefix" && ! is_packaged "$prefix/$name"; then
        rm -f "$root/$name"
    else
        keep "$root/$name"
    fi
done
if is_our_sendmail "$root/sbin/sendmail" "$prefix" && [ ! -L "$root/sbin/sendmail" ]; then
    rm -f "$root/sbin/sendmail"
else
    keep "$root/sbin/sendmail"
fi

# Names that another package could use: what is ours names Gatepost's files or program. Usage: remove_text NAME WORDS
remove_text() {
    if is_our_text "$root/$1" "$2"; then
        rm -f "$root/$1"
    else
        keep "$root/$1"
    fi
}
remove_text bin/gatepost "$prefix/lib/gatepost"
for name in bash-completion/completions/sendmail bash-completion/completions/gatepost \
    zsh/site-functions/_sendmail zsh/site-functions/_gatepost; do
    remove_text "share/$name" gatepost
done
for page in man8/sendmail.gatepost.8 man8/gatepost.8 man5/gatepost.toml.5; do
    rm -f "$root/share/man/$page"
done
for unit in gatepost.socket gatepost@.service gatepost-refresh.service gatepost-refresh.timer; do
    rm -f "$root/lib/systemd/system/$unit"
done
rm -rf "$root/lib/gatepost" "$root/libexec/gatepost" "$root/share/gatepost"
echo "left in place: $sysconfdir and the accounts $service and $standin"
