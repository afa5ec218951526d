"""Possible corrections for what the parser refuses, the likeliest first. The caller tries them one by one."""

from __future__ import annotations

import copy
import os
import re
import shlex
from collections.abc import Iterator
from typing import Any

from admin.correction.edit import (
    Change,
    Source,
    at_path,
    moving,
    removal,
    renaming,
    setting,
    with_dotted_key,
    with_head,
    with_value,
    without_key,
)
from admin.correction.values import guesses
from helper.config import schema
from helper.config.nearest import nearest
from helper.config.parsers import PROTECTING
from helper.config.shape import BadValue
from helper.privileged import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.toml import Path

# A change, the tables that it makes, and the key that is to be right then.
Candidate = tuple[Change | None, Any, "Path"]

NAMES = {  # keys of each kind of table
    "main": [*(option.name for option in schema.MAIN), *schema.SECTIONS],
    "transports": [*(option.name for option in schema.TRANSPORT), "auth"],
    "auth": [option.name for option in schema.AUTHENTICATION],
    "routers": [option.name for option in (*schema.ROUTER, *(each for own in schema.DRIVERS.values() for each in own))],
    "policies": [option.name for option in schema.POLICY],
}
# What other programs call a key: its name here.
OTHER_NAMES = {
    **dict.fromkeys(("host", "server", "relayhost", "smarthost", "mailhub", "fallback_hosts"), "hosts"),
    **dict.fromkeys(("username", "login", "client_name", "account"), "user"),
    **dict.fromkeys(("tls_on_connect", "protocol", "hosts_require_tls", "starttls", "encryption"), "tls"),
    **dict.fromkeys(("tls_verify_certificates", "tls_trust_file", "ca_file", "cafile"), "tls_ca_file"),
    **dict.fromkeys(("maildomain", "domain", "mydomain", "myorigin"), "qualify_domain"),
    **dict.fromkeys(("hostname", "myhostname"), "primary_hostname"),
    **dict.fromkeys(("timeout",), "command_timeout"),
    **dict.fromkeys(("passwordeval", "password_eval"), "password_command"),
    **dict.fromkeys(("logfile", "log_file", "syslog"), "log"),
}
SECRETS = ("password", "pass", "passwd", "secret", "client_password", "token", "access_token")
WITH_DEFAULT = (
    *("port", "log_format", "exit_codes", "mua_wrapper", "hosts_randomize", "message_size_limit", "recipients_max"),
    *("connect_timeout", "command_timeout", "data_timeout", "final_timeout"),
)


def candidates(source: Source, tables: dict[str, Any], bad: BadValue) -> Iterator[Candidate]:
    """Yield changes of the file, each with the tables that it makes of these."""
    path, text = bad.path, source.text
    if not path:
        return
    if "is missing" in bad.problem:
        yield from for_missing(source, tables, path)
    elif "option" in bad.problem or "unknown key" in bad.problem:
        yield from for_unknown(source, tables, bad)
    elif "table" in bad.problem:
        yield from for_heads(text, tables, path)
    yield from for_companions(text, tables, bad)
    yield from for_values(text, tables, bad)
    if path[-1] in WITH_DEFAULT:
        yield left_out(text, tables, path)


def put(text: str, tables: dict[str, Any], path: Path, value: Any) -> Candidate:
    """Return the candidate that gives a key a value."""
    return setting(text, path, value), with_value(tables, path, value), path


def left_out(text: str, tables: dict[str, Any], path: Path) -> Candidate:
    """Return the candidate that makes a comment of a key."""
    return removal(text, path), without_key(tables, path), path


def for_missing(source: Source, tables: dict[str, Any], path: Path) -> Iterator[Candidate]:
    """Yield the key that a table most probably lacks."""
    text = source.text
    table, name = at_path(tables, path[:-1]) or {}, path[-1]
    only = only_transport(tables)
    if name == "driver" and path[0] == "transports":
        yield put(text, tables, path, "smtp")
    elif name == "driver":
        is_redirect = "file" in table or "data" in table
        yield put(text, tables, path, "redirect" if is_redirect else "manualroute" if "hosts" in table else "accept")
    elif name == "transport" and only:
        yield put(text, tables, path, only)
    elif name == "password_file":
        yield put(text, tables, path, "relay.password")
    elif name == "hosts" and path[0] == "routers" and only:
        yield put(text, tables, (*path[:-1], "driver"), "accept")
    elif path == ("routers",) and tables.get("transports"):
        first = next(iter(tables["transports"]))
        yield append(source, tables, "routers", {"driver": "accept", "transport": first})
    elif name == "file":
        yield put(text, tables, path, "/etc/aliases")


