"""gatepost migrate: the configuration of the sendmail before us becomes ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from admin.finding import reason
from admin.migrate import dma, esmtp, exim, exim_debian, msmtp, nullmailer, postfix, ssmtp
from admin.migrate.plan import MigrateError, Plan, Reader
from admin.migrate.read import login_of
from admin.migrate.write import configuration_text, write
from helper.failure import Failure
from helper.privileged.command_files import refuse_unsafe_command
from helper.smtp.steps import shown
from helper.status import FAILED, SENT

READERS: Mapping[str, tuple[Reader, ...]] = {
    "msmtp": (msmtp.read,),
    "ssmtp": (ssmtp.read,),
    "dma": (dma.read,),
    "nullmailer": (nullmailer.read,),
    "esmtp": (esmtp.read,),
    "postfix": (postfix.read,),
    "exim": (exim_debian.read, exim.read),
}
Say = Callable[[str], None]


def migrate(peer: str | None, named: Path | None, root: Path, *, is_dry: bool, may_replace: bool) -> int:
    """Write what the peer's configuration comes to, or show it, and return the exit status.

    Without a peer, the one that is there is taken; where there are several, none. What could not be carried over, and
    what protects less than it could, goes to standard error.
    """
    try:
        if not is_dry and os.geteuid() != 0:
            raise MigrateError("gatepost migrate", 0, "only root can write the configuration; --dry-run shows it")
        plan = plan_of(peer, named, root)
        mind_others(plan)
        tell(plan)
        if is_dry:
            show(plan)
        else:
            for file in write(plan, may_replace=may_replace):
                print(f"written: {shown(os.fsencode(file))}")
            print("now run: gatepost check --auth")
    except MigrateError as error:
        complain(f"nothing was written: {error}")
        return FAILED
    return SENT


def plan_of(peer: str | None, named: Path | None, root: Path) -> Plan:
    """Return the plan of the peer that was named, or of the only one that is there."""
    if peer is not None:
        plans = plans_of(peer, named, root)
        if not plans:
            raise MigrateError(str(named or root), 0, f"there is no configuration of {peer}'s")
        return plans[0]
    if named is not None:
        raise MigrateError(str(named), 0, "whose it is has to be said: gatepost migrate PEER --from FILE")
    there = [name for name in READERS if is_there(name, root)]
    if not there:
        raise MigrateError(str(root), 0, f"there is no configuration of {', '.join(READERS)}")
    if len(there) > 1:
        raise MigrateError(str(root), 0, f"there are several: name one ({', '.join(there)})")
    return plans_of(there[0], None, root)[0]


def plans_of(peer: str, named: Path | None, root: Path) -> list[Plan]:
    """Return what the readers of a peer make of it; the first that knows the file decides."""
    readers = READERS[peer]
    if named is not None and peer == "exim":  # Debian's answers, or a configuration of Exim's own
        readers = readers[:1] if named.name == "update-exim4.conf.conf" else readers[1:]
    for reader in readers:
        plan = reader(root, named)
        if plan is not None:
            return [plan]
    return []


def is_there(peer: str, root: Path) -> bool:
    """Say whether a peer has a configuration, be it one that cannot be carried over."""
    try:
        return bool(plans_of(peer, None, root))
    except MigrateError:
        return True


def mind_others(plan: Plan) -> None:
    """Warn of a file that a user can write. MigrateError for a command in which others than root have a say."""
    for file in plan.read:
        if login := login_of(file):
            plan.warnings.append(f"{file} is {login}'s to write: see where mail would go, and who would log in")
    auth = plan.relay.get("auth", {})
    for option in ("password_command", "token_command"):
        if option in auth:
            try:
                refuse_unsafe_command(tuple(auth[option]))
            except Failure as failure:
                raise MigrateError(", ".join(plan.read), 0, f"{option}: {reason(failure)}") from None


def tell(plan: Plan) -> None:
    """Say what was read, what is not carried over, and what is to be known."""
    for file in plan.read:
        complain(f"read: {file}")
    for left_out in plan.left_out:
        complain(f"not carried over: {left_out}")
    for warning in plan.warnings:
        complain(f"mind: {warning}")


def show(plan: Plan) -> None:
    """Print what would be written, without a secret."""
    sys.stdout.write(configuration_text(plan).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    for name in plan.secrets:
        print(f"\n# secrets/{name}: ***")


def complain(line: str) -> None:
    """Write a line to standard error, whatever a file's name holds."""
    print(f"gatepost: {shown(line.encode('utf-8', 'surrogateescape'))}", file=sys.stderr)
