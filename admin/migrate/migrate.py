"""gatepost migrate: convert the configuration of the previous sendmail."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace

from admin.finding import reason
from admin.migrate import dma, esmtp, exim, exim_debian, msmtp, nullmailer, postfix, ssmtp
from admin.migrate.conversion import Conversion, MigrateError, Place, Reader
from admin.migrate.read import login_of
from admin.migrate.write import Destination, configuration_text, users_own, write
from helper.failure import Failure
from helper.privileged.command_files import refuse_unsafe_command
from helper.status import FAILED, SENT
from helper.text import shown

READERS: Mapping[str, tuple[Reader, ...]] = {
    "msmtp": (msmtp.read,),
    "ssmtp": (ssmtp.read,),
    "dma": (dma.read,),
    "nullmailer": (nullmailer.read,),
    "esmtp": (esmtp.read,),
    "postfix": (postfix.read,),
    "exim": (exim_debian.read, exim.read),
}
PERSONAL = ("msmtp", "esmtp")  # of which a user has files, and which know accounts


def migrate(peer: str | None, place: Place, *, is_dry: bool, may_replace: bool) -> int:
    """Write the converted configuration, or show it, and return the exit status.

    Without a peer, the one that is there is taken; where there are several, none. With a home, it is that user's own
    configuration that is read and written. What could not be carried over, and what protects less than it could, goes
    to standard error.
    """
    try:
        destination = destination_for(place, is_dry=is_dry)
        plan = plan_of(peer, place)
        if place.home is None:
            mind_others(plan)
        tell(plan)
        if is_dry:
            show(plan)
        else:
            for file in write(plan, destination, may_replace=may_replace):
                print(f"written: {shown(os.fsencode(file))}")
            print("now run: gatepost check --auth")
    except MigrateError as error:
        complain(f"nothing was written: {error}")
        return FAILED
    return SENT


def destination_for(place: Place, *, is_dry: bool) -> Destination:
    """Return the destination. MigrateError for a user who must not write there."""
    if place.home is not None:
        if os.geteuid() == 0:
            reason = "is for an ordinary user; as root, leave it out to write the system's configuration"
            raise MigrateError("--user", 0, reason)
        return users_own(place.home)
    if not is_dry and os.geteuid() != 0:
        reason = "only root can write the system's configuration; --user writes your own, --dry-run writes nothing"
        raise MigrateError("gatepost migrate", 0, reason)
    return Destination()


def plan_of(peer: str | None, place: Place) -> Conversion:
    """Return the plan of the peer that was named, or of the only one that is there."""
    candidates = [name for name in READERS if place.home is None or name in PERSONAL]
    if peer is not None:
        plan = read_by(peer, place) if peer in candidates else None
        if plan is None:
            raise MigrateError(str(place.named or place.home or place.root), 0, f"there is no configuration of {peer}")
        return plan
    if place.named is not None:
        raise MigrateError(str(place.named), 0, "say which sendmail it belongs to: gatepost migrate PEER --from FILE")
    there = [name for name in candidates if is_there(name, place)]
    if len(there) == 1:
        plan = read_by(there[0], place)
        if plan is not None:
            return plan
    if not there:
        raise MigrateError(str(place.home or place.root), 0, f"there is no configuration of {', '.join(candidates)}")
    raise MigrateError(
        str(place.home or place.root), 0, f"there are several configurations: name one ({', '.join(there)})"
    )


def read_by(peer: str, place: Place) -> Conversion | None:
    """Return the conversion by the first reader of a peer that recognises the file."""
    if place.account is not None and peer not in PERSONAL:
        raise MigrateError("--account", 0, f"only {' and '.join(PERSONAL)} have accounts")
    readers = READERS[peer]
    if place.named is not None and peer == "exim":  # Debian's answers, or a configuration of Exim's own
        readers = readers[:1] if place.named.name == "update-exim4.conf.conf" else readers[1:]
    return next((plan for reader in readers if (plan := reader(place)) is not None), None)


def is_there(peer: str, place: Place) -> bool:
    """Return whether a peer has a configuration, be it one that cannot be carried over."""
    try:
        return read_by(peer, replace(place, account=None)) is not None
    except MigrateError:
        return True


def mind_others(plan: Conversion) -> None:
    """Warn of a file that a user can write. MigrateError for a command in which others than root have a say."""
    for file in dict.fromkeys(plan.read):
        if login := login_of(file):
            plan.warnings.append(
                f"{file} belongs to {login}, who can change it: check the smart host and the user name in it"
            )
    for name, transport in plan.settings.get("transports", {}).items():
        auth = transport.get("auth", {})
        command = auth.get("password_command") or auth.get("token_command")
        if not command:
            continue
        try:
            refuse_unsafe_command(tuple(command))
        except Failure as failure:
            line = plan.origin_of(f"transports.{name}.auth")
            raise (line.error(reason(failure)) if line else MigrateError(name, 0, reason(failure))) from None


def tell(plan: Conversion) -> None:
    """Print the files that were read, the settings that are not converted, and the warnings."""
    for file in dict.fromkeys(plan.read):
        complain(f"read: {file}")
    for left_out in plan.left_out:
        complain(f"not carried over: {left_out}")
    for warning in plan.warnings:
        complain(f"warning: {warning}")


def show(plan: Conversion) -> None:
    """Print what would be written, without a secret."""
    sys.stdout.write(configuration_text(plan).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    for name in plan.secrets:
        print(f"\n# secrets/{name}: ***")


def complain(line: str) -> None:
    """Write a printable line to standard error."""
    print(f"gatepost: {shown(line.encode('utf-8', 'surrogateescape'))}", file=sys.stderr)