def append(source: Source, tables: dict[str, Any], section: str, table: dict[str, Any]) -> Candidate:
    """Return the candidate that adds a table at the end of the file."""
    from admin.migrate.write_toml import pairs

    added = f"\n[[{section}]]\n{pairs(table)}"
    wanted = copy.deepcopy(tables)
    wanted.setdefault(section, []).append(table)
    printed = shlex.quote(added.replace("\\", "\\\\").replace("%", "%%").replace("\n", "\\n"))
    command = f"printf {printed} >> {source.quoted}"
    return Change((), source.text + added, adds=True, command=command), wanted, (section,)


def only_transport(tables: dict[str, Any]) -> str:
    """Return the name of the only transport, nothing if there are several."""
    transports = tables.get("transports")
    return next(iter(transports)) if isinstance(transports, dict) and len(transports) == 1 else ""


def for_unknown(source: Source, tables: dict[str, Any], bad: BadValue) -> Iterator[Candidate]:
    """Yield another name for a key, another place for it, and last a comment."""
    path, text, name = bad.path, source.text, str(bad.path[-1])
    value = at_path(tables, path)
    if len(path) == 1 and isinstance(value, dict | list):
        yield from for_misspelt_heads(text, tables, name)
    if name in SECRETS:
        yield from for_secrets(source, tables, path)
        return
    known = NAMES[kind_of(path)]
    for meant in (OTHER_NAMES.get(name.lower().replace("-", "_")), nearest(name, known)):
        if meant in known and meant not in (at_path(tables, path[:-1]) or {}):
            target = (*path[:-1], meant)
            for other in (*truths(name, meant, value), value, [value], *guesses(meant, value, "", "")):
                wanted = with_value(without_key(tables, path), target, other)
                yield renaming(text, path, meant, other), wanted, target
    yield from for_other_places(text, tables, path, value)
    if name.isidentifier() and path[0] not in ("routers", "policies"):  # there it can be what keeps somebody out
        yield left_out(text, tables, path)


def truths(name: str, meant: str, value: Any) -> list[Any]:
    """Return what `tls_on_connect = true` and its like mean here."""
    if meant != "tls" or value not in (True, "yes", "on", "true"):
        return []
    return ["implicit" if name == "tls_on_connect" else "starttls"]


def kind_of(path: Path) -> str:
    """Return what kind of table a key stands in."""
    if len(path) == 1:
        return "main"
    return "auth" if "auth" in path[:-1] else str(path[0])


def for_misspelt_heads(text: str, tables: dict[str, Any], name: str) -> Iterator[Candidate]:
    """Yield the sections that the head of a table, or of several, may have been meant for."""
    meant = nearest(name, schema.SECTIONS)
    if meant is None or meant in tables:
        return
    wanted = {meant if each == name else each: value for each, value in tables.items()}
    yield with_head(text, rf"(\[+){name}([].])", rf"\1{meant}\2", wanted), wanted, (meant,)
    if isinstance(wanted[meant], dict) and meant in ("routers", "policies"):
        listed = wanted | {meant: [wanted[meant]]}
        yield with_head(text, rf"\[{name}\]", f"[[{meant}]]", listed), listed, (meant,)


def for_other_places(text: str, tables: dict[str, Any], path: Path, value: Any) -> Iterator[Candidate]:
    """Yield the tables in which a key is known."""
    name = path[-1]
    for target in places_of(str(name), tables, path):
        removed = without_key(tables, path)
        if target[-2:-1] == ("auth",) and at_path(removed, target[:-1]) is None:
            removed = with_value(removed, target[:-1], {})
        wanted = with_value(removed, target, value)
        if target[:-2] == path[:-1]:
            yield with_dotted_key(text, path, "auth", wanted), wanted, target
        yield moving(text, path, target, value), wanted, target


def places_of(name: str, tables: dict[str, Any], path: Path) -> Iterator[Path]:
    """Yield the tables where a misplaced key may belong."""
    if name in NAMES["main"]:
        yield (name,)
    transport = path[1] if path[0] == "transports" else only_transport(tables)
    if not transport:
        return
    if name in NAMES["transports"]:
        yield ("transports", transport, name)
    if name in NAMES["auth"]:
        yield ("transports", transport, "auth", name)


