"""esmtp's configurations: Debian's 1.2 was asked what each means."""

from __future__ import annotations

from typing import Any

from tests.support.moves import PASSWORD, USER, Move

HERE = "hostname = localhost:{port}\n"
LOGIN = f"username = {USER}\npassword = {PASSWORD}\n"
RELAY = {"relay.password": PASSWORD}


def move(name: str, text: str, **result: Any) -> Move:
    """Return a configuration of one file."""
    return Move("esmtp", name, {"etc/esmtprc": text} | result.pop("more", {}), **result)


SENT = [
    move("a smart host", HERE, written=('hosts = ["localhost:587"]', 'tls = "none"', 'helo_data = "ws1.example.net"')),
    move("no port", "hostname = a.example\n", written=('hosts = ["a.example:587"]',), compared=False),
    move(
        "a service", "hostname = a.example:submission\n", written=('hosts = ["a.example:submission"]',), compared=False
    ),
    move("blanks in place of the sign", HERE.replace(" = ", " "), written=('hosts = ["localhost:587"]',)),
    move("settings in one line", f"hostname=localhost:{{port}} username={USER} password={PASSWORD}\n", secrets=RELAY),
    move(
        "values in quotes",
        f'hostname = "localhost:{{port}}"\nusername=\'{USER}\'\npassword = "a b" # c\n',
        secrets={"relay.password": "a b"},
    ),
    move("a number sign in a value", f"{HERE}username = {USER}\npassword = a#b\n", secrets={"relay.password": "a#b"}),
    move("a quote in a value", f"{HERE}username = {USER}\npassword = a'b\n", secrets={"relay.password": "a'b"}),
    move("quotes in quotes", f'{HERE}username = {USER}\npassword = "a\'b"\n', secrets={"relay.password": "a'b"}),
    move("a backslash", f'{HERE}username = {USER}\npassword = "a\\\\b"\n', secrets={"relay.password": "a\\b"}),
    move("a login in the clear", HERE + LOGIN, secrets=RELAY, written=("allow_plaintext = true",)),
    move(
        "STARTTLS",
        f"{HERE}starttls = required\n{LOGIN}",
        tls="starttls",
        secrets=RELAY,
        written=('tls = "starttls"',),
        compared=False,
    ),
    move(
        "STARTTLS where it is offered",
        f"{HERE}starttls = enabled\n",
        said=("starttls: Gatepost never falls back to no TLS",),
        compared=False,
    ),
    move("no STARTTLS", f"{HERE}starttls = disabled\n", written=('tls = "none"',)),
    move(
        "a domain for local recipients",
        f"{HERE}qualifydomain = example.net\n",
        written=('qualify_recipient = "example.net"',),
        absent=("qualify_domain",),
    ),
    move("a name for EHLO", f"{HERE}helo = ws7.example.net\n", written=('helo_data = "ws7.example.net"',)),
    move("a sender for all", f"{HERE}force reverse_path = me@gmail.example\n", written=('"*" = "me@gmail.example"',)),
    move("a domain for all", f'{HERE}force reverse_path = "%u@gmail.example"\n', written=('"*" = "*@gmail.example"',)),
    move(
        "a pattern for all",
        f'{HERE}force reverse_path = "x-%u@gmail.example"\n',
        said=("reverse_path: only an address",),
        compared=False,
    ),
    move(
        "a Sender: for all",
        f"{HERE}force sender = s@gmail.example\n",
        said=("force sender: Gatepost sets Sender",),
    ),
    move(
        "no Message-ID:",
        f"{HERE}message_id = disabled\n",
        said=("message_id: Gatepost always adds a missing Message-ID",),
    ),
    move(
        "mailboxes",
        f'mda = "/usr/bin/procmail -d %T"\n{HERE}',
        said=("mda: Gatepost delivers nothing on this machine",),
    ),
    move(
        "the first identity is the default",
        f"identity = one@a.example\n  {HERE}identity = two@b.example\n  {HERE}  helo = two.example\n",
        names=("two@b.example",),
        written=(
            '"*" = "one@a.example"',
            'senders = ["two@b.example"]',
            'helo_data = "two.example"',
            'untrusted_set_sender = ["two@b.example"]',
        ),
    ),
    move(
        "the first part is the default",
        f"{HERE}{LOGIN}identity = two@b.example\n  hostname = b.example\n  username = x\n  password = second\n",
        written=('hosts = ["b.example:587"]', "[transports.two-b-example]"),
        secrets={**RELAY, "two-b-example.password": "second"},
        absent=('"*" = "two',),
    ),
    move(
        "a default that is marked",
        f"identity = one@a.example\n  hostname = a.example\nidentity = two@b.example\n  {HERE}  default\n",
        written=('"*" = "two@b.example"', 'senders = ["one@a.example"]'),
    ),
    move(
        "an identity by its name",
        f"identity = one@a.example\n  hostname = a.example\nidentity = two@b.example\n  {HERE}",
        arguments=("--account", "two@b.example"),
        written=('"*" = "two@b.example"',),
        compared=False,
    ),
    move(
        "an identity without a host",
        f"{HERE}identity = two@b.example\n  helo = x.example\n",
        said=("identity: cannot be carried over", "has no hostname"),
        absent=("[transports.two",),
    ),
    move(
        "what follows a connection",
        f"{HERE}postconnect = true\n",
        said=("postconnect: Gatepost runs no program after a message",),
        compared=False,
    ),
]
REFUSED = [
    move("no host", f"username = {USER}\n", refused="has no hostname"),
    move("an empty file", "# nothing\n", refused="has no hostname"),
    move(
        "a program before",
        f"{HERE}preconnect = ssh\n",
        refused="etc/esmtprc:2: preconnect: Gatepost runs no program before it connects",
    ),
    move(
        "all mail is local",
        f"{HERE}force_mda = alice\n",
        refused="etc/esmtprc:2: force_mda: it delivers all mail on this machine",
    ),
    move(
        "an empty password",
        f'{HERE}username = {USER}\npassword = ""\n',
        refused="etc/esmtprc:3: password: the password is missing or empty",
    ),
    move(
        "no password", f"{HERE}username = {USER}\n", refused="etc/esmtprc:2: username: the password is missing or empty"
    ),
    move("no user", f"{HERE}password = x\n", refused="etc/esmtprc:2: password: no user name is given"),
    move(
        "two words",
        f"{HERE}username = {USER}\npassword = a hunter2\n",
        refused="etc/esmtprc:3: is not a setting of esmtp",
    ),
    move(
        "an equals sign in a value",
        f"{HERE}username = {USER}\npassword = a=hunter2\n",
        refused="etc/esmtprc:3: is not a setting of esmtp",
    ),
    move(
        "a semicolon in a value",
        f"{HERE}username = {USER}\npassword = ;hunter2\n",
        refused="etc/esmtprc:3: contains what esmtp refuses",
    ),
    move(
        "an escape",
        f'{HERE}username = {USER}\npassword = "a\\tb"\n',
        refused="etc/esmtprc:3: contains an escape that esmtp reads differently",
    ),
    move("another case", "Hostname = a.example\n", refused="etc/esmtprc:1: is not a setting of esmtp"),
    move("an identity that is not there", HERE, arguments=("--account", "x@y"), refused="there is no identity x@y"),
]
MOVES = [*SENT, *REFUSED]
