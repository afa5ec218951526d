"""Services: the ports that /etc/services gives to names (services(5)).

Behind gatepost.socket they are looked up with the service user's rights, because the sandbox depends on them: so in the
file itself, and not by the name-service switch.
"""

from __future__ import annotations

SERVICES = "/etc/services"


def services() -> bytes:
    """Return the octets of /etc/services, none if it cannot be read."""
    try:
        with open(SERVICES, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def port_in(lines: bytes, name: bytes) -> int | None:
    """Return the port of TCP that such lines give to a service or to an alias of one, None if there is none."""
    for line in lines.split(b"\n"):
        fields = line.partition(b"#")[0].split()
        port, _, protocol = fields.pop(1).partition(b"/") if len(fields) > 1 else (b"", b"", b"")
        if protocol == b"tcp" and port.isdigit() and name in fields:
            return int(port)
    return None
