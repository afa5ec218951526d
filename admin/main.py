"""gatepost: the administrator's command. It may import what it likes; no send runs any of it."""

from __future__ import annotations

import argparse
import sys

from admin.check import check
from admin.explain import explain


def main() -> None:
    """Carry out the subcommand that the command line names, and exit with its status."""
    parser = argparse.ArgumentParser(prog="gatepost", description="Look after Gatepost, the sendmail of this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("check", help="check the configuration and every file, and compile the configuration")
    explaining = commands.add_parser("explain", help="show how addresses are routed, for a message of a user's")
    explaining.add_argument("address", nargs="+")
    explaining.add_argument("--as", dest="login", default="root", metavar="USER", help="whose message (default: root)")
    arguments = parser.parse_args()
    sys.exit(explain(arguments.address, arguments.login) if arguments.command == "explain" else check())
