"""gatepost: the administrator's command. No send runs any of this code, so it may import anything."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from admin.check import check
from admin.configuration import Visit, nothing_more
from admin.explain import explain, explain_in_json
from admin.finding import reason, tell_json, tell_lines
from admin.send_test import send_test, send_test_in_json
from helper.failure import Failure
from helper.status import USAGE
from helper.text import shown
from helper.version import VERSION

PEERS = ("msmtp", "ssmtp", "dma", "nullmailer", "esmtp", "postfix", "exim")


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line and with the status that sendmail has for it."""

    def error(self, message: str) -> NoReturn:
        """Say what cannot be understood."""
        print(f"gatepost: usage: {shown(os.fsencode(message))}", file=sys.stderr)
        sys.exit(USAGE)


def main() -> None:
    """Carry out the subcommand that the command line names, and exit with its status."""
    arguments = parser().parse_args()
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # a reader that has seen enough
        status = say_no_more()
    except OSError as error:
        place = shown(os.fsencode(error.filename or "standard output"))
        print(f"gatepost: {place}: {error.strerror}", file=sys.stderr)
        status = say_no_more()
    sys.exit(status)


def say_no_more() -> int:
    """Let nothing more be written to standard output, not even at the end of the interpreter."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def parser() -> Parser:
    """Return what understands the command line; `run` carries out what it says."""
    whole = Parser(prog="gatepost", description="Administer Gatepost, the sendmail of this machine.")
    whole.add_argument("--version", action="version", version=f"Gatepost {VERSION}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    checking = commands.add_parser(
        "check", help="check every file, owner and mode; as an ordinary user: your own files"
    )
    checking.add_argument("--connect", action="store_true", help="also connect to each smart host; send no message")
    checking.add_argument("--auth", action="store_true", help="also connect and log in; send no message")
    checking.add_argument("--json", action="store_true", help="print one JSON list")
    checking.set_defaults(run=run_check)

    explaining = commands.add_parser("explain", help="show how a message from a user to these addresses is routed")
    explaining.add_argument("address", nargs="+", metavar="ADDRESS")
    explaining.add_argument("--as", dest="login", default="root", metavar="USER", help="the sender (default: root)")
    explaining.add_argument("--json", action="store_true", help="print one JSON object")
    explaining.set_defaults(run=run_explain)

    testing = commands.add_parser(
        "selftest", help="attack this installation as an ordinary user, harmlessly, and show what holds"
    )
    testing.add_argument(
        "--as", dest="login", metavar="USER", help="the attacker (default: the user who ran sudo, else nobody)"
    )
    testing.add_argument("--json", action="store_true", help="print one JSON list")
    testing.set_defaults(run=run_selftest)

    moving = commands.add_parser("migrate", help="carry over the configuration of another sendmail")
    moving.add_argument(
        "peer", nargs="?", choices=PEERS, metavar="PEER", help=f"the other sendmail: {', '.join(PEERS)}"
    )
    moving.add_argument("--from", dest="file", metavar="FILE", help="the file to read (default: PEER's usual file)")
    moving.add_argument("--root", default="/", metavar="DIR", help="look for files below DIR instead of /")
    moving.add_argument("--account", metavar="NAME", help="the account to carry over, if PEER has several")
    moving.add_argument("--user", action="store_true", help="write your own configuration, for sends without privilege")
    moving.add_argument("--dry-run", action="store_true", help="print the result without secrets; write nothing")
    moving.add_argument("--force", action="store_true", help="replace existing files, and keep a copy of each")
    moving.set_defaults(run=run_migrate)

    entering = commands.add_parser("login", help="log in with OAuth 2.0 and store the tokens in secrets/")
    entering.add_argument("transport", metavar="TRANSPORT")
    entering.add_argument("--provider", choices=("google", "microsoft"), help="use this provider's endpoints and scope")
    entering.add_argument("--client-id", metavar="ID", help="the id of the client that you registered there")
    entering.add_argument(
        "--client-secret-file", metavar="FILE", help="a file that holds the client's secret, if it has one"
    )
    entering.add_argument(
        "--tenant", default="organizations", metavar="NAME", help="Microsoft: whose accounts may log in"
    )
    entering.add_argument("--scope", metavar="SCOPE", help="the scope to ask for (default: sending mail)")
    entering.add_argument("--device-endpoint", metavar="URL", help="the device authorization endpoint (RFC 8628)")
    entering.add_argument("--authorization-endpoint", metavar="URL", help="the authorization endpoint, for --browser")
    entering.add_argument("--token-endpoint", metavar="URL", help="the token endpoint")
    entering.add_argument("--ca-file", metavar="FILE", help="CA certificates to verify the endpoints with")
    entering.add_argument(
        "--browser", action="store_true", help="use a browser and paste its address, instead of a device code"
    )
    entering.set_defaults(run=run_login)

    renewing = commands.add_parser("refresh", help="renew access tokens that expire soon")
    renewing.add_argument(
        "transport", nargs="*", metavar="TRANSPORT", help="only these transports (default: all that have logged in)"
    )
    renewing.add_argument("--force", action="store_true", help="renew the others too")
    renewing.set_defaults(run=run_refresh)

    sending = commands.add_parser("send-test", help="send a test message and show the SMTP dialogue")
    sending.add_argument("address", metavar="ADDRESS")
    sending.add_argument("--as", dest="login", metavar="USER", help="the sender (default: you)")
    sending.add_argument("--json", action="store_true", help="print one JSON object")
    sending.set_defaults(run=run_send_test)
    return whole


def run_check(arguments: argparse.Namespace) -> int:
    """Check as far as was asked for: root the installation, an ordinary user their own files."""
    tell = tell_json if arguments.json else tell_lines
    if os.geteuid() != 0:
        from admin.check_own import check_own

        return tell(check_own(visit_of(arguments)), sys.stdout)
    return tell(check(visit_of(arguments)), sys.stdout)


def visit_of(arguments: argparse.Namespace) -> Visit:
    """Return what is done when the files have been checked."""
    if not arguments.connect and not arguments.auth:
        return nothing_more
    from admin.connect import greet, log_in

    return log_in if arguments.auth else greet


def run_explain(arguments: argparse.Namespace) -> int:
    """Explain in the form that was asked for."""
    tell = explain_in_json if arguments.json else explain
    return tell(arguments.address, arguments.login)


def run_send_test(arguments: argparse.Namespace) -> int:
    """Send, and tell of it in the form that was asked for."""
    tell = send_test_in_json if arguments.json else send_test
    return tell(arguments.address, arguments.login)


def run_migrate(arguments: argparse.Namespace) -> int:
    """Carry over what was asked for."""
    from admin.migrate.conversion import Place
    from admin.migrate.migrate import migrate

    named = Path(arguments.file) if arguments.file is not None else None
    home = Path.home() if arguments.user else None
    place = Place(Path(arguments.root), named, home, arguments.account)
    return migrate(arguments.peer, place, is_dry=arguments.dry_run, may_replace=arguments.force)


def run_login(arguments: argparse.Namespace) -> int:
    """Log in for the transport that was named."""
    from admin.oauth.login import login

    return login(arguments)


def run_refresh(arguments: argparse.Namespace) -> int:
    """Renew what was asked for."""
    from admin.oauth.refresh import refresh

    return refresh(arguments.transport, is_forced=arguments.force)


def run_selftest(arguments: argparse.Namespace) -> int:
    """Attack as who was named, and tell what holds."""
    from admin.selftest.suite import attacker_named, selftest

    try:
        who = attacker_named(arguments.login, os.environ)
    except Failure as failure:
        print(f"gatepost: usage: {shown(os.fsencode(reason(failure)))}", file=sys.stderr)
        return USAGE
    tell = tell_json if arguments.json else tell_lines
    return tell(selftest(who), sys.stdout)
