"""gatepost: the administrator's command. It may import what it likes; no send runs any of it."""

from __future__ import annotations

import argparse
import sys

from admin.check import check


def main() -> None:
    """Carry out the subcommand that the command line names, and exit with its status."""
    parser = argparse.ArgumentParser(prog="gatepost", description="Look after Gatepost, the sendmail of this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("check", help="check the configuration and every file, and compile the configuration")
    parser.parse_args()
    sys.exit(check())
