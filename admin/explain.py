"""gatepost explain: show how a user's message would be routed, as `sendmail -bt` shows it to that user."""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from admin.accounts import give_up_root
from admin.apart import relay
from admin.configuration import read_configuration
from admin.finding import reason
from helper.address import Mailbox
from helper.config.values import Configuration, alias_files
from helper.delivery.inquire import inquire, permitted_route
from helper.delivery.recipients import argument_mailboxes
from helper.discreet import STARS, for_caller
from helper.failure import AddressError, Failure, NotPermitted, SystemFault
from helper.identity.identify import ROOT, Person, identify
from helper.identity.origin import Origin, origin_of
from helper.privileged import paths, protected_files
from helper.privileged.accounts import account
from helper.record import Record
from helper.request.submission import TRACE, Inquiry, Submission
from helper.routing.trace import host_text
from helper.text import shown

TIME_LIMIT_S = 600


class Case(Record):
    """The user who would send, and the configuration."""

    person: Person
    configuration: Configuration
    aliases: Mapping[str, bytes | None]


def explain(addresses: list[str], login: str) -> int:
    """Print the route of each address for a message of this user, and return 0 if all of them can be routed."""
    return relay(lambda: explain_in_lines(addresses, login), TIME_LIMIT_S)


def explain_in_json(addresses: list[str], login: str) -> int:
    """Print the same as one JSON object: `steps` are the lines of the trace, `outcome` what comes of an address."""
    return relay(lambda: explain_as_object(addresses, login), TIME_LIMIT_S)


def explain_in_lines(addresses: list[str], login: str) -> int:
    """Print it line by line; who does this is the user then."""
    try:
        case = become(login)
        question = Inquiry(TRACE, tuple(map(os.fsencode, addresses)))
        return inquire(question, case.person, case.configuration, case.aliases, lambda line: print(for_caller(line)))
    except Failure as failure:
        print(reason(failure))
        return 1


def explain_as_object(addresses: list[str], login: str) -> int:
    """Print it as one JSON object; who does this is the user then."""
    try:
        case = become(login)
        origin = origin_of(case.person, Submission(()), case.configuration)
        answers = [answer for text in addresses for answer in answers_for(os.fsencode(text), origin, case)]
        status = int(any(answer["outcome"] == "failed" for answer in answers))
        told = {"user": login, "status": status, "addresses": answers}
    except Failure as failure:
        status, told = 1, {"user": login, "status": 1, "reason": reason(failure), "addresses": []}
    json.dump(told, sys.stdout, indent=2)
    print()
    return status


def become(login: str) -> Case:
    """Read everything of root's, and then be the user for good, as a helper is: the stand-in for root.

    So the same obstacles appear as in a send, such as a .forward file that the user may not read.
    """
    if os.geteuid() != 0:
        raise NotPermitted("only root can run explain: sudo gatepost explain; for your own mail: sendmail -bt")
    try:
        user = pwd.getpwnam(login)
    except KeyError:
        raise SystemFault(f"there is no user {login}") from None
    for name, kind in ((paths.SERVICE_USER, "service"), (paths.STANDIN_USER, "stand-in")):
        if user.pw_uid == account(name).pw_uid:
            raise NotPermitted(f"the {kind} user {name} cannot send")
    configuration = read_configuration().configuration
    aliases = {file: protected_files.alias_file(file) for file in alias_files(configuration)}
    successor = account(paths.STANDIN_USER) if user.pw_uid == ROOT else user
    give_up_root(successor, os.getgrouplist(successor.pw_name, successor.pw_gid))
    return Case(identify(user.pw_uid), configuration, aliases)


def answers_for(text: bytes, origin: Origin, case: Case) -> Iterator[dict[str, Any]]:
    """Yield the outcome for each address of one argument."""
    try:
        mailboxes = argument_mailboxes(text, case.configuration.qualify_recipient)
    except AddressError as failure:
        yield {"address": shown(text), "outcome": "failed", "reason": reason(failure), "steps": []}
        return
    for mailbox in mailboxes:
        steps: list[str] = []
        outcome = outcome_of(mailbox, origin, case, steps)
        yield {"address": shown(mailbox.octets), **outcome, "steps": list(map(for_caller, steps))}


def outcome_of(mailbox: Mailbox, origin: Origin, case: Case, steps: list[str]) -> dict[str, Any]:
    """Return the outcome for one address, and record its steps."""
    try:
        way = permitted_route(mailbox, origin, case.configuration, case.aliases, steps.append)
    except Failure as failure:
        return {"outcome": "failed", "reason": for_caller(reason(failure))}
    if way is None:
        return {"outcome": "discarded"}
    return {
        "outcome": "verified",
        "transport": way.transport,
        "hosts": [host_text(host) for host in way.hosts],
        "reverse_path": "" if way.reverse_path is None else shown(way.reverse_path.octets),
        "recipients": [STARS if each.is_hidden else shown(each.address.octets) for each in way.recipients],
        "headers_add": [shown(field) for field in way.headers_add],
        "headers_remove": [shown(name) for name in way.headers_remove],
    }
