"""Who may import what: the table of the house as an allow-list over syntax trees. A new file needs a line."""

from __future__ import annotations

import ast
import fnmatch
import os
import posix
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "helper").rglob("*.py"))

PURE = {"__future__", "helper.record", "helper.failure", "helper.status", "helper.discreet", "helper.text"}

# The first line that matches a file says what it may import at run time; a name allows its submodules too.
ALLOWED = {
    "helper/__init__.py": set(),
    "helper/*/__init__.py": set(),
    "helper/__main__.py": {"sys", "helper.bundle.load_bundle", "helper.entry.set_id"},
    "helper/bundle.py": {"gc", "marshal", "sys"},
    "helper/entry/*.py": {"__future__", "os", "posix", "helper"},
    "helper/story.py": PURE | {"helper"},
    "helper/session.py": PURE | {"posix", "helper"},
    "helper/version.py": {"__future__"},
    "helper/loaded_state.py": {"__future__", "helper"},
    "helper/last_words.py": {"__future__", "posix", "helper"},
    "helper/record.py": {"__future__"},
    "helper/secret.py": {"__future__"},
    "helper/status.py": {"__future__"},
    "helper/failure.py": {"__future__"},
    "helper/discreet.py": {"__future__"},
    "helper/dsn.py": {"__future__"},
    "helper/text.py": {"__future__"},
    # inet_pton(3) is pure, whatever else its module has.
    "helper/domain.py": {
        "__future__",
        "unicodedata",
        *(f"_socket.{name}" for name in ("AF_INET", "AF_INET6", "inet_pton")),
    },
    "helper/address.py": PURE | {"helper.domain", "unicodedata"},
    "helper/request/wire.py": PURE,
    "helper/request/submission.py": PURE,
    "helper/request/argv.py": PURE | {"helper.request.submission", "helper.dsn"},
    "helper/request/at_once.py": PURE
    | {"ssl", "sys", "helper.request.argv", "helper.request.submission", "helper.version.VERSION"},
    "helper/request/smtp_*.py": PURE | {"helper.request", "helper.dsn", "helper.address"},
    "helper/request/message.py": PURE | {"errno", "fcntl", "mmap", "posix", "stat"},
    "helper/request/channel.py": PURE | {"errno", "posix", "select", "sys", "time", "_socket", "helper.request.wire"},
    "helper/request/socket_channel.py": PURE | {"fcntl", "posix", "select", "stat", "helper.request.channel"},
    "helper/request/session_server.py": PURE | {"errno", "gc", "posix", "helper.request"},
    "helper/sentence.py": PURE | {"helper.address"},
    "helper/privileged/paths.py": {"__future__"},
    "helper/privileged/accounts.py": PURE | {"os", "pwd", "helper.privileged.paths"},
    "helper/privileged/begin.py": PURE | {"posix", "stat", "sys", "helper.privileged"},
    "helper/password.py": PURE | {"helper.secret", "helper.text.without_mark"},
    "helper/privileged/path_walk.py": PURE | {"errno", "posix", "stat"},
    "helper/privileged/protected_files.py": PURE | {"posix", "stat", "helper.privileged", "helper.secret"},
    # Where there is no compiled copy, `config` is executed before the drop, too.
    "helper/privileged/acquire.py": PURE
    | {"helper.privileged", "helper.secret"}
    | {"helper.config.configuration.parse_configuration", "helper.config.values"},
    "helper/privileged/compiled_copy.py": PURE | {"binascii", "marshal", "sys", "helper.privileged.paths.VERSION"},
    "helper/privileged/log_file.py": PURE | {"errno", "posix", "resource", "stat", "helper.privileged"},
    "helper/privileged/command.py": PURE
    | {"posix", "resource", "select", "time", "_signal", "helper.privileged", "helper.secret"}
    | {"helper.password.command_output"},
    "helper/privileged/command_files.py": PURE | {"os", "stat", "helper.privileged"},
    "helper/privileged/supervise.py": PURE
    | {"posix", "resource", "select", "time", "_signal", "helper.privileged.python_prctl"},
    "helper/privileged/drop.py": PURE | {"posix", "helper.privileged.process", "helper.privileged.python_prctl"},
    "helper/sandbox/confine.py": PURE | {"posix", "sys", "helper.privileged.kernel", "helper.sandbox"},
    "helper/sandbox/landlock.py": PURE | {"posix", "stat", "sys", "helper.privileged.kernel"},
    "helper/sandbox/seccomp.py": PURE | {"helper.sandbox.system_calls"},
    "helper/sandbox/system_calls.py": {"__future__"},
    "helper/privileged/kernel.py": PURE | {"posix", "sys", "_ctypes"},
    "helper/privileged/process.py": PURE | {"resource", "helper.privileged.python_prctl"},
    "helper/privileged/python_prctl.py": PURE
    | {"sys", "_prctl", "helper.privileged.paths", "helper.privileged.prctl_fallback"},
    "helper/privileged/prctl_fallback.py": PURE | {"sys", "helper.privileged.kernel"},
    "helper/privileged/credential.py": PURE | {"os", "stat", "helper.privileged.protected_files", "helper.secret"},
    "helper/door/__main__.py": {"sys", "helper.bundle.load_bundle", "helper.entry.socket"},
    "helper/privileged/accept.py": PURE | {"os", "sys", "_socket", "helper.privileged"},
    "helper/personal/__main__.py": {"os", "sys", "helper.entry", "helper.unprivileged", "helper.privileged.paths"},
    "helper/unprivileged/refuse_rights.py": PURE | {"os", "pwd", "sys", "helper.privileged"},
    "helper/unprivileged/own_files.py": PURE | {"errno", "os", "pwd", "_socket", "helper.privileged"},
    "helper/unprivileged/missing_module.py": PURE | {"os", "helper.request.wire"},
    "helper/config/compiled.py": PURE | {"helper.config.values", "helper.privileged.compiled_copy", "marshal"},
    "helper/config/parsers.py": PURE | {"helper.config", "helper.smtp.sasl.mechanisms.NAMES"},
    "helper/config/nearest.py": {"__future__", "difflib.get_close_matches"},
    "helper/config/*.py": PURE | {"helper.address", "helper.config", "helper.domain", "binascii", "re", "tomllib"},
    "helper/message/mime/charset.py": PURE | {"codecs"},
    "helper/message/*.py": PURE | {"helper.address", "helper.domain", "helper.message", "binascii"},
    "helper/routing/caller.py": PURE | {"helper.config.uids"},
    "helper/routing/*.py": PURE | {"helper.address", "helper.routing", "helper.message", "helper.config.values", "re"},
    "helper/smtp/sasl/scram.py": PURE | {"helper.smtp.sasl", "hashlib", "hmac"},
    "helper/smtp/sasl/simple.py": PURE | {"helper.smtp.sasl", "hmac"},
    "helper/smtp/sasl/saslprep.py": PURE | {"stringprep", "unicodedata.ucd_3_2_0"},
    "helper/smtp/sasl/*.py": PURE | {"helper.smtp.sasl", "binascii"},
    "helper/smtp/*.py": PURE | {"helper.smtp", "binascii"},
    "helper/network/resolve.py": PURE | {"_socket", "helper.network.services"},
    "helper/network/services.py": {"__future__"},
    "helper/network/servers.py": PURE | {"helper.network.dns_records", "helper.network.signed_records"},
    "helper/network/dns_records.py": PURE | {"dns", "math", "os"},
    "helper/network/signed_records.py": PURE | {"dns", "os", "helper.network.dane", "helper.network.dns_records"},
    "helper/network/time_budget.py": PURE | {"time"},
    "helper/network/connect.py": PURE
    | {
        "errno",
        "posix",
        "select",
        "time",
        "_socket",
        "helper.network.time_budget",
        "helper.network.connection.Connection",
    },
    "helper/network/connection.py": PURE
    | {"select", "time", "_socket", "helper.network.time_budget", "helper.smtp.reply"},
    "helper/network/certificate.py": PURE,
    "helper/network/tls_problem.py": PURE | {"helper.network.certificate"},
    "helper/network/dane.py": PURE | {"hashlib", "helper.network.certificate"},
    "helper/network/trust.py": PURE | {"hashlib", "helper.network"},
    "helper/network/own_certificate.py": PURE | {"posix"},
    "helper/network/tls.py": PURE
    | {
        "posix",
        *(f"helper.network.{name}" for name in ("certificate", "openssl", "own_certificate", "tls_problem")),
    },
    "helper/network/openssl.py": PURE | {"_ssl", "helper.network.public_ssl"},
    "helper/network/public_ssl.py": {"__future__", "ssl"},
    "helper/identity/list_files.py": PURE
    | {"posix", "stat", "helper.identity.list_owner", "helper.routing.lookups.ListFile"},
    "helper/identity/identify.py": PURE
    | {
        "grp",
        "posix",
        "pwd",
        "helper.identity",
        "helper.routing.lookups.Home",
    },
    "helper/identity/list_owner.py": PURE
    | {
        "os",
        "pwd",
        "stat",
        "helper.privileged.protected_files.is_writable_by_others",
        "helper.privileged.path_walk",
    },
    "helper/identity/subordinate.py": PURE | {"posix", "pwd", "helper.privileged.paths"},
    "helper/identity/origin.py": PURE | {"helper.address", "helper.identity", "helper.message", "helper.routing"},
    "helper/identity/reverse_path.py": PURE | {"helper.address", "helper.message", "helper.routing"},
    "helper/delivery/recipients.py": PURE | {"helper.address", "helper.message"},
    "helper/delivery/route_message.py": PURE | {"posix", "helper.routing", "helper.identity.identify.home_of"},
    "helper/delivery/outgoing.py": PURE
    | {
        *("posix", "time", "helper.delivery.mail_data", "helper.delivery.notification", "helper.message"),
        *("helper.smtp.envelope", "helper.version.VERSION"),
    },
    "helper/delivery/mail_data.py": PURE | {"helper.message", "helper.smtp.envelope"},
    "helper/delivery/notification.py": PURE | {"helper.delivery.recipients", "helper.smtp.envelope"},
    "helper/delivery/inquire.py": PURE
    | {
        "helper.delivery",
        "helper.identity.origin",
        "helper.routing",
        "helper.sentence",
        "helper.smtp.steps.shown",
        "helper.request.submission",
    },
    "helper/delivery/access.py": PURE | {"posix", "time", "helper.smtp"},
    "helper/delivery/converse.py": PURE | {"helper.smtp"},
    "helper/delivery/deliver.py": PURE | {"helper.delivery", "helper.network"},
    "helper/delivery/log.py": PURE | {"json", "posix", "time", "helper.delivery.system_log", "helper.smtp.steps.shown"},
    "helper/delivery/system_log.py": {"__future__", "_socket", "errno", "posix", "select", "time"},
}


