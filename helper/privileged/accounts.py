"""Accounts: our own two, read from /etc/passwd.

The name-service switch is not asked. It would run the machine's modules with the service user's rights, and they may
use the network; nobody on a network may decide which user a send becomes. The C programs read the same file (start.h).
"""

from __future__ import annotations

import pwd

from helper.failure import SystemFault
from helper.privileged import paths

ACCOUNTS = "/etc/passwd"
FIELDS = 7  # passwd(5)
NO_ID = (1 << 32) - 1  # setresuid(2) takes it as "leave unchanged", so no account may have it (CVE-2019-14287)


def our_accounts() -> tuple[pwd.struct_passwd, pwd.struct_passwd]:
    """Return the service user and the stand-in user. SystemFault if one is missing, or is root."""
    octets = passwd()
    return account(paths.SERVICE_USER, octets), account(paths.STANDIN_USER, octets)


def account(name: str, octets: bytes | None = None) -> pwd.struct_passwd:
    """Return a local account, from /etc/passwd by default. SystemFault if it is missing, or is root."""
    found = find_account(name, passwd() if octets is None else octets)
    if found is None:
        raise SystemFault(f"the user {name} is not in {ACCOUNTS}, or is root: sudo gatepost check")
    return found


def find_account(name: str, octets: bytes) -> pwd.struct_passwd | None:
    """Return the first valid line for a name, None if there is none, or if it has uid or gid 0."""
    start, wanted = 0, b"\n" + name.encode(errors="surrogateescape") + b":"
    octets = b"\n" + octets
    while (start := octets.find(wanted, start)) >= 0:
        start += 1
        end = octets.find(b"\n", start)
        fields = octets[start:end].split(b":") if end >= 0 else []
        if len(fields) > 4 and is_id(fields[2]) and is_id(fields[3]):
            uid, gid = int(fields[2]), int(fields[3])
            text = [field.decode(errors="surrogateescape") for field in fields] + [
                ""
            ] * FIELDS  # some systems omit the last fields
            return pwd.struct_passwd((*text[:2], uid, gid, *text[4:FIELDS])) if uid and gid else None
    return None


def is_id(field: bytes) -> bool:
    """Return whether a field is a uid or gid."""
    return field.isdigit() and len(field) <= len(str(NO_ID)) and int(field) < NO_ID


def passwd() -> bytes:
    """Return the octets of /etc/passwd, none if it cannot be read."""
    try:
        with open(ACCOUNTS, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""
