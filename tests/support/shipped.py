"""What is shipped, path by path, with its mode: the one list, for `make install` and for the Debian package."""

from __future__ import annotations

from pathlib import Path

FILE, PROGRAM, LINK = "-rw-r--r--", "-rwxr-xr-x", "lrwxrwxrwx"
SIDES = ("admin", "helper")

EVERYWHERE = {
    "usr/bin/gatepost": PROGRAM,
    "usr/bin/mailq": LINK,
    "usr/bin/newaliases": LINK,
    "usr/lib/sendmail": LINK,
    "usr/lib/systemd/system/gatepost-refresh.service": FILE,
    "usr/lib/systemd/system/gatepost-refresh.timer": FILE,
    "usr/lib/systemd/system/gatepost.socket": FILE,
    "usr/lib/systemd/system/gatepost@.service": FILE,
    "usr/libexec/gatepost/launcher": PROGRAM,  # set-id when it is installed for real
    "usr/sbin/sendmail": PROGRAM,
    "usr/share/bash-completion/completions/gatepost": FILE,
    "usr/share/bash-completion/completions/sendmail": FILE,
    "usr/share/gatepost/gatepost.toml": FILE,
}
STAGED = EVERYWHERE | {
    "etc/gatepost/gatepost.toml": "-rw-r-----",
    "usr/share/man/man5/gatepost.toml.5": FILE,
    "usr/share/man/man8/gatepost.8": FILE,
    "usr/share/man/man8/sendmail.gatepost.8": FILE,
    "usr/share/zsh/site-functions/_gatepost": FILE,
    "usr/share/zsh/site-functions/_sendmail": FILE,
}
DEBIAN = EVERYWHERE | {
    "etc/apparmor.d/usr.libexec.gatepost.launcher": FILE,
    "usr/share/doc/gatepost/README.md": FILE,
    "usr/share/doc/gatepost/SECURITY.md": FILE,
    "usr/share/doc/gatepost/changelog.gz": FILE,
    "usr/share/doc/gatepost/copyright": FILE,
    "usr/share/gatepost/bundle.py": FILE,
    "usr/share/gatepost/compile.sh": PROGRAM,
    "usr/share/gatepost/configure": PROGRAM,
    "usr/share/gatepost/recompile": PROGRAM,
    "usr/share/lintian/overrides/gatepost": FILE,
    "usr/share/man/man1/mailq.1.gz": LINK,
    "usr/share/man/man1/newaliases.1.gz": LINK,
    "usr/share/man/man5/gatepost.toml.5.gz": FILE,
    "usr/share/man/man8/gatepost.8.gz": FILE,
    "usr/share/man/man8/sendmail.8.gz": LINK,
    "usr/share/man/man8/sendmail.gatepost.8.gz": FILE,
    "usr/share/python3/runtime.d/gatepost.rtupdate": PROGRAM,
    "usr/share/zsh/vendor-completions/_gatepost": FILE,
    "usr/share/zsh/vendor-completions/_sendmail": FILE,
}


def guides(tree: Path) -> dict[str, str]:
    """Return the documents of a source tree as the Debian package ships them."""
    return {f"usr/share/doc/gatepost/docs/{guide.name}": FILE for guide in (tree / "docs").iterdir()}


def code(tree: Path) -> dict[str, str]:
    """Return the modules of a source tree as they are shipped."""
    sources = (source for side in SIDES for source in (tree / side).rglob("*.py"))
    return {f"usr/lib/gatepost/{source.relative_to(tree)}": FILE for source in sources}


def compiled(tree: Path, tag: str) -> dict[str, str]:
    """Return what a Python, by the tag of its cache, makes of them at install time."""
    bundles = {f"usr/lib/gatepost/helper/helper.{tag}.bundle": FILE}
    modules = (Path(path) for path in code(tree))
    return bundles | {str(path.parent / f"__pycache__/{path.stem}.{tag}.pyc"): FILE for path in modules}