def run_time_imports(path: Path) -> set[str]:
    """Return the modules that a file imports when it runs: everything outside `if TYPE_CHECKING:`."""
    names: set[str] = set()
    pending: list[ast.AST] = [ast.parse(path.read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            pending += node.orelse
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        pending += ast.iter_child_nodes(node)
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_imports_only_what_its_room_may(path):
    name = str(path.relative_to(ROOT))
    allowed = next((names for pattern, names in ALLOWED.items() if fnmatch.fnmatchcase(name, pattern)), None)
    assert allowed is not None, f"{name} has no line in the table"
    surplus = {
        imported
        for imported in run_time_imports(path)
        if not any(imported == one or imported.startswith(f"{one}.") for one in allowed)
    }
    assert not surplus


def test_no_line_of_the_table_is_left_over():
    names = [str(path.relative_to(ROOT)) for path in FILES]
    assert [pattern for pattern in ALLOWED if not fnmatch.filter(names, pattern)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_posix_has_what_a_file_uses_and_it_is_what_os_has(path):
    """`import posix as os`: the same function by the same name."""
    tree = ast.parse(path.read_text())
    aliases = [each for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names]
    if not any((each.name, each.asname) == ("posix", "os") for each in aliases):
        return
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os"}
    assert used
    assert {name for name in used if getattr(posix, name) is not getattr(os, name)} == set()