def for_secrets(source: Source, tables: dict[str, Any], path: Path) -> Iterator[Candidate]:
    """Yield the command that moves a password to a password file, without showing it."""
    name, text = str(path[-1]), source.text
    file = f"{path[1] if len(path) > 1 else 'relay'}.password"
    secrets = os.path.join(os.path.dirname(source.file), "secrets")
    is_own = source.file != paths.CONFIGURATION
    owner = "" if is_own else f" -g {paths.SERVICE_USER}"
    change = renaming(text, path, "password_file", file)
    line = source.line(path)
    pattern = f'.*{name} *= *"([^"]*)".*'
    found = re.fullmatch(pattern, text.split("\n")[line - 1])
    if change is None or found is None or found[1] != at_path(tables, path):
        return
    taken = f"sed -n -E '{line}s/{pattern}/\\1/p' {source.quoted}"
    place = source.replace(file=os.path.join(secrets, file)).quoted
    command = f"{taken} | install -D -m {'0600' if is_own else '0640'}{owner} /dev/stdin {place}"
    target = (*path[:-1], "password_file")
    wanted = with_value(without_key(tables, path), target, file)
    yield change.replace(command=f"{command} && {source.command(change)}"), wanted, target


def for_heads(text: str, tables: dict[str, Any], path: Path) -> Iterator[Candidate]:
    """Yield the other kind of head: `[[routers]]` for `[routers]`, `[rewrite]` for `[[rewrite]]`."""
    name, value = path[0], at_path(tables, path)
    head = (name, "")  # what stands below it may be wrong as well
    if len(path) > 1:
        return
    if isinstance(value, dict):
        wanted = tables | {str(name): [value]}
        yield with_head(text, rf"\[{name}\]", f"[[{name}]]", wanted), wanted, head
    if isinstance(value, list) and len(value) == 1:
        inner = value[0].get("name", "relay") if isinstance(value[0], dict) else "relay"
        wanted = tables | {str(name): value[0] if name == "rewrite" else {inner: value[0]}}
        new = f"[{name}]" if name == "rewrite" else f"[{name}.{inner}]"
        yield with_head(text, rf"\[\[{name}\]\]", new, wanted), wanted, head
    if value == []:
        yield left_out(text, tables, path)


def for_companions(text: str, tables: dict[str, Any], bad: BadValue) -> Iterator[Candidate]:
    """Yield what has to be changed beside the key that the parser names."""
    path, problem = bad.path, bad.problem
    beside = path[:-1]
    if 'tls = "none"' in problem or problem.startswith("needs TLS"):
        for key, value in (("tls", "starttls"), ("tls_verify", True)):
            yield put(text, tables, (*beside, key), value)
    if "local_from_check = false" in problem:
        yield put(text, tables, ("local_from_check",), False)
    if "check_local_user = true" in problem:
        yield put(text, tables, (*beside, "check_local_user"), True)
    if "is the name of an earlier router" in problem:
        yield put(text, tables, path, f"{at_path(tables, path)}2")
    if "is not a transport" in problem:
        known = list(tables["transports"])
        value = nearest(str(at_path(tables, path)), known) or only_transport(tables)
        if value:
            yield put(text, tables, path, value)
    if "cannot be given together" in problem or "an option of" in problem:
        yield left_out(text, tables, path)
    if "is empty" in problem and at_path(tables, path) in ([], {}):
        yield left_out(text, tables, path)


def for_values(text: str, tables: dict[str, Any], bad: BadValue) -> Iterator[Candidate]:
    """Yield possible corrections of a value."""
    path = bad.path
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    if path[0] == "rewrite":
        name = "rewrite"
    value, domain = at_path(tables, path), str(tables.get("qualify_domain", ""))
    if value is None:
        return
    for guess in guesses(name, value, bad.problem, domain):
        yield put(text, tables, path, guess)
    if isinstance(path[-1], int):
        whole = at_path(tables, path[:-1])
        kept = [each for each in whole if str(each).upper() not in PROTECTING and each != ""]
        if name in ("discard_ehlo_keywords", "hosts") and kept:
            yield put(text, tables, path[:-1], kept)
        elif name == "discard_ehlo_keywords":
            yield left_out(text, tables, path[:-1])
        if isinstance(value, str):
            split = [part for part in value.replace(";", ",").split(",") if part]
            yield put(text, tables, path[:-1], [*whole[: path[-1]], *split, *whole[path[-1] + 1 :]])
