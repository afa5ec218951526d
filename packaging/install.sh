#!/bin/sh
# Install what `make` built.
# Usage: install.sh DESTDIR PREFIX SYSCONFDIR SERVICE_USER STANDIN_USER PYTHON MODULES BUILD SOCKET
# Owners and the set-id bits are set as root with an empty DESTDIR only; a package does it when it is installed. Whoever
# else installs with an empty DESTDIR installs for sends without privilege, into folders of their own.
set -eu
destdir=$1 prefix=$2 sysconfdir=$3 service=$4 standin=$5 python=$6 modules=$7 build=$8 socket=$9
lib=$destdir$prefix/lib/gatepost
libexec=$destdir$prefix/libexec/gatepost
etc=$destdir$sysconfdir
# shellcheck source=packaging/owner.sh
. packaging/owner.sh
for_real=$([ -z "$destdir" ] && [ "$(id -u)" = 0 ] && echo yes || echo no)

for path in "$prefix" "$sysconfdir" "$python" "$modules" "$socket"; do
    case $path in
    /*) ;;
    *) echo "make install: $path must be an absolute path" >&2 && exit 1 ;;
    esac
done
# Say whether a path, or the folder that it would be made in, can be written.
writable() {
    path=$1
    while [ ! -e "$path" ]; do path=$(dirname "$path"); done
    [ -w "$path" ]
}
personal=$([ -z "$destdir" ] && [ "$for_real" = no ] && echo yes || echo no)
if [ "$personal" = yes ]; then
    for path in "$prefix" "$sysconfdir"; do
        if ! writable "$path"; then
            echo "make install: $path cannot be written: run it as root, or give a DESTDIR, or PREFIX and SYSCONFDIR" \
                "of your own (PREFIX=\$HOME/.local SYSCONFDIR=\$HOME/.config/gatepost)" >&2
            exit 1
        fi
    done
fi
# Root neither writes nor executes where others could exchange what is there while it does.
refuse_others() {
    path=$1
    while [ ! -e "$path" ]; do path=$(dirname "$path"); done
    path=$(cd "$path" && pwd -P)
    while :; do
        if [ -n "$(find "$path" -maxdepth 0 ! -user root)" ] ||
            [ -n "$(find "$path" -maxdepth 0 -perm /022 ! -perm -1000)" ]; then
            echo "make install: $path can be written by users other than root, who could replace what is installed:" \
                "chown root $path, chmod go-w $path, or choose another place" >&2
            exit 1
        fi
        [ "$path" != / ] || break
        path=$(dirname "$path")
    done
}
if [ "$for_real" = yes ]; then
    for path in "$prefix/sbin" "$prefix/bin" "$prefix/lib/gatepost" "$prefix/lib/systemd/system" \
        "$prefix/libexec/gatepost" "$prefix/share/gatepost" "$prefix/share/man/man5" "$prefix/share/man/man8" \
        "$prefix/share/bash-completion/completions" "$prefix/share/zsh/site-functions" "$sysconfdir"; do
        refuse_others "$path"
    done
fi
# Say whether a path can be replaced: nothing is there, or what is there is ours.
is_replaceable() {
    is_there "$1" || return 0
    case ${1#"$prefix"} in
    /bin/gatepost) is_our_text "$1" "$prefix/lib/gatepost" ;;
    /share/*) is_our_text "$1" gatepost ;;
    *) is_our_sendmail "$1" "$prefix" || is_our_link "$1" "$prefix/sbin/sendmail" "$prefix" ;;
    esac
}
# What another package or program has is not ours to replace.
refuse_foreign() {
    owner=$(package_of "$1")
    if [ -n "$owner" ]; then
        echo "make install: $1 belongs to the package $owner: remove that first, or choose another PREFIX" >&2
        exit 1
    fi
    if ! is_replaceable "$1"; then
        echo "make install: $1 belongs to another program: remove that first, or choose another PREFIX" >&2
        exit 1
    fi
}
if [ -z "$destdir" ]; then
    for name in sbin/sendmail lib/sendmail bin/mailq bin/newaliases; do
        refuse_foreign "$prefix/$name"
    done
    for name in bin/gatepost share/bash-completion/completions/sendmail share/bash-completion/completions/gatepost \
        share/zsh/site-functions/_sendmail share/zsh/site-functions/_gatepost; do
        ! is_there "$prefix/$name" || refuse_foreign "$prefix/$name"
    done
fi

# Another SERVICE_USER or STANDIN_USER will do as well. What is installed already has its accounts.
if [ "$for_real" = yes ] && [ ! -e "$libexec/launcher" ]; then
    refuse_foreign_accounts "$service" "$standin" || exit 1
fi
account() {
    getent passwd "$1" >/dev/null ||
        useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin \
            --comment "$2" "$1"
}
if [ "$for_real" = yes ]; then
    account "$service" "Gatepost, holds the password of the smart host"
    account "$standin" "Gatepost, stands in for root"
fi

umask 022
# Not `install -d`, which changes the mode of a folder that is there.
mkdir -p "$destdir$prefix/sbin" "$destdir$prefix/bin" "$destdir$prefix/lib" "$libexec" "$etc"
rm -rf "$lib.new"
for folder in $(find admin helper -name '*.py' -exec dirname {} + | sort -u); do
    install -d "$lib.new/$folder"
    install -m 0644 "$folder"/*.py "$lib.new/$folder"
done
cat >"$lib.new/helper/privileged/paths.py" <<PATHS
"""Where everything is, fixed at install time: no variable and no option moves any of it."""

from __future__ import annotations

VERSION = "$(sed -n 's/^VERSION = "\(.*\)"$/\1/p' helper/version.py)"
PYTHON = "$python"
PYTHON_MODULES = "$modules"
LAUNCHER = "$prefix/libexec/gatepost/launcher"
CONFIGURATION = "$sysconfdir/gatepost.toml"
COMPILED = "$sysconfdir/gatepost.compiled"
SOCKET = "$socket"
SECRETS = "$sysconfdir/secrets"
SERVICE_USER = "$service"
STANDIN_USER = "$standin"
PATHS
# A sendmail of the version before executes this, which is gone by now; it is replaced next (see "the stub" below).
install -d "$lib.new/frontend"
cat >"$lib.new/frontend/__main__.py" <<STUB
import os

os.write(2, b"sendmail: not sent: Gatepost is being upgraded: send again\n")
os._exit(1)
STUB
sh packaging/compile.sh "$lib" "$prefix/lib/gatepost" "$python"

# Nothing is written between the sources.
export PYTHONPYCACHEPREFIX="${PYTHONPYCACHEPREFIX:-$build/pycache}"
"$python" packaging/manpages.py "$build/man" "$sysconfdir" "$service"
for page in sendmail.gatepost.8 gatepost.8 gatepost.toml.5; do
    install -D -m 0644 "$build/man/$page" "$destdir$prefix/share/man/man${page##*.}/$page"
done

"$python" packaging/completions.py "$build/completions"
for shell in bash-completion/completions zsh/site-functions; do
    mkdir -p "$destdir$prefix/share/$shell"
    install -m 0644 "$build/completions/${shell%%[-/]*}"/* "$destdir$prefix/share/$shell"
done

# The second door is there, and closed, and so is what renews tokens: who needs them enables gatepost.socket, or
# gatepost-refresh.timer.
for unit in gatepost.socket gatepost@.service gatepost-refresh.service gatepost-refresh.timer; do
    mkdir -p "$destdir$prefix/lib/systemd/system"
    sed -e "s|@SOCKET@|$socket|" -e "s|@PYTHON@|$python|" -e "s|@LIB@|$prefix/lib/gatepost|" \
        -e "s|@SERVICE_USER@|$service|" -e "s|@COMMAND@|$prefix/bin/gatepost|" \
        -e "s|@SECRETS@|$sysconfdir/secrets|" "packaging/systemd/$unit" >"$destdir$prefix/lib/systemd/system/$unit"
done

# After the library: its helpers understand a sendmail of the version before, and tell it to send again.
install -m 0755 "$build/sendmail" "$destdir$prefix/sbin/sendmail.new"
mv -f "$destdir$prefix/sbin/sendmail.new" "$destdir$prefix/sbin/sendmail"
cat >"$destdir$prefix/bin/gatepost.new" <<COMMAND
#!$python -ISB
"""The administrator's command; all of it stands in $prefix/lib/gatepost/admin."""

import sys

sys.path += ["$prefix/lib/gatepost", "$modules"]

from admin.main import main

main()
COMMAND
chmod 0755 "$destdir$prefix/bin/gatepost.new"
mv -f "$destdir$prefix/bin/gatepost.new" "$destdir$prefix/bin/gatepost"
ln -sf ../sbin/sendmail "$destdir$prefix/lib/sendmail"
ln -sf ../sbin/sendmail "$destdir$prefix/bin/mailq"
ln -sf ../sbin/sendmail "$destdir$prefix/bin/newaliases"

# The new launcher takes the old one's place whole, with owner and mode, so that no send finds one without its bits;
# the old one loses them then, for somebody may keep it by a hard link (threat A8).
install -m 0755 "$build/launcher" "$libexec/launcher.new"
if [ "$for_real" = yes ]; then
    owner=$service:$service mode=6755
    if [ -e "$libexec/launcher" ]; then
        choose_as_before "$libexec/launcher" "$service"
        ln -f "$libexec/launcher" "$libexec/launcher.old"
    fi
    chown "$owner" "$libexec/launcher.new" # first the owner: chown takes the set-id bits away
    chmod "$mode" "$libexec/launcher.new"
fi
mv -f "$libexec/launcher.new" "$libexec/launcher"
if [ -e "$libexec/launcher.old" ]; then
    chmod 0755 "$libexec/launcher.old"
    rm -f "$libexec/launcher.old"
fi

# The stub: every sendmail is of this version now.
rm -rf "$lib/frontend"

# To compare with: one that still is as we wrote it is nobody's yet.
install -D -m 0644 packaging/gatepost.toml "$destdir$prefix/share/gatepost/gatepost.toml"
if [ ! -e "$etc/secrets" ]; then
    install -d -m "$([ "$personal" = yes ] && echo 0700 || echo 0750)" "$etc/secrets"
    [ "$for_real" = no ] || chgrp "$service" "$etc/secrets"
fi
if [ ! -e "$etc/gatepost.toml" ]; then
    install -m 0640 packaging/gatepost.toml "$etc/gatepost.toml"
    [ "$for_real" = no ] || chgrp "$service" "$etc/gatepost.toml"
    echo "now name your smart host in $sysconfdir/gatepost.toml"
fi
if [ "$personal" = yes ]; then
    echo "installed without privilege: $prefix/sbin/sendmail sends with the rights of its caller, so the caller can read the password"
fi
# Leave a compiled copy of a configuration that is right; one that is not yet written is no fault of the installation.
[ "$for_real" = no ] || "$prefix/bin/gatepost" check >/dev/null 2>&1 || true
