"""Files that not everybody may read: alias files of root's, and what the callers keep in their homes.

The former work for every caller and show nothing of themselves; the latter are read with no more than the caller's
own rights, and so is whatever they name.
"""

from __future__ import annotations

import os

import pytest

from tests.support.canary import assert_no_canary
from tests.system.outcome import assert_sent
from tests.system.world import (
    ACCEPT,
    MESSAGE,
    assert_goes_nowhere,
    configure,
    home_file,
    login,
    own,
    protected_file,
    public_file,
    redirect,
)

SECRET = "canary-4f1c09ab27"  # a constant: it stands in the names of tests, which have to be the same in all workers
STAFF = "staff@example.net"
NO_LOCAL_DELIVERY = "and there is no local delivery"
FORWARD = {"name": "forward", "driver": "redirect", "file": "$home/.forward", "check_local_user": True}

in_both_modes = pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
by_any_caller = pytest.mark.parametrize("caller", ["alice", "root"])


def configure_protected(installation, host, aliases, **options):
    """Configure an alias file that only root and the service user's group may read, and return its path."""
    file = protected_file(installation, "private.aliases", aliases)
    allowed = {"allow_fail": True, "allow_defer": True, "domains": ["example.net"]}
    configure(installation, host, [redirect(file, **allowed), ACCEPT], **options)
    return file


# Alias files that only root and the service user may read


@in_both_modes
@by_any_caller
def test_a_protected_alias_file_works_for_every_caller(installation, smarthost, caller, mode):
    host = smarthost()
    installation.mode(mode)
    file = configure_protected(installation, host, "staff: team, carol@example.org\nteam: dora@example.org\n")
    assert installation.run_as("alice", "/bin/cat", file).status == 1
    result = installation.send(STAFF, stdin=MESSAGE, user=caller)
    assert_sent(result, host, ["dora@example.org", "carol@example.org"])


def test_an_alias_file_that_others_can_write_is_refused(installation, smarthost):
    host = smarthost()
    file = configure_protected(installation, host, "staff: carol@example.org\n")
    os.chmod(file, 0o660)
    result = installation.send(STAFF, stdin=MESSAGE)
    assert_goes_nowhere(result, host, [STAFF], f"{file}: can be written by users other than root: chmod go-w")


def test_an_alias_file_that_is_not_roots_is_refused(installation, smarthost):
    host = smarthost()
    file = configure_protected(installation, host, "staff: carol@example.org\n")
    os.chown(file, installation.account("alice").pw_uid, installation.account("mail").pw_gid)
    result = installation.send(STAFF, stdin=MESSAGE)
    assert_goes_nowhere(result, host, [STAFF], f"{file}: must belong to root: chown root")


@in_both_modes
def test_an_alias_file_that_we_may_not_read_is_refused(installation, smarthost, mode):
    host = smarthost()
    installation.mode(mode)
    file = configure_protected(installation, host, "staff: carol@example.org\n")
    os.chmod(file, 0o600)
    result = installation.send(STAFF, stdin=MESSAGE)
    assert_goes_nowhere(result, host, [STAFF], f"{file}: cannot be read: Permission denied")


@pytest.mark.parametrize(
    "aliases",
    [
        f"staff: {SECRET}@example.net, carol@example.org\n{SECRET}: dora@example.org\n",
        f"staff: {SECRET}\n{SECRET}: team\nteam: carol@example.org\n",
        f"staff: {SECRET}\n{SECRET}: :blackhole:\n",
        f"staff: carol@example.org, # {SECRET}\nother: {SECRET}@example.org\n",
    ],
)
@pytest.mark.parametrize("option", ["-bt", "-bv"])
def test_of_a_protected_alias_file_only_the_ends_show(installation, smarthost, option, aliases):
    host = smarthost()
    configure_protected(installation, host, aliases)
    result = installation.send(option, STAFF)
    assert (result.status, result.stderr) == (0, "")
    assert_no_canary(SECRET, result)


@pytest.mark.parametrize("args", [["-bt", STAFF], ["-bv", STAFF], [STAFF]], ids=["-bt", "-bv", "send"])
@pytest.mark.parametrize(
    "aliases",
    [
        f"staff: {SECRET}\n{SECRET}: :fail: closed\n",
        f"staff: {SECRET}\n{SECRET}: :defer: closed\n",
        f"staff: |/bin/{SECRET}\n",
        f"staff: /var/mail/{SECRET}\n",
        f"staff: {SECRET}@@example.org\n",
        f"staff: carol@example.org, :{SECRET}: x\n",
        f"staff: {SECRET}\n{SECRET}: staff\n",
        f"staff: {SECRET}\n{SECRET}: |/bin/cat\n",
        f"staff: {SECRET}\n{SECRET}: dora@@example.org\n",
    ],
)
def test_of_a_protected_alias_file_nothing_shows_where_it_fails(installation, smarthost, aliases, args):
    host = smarthost()
    configure_protected(installation, host, aliases)
    result = installation.send(*args, stdin=MESSAGE)
    assert result.status == 1
    assert STAFF in result.stdout + result.stderr
    assert_no_canary(SECRET, result.stdout, result.stderr)
    assert host.connections == 0


@in_both_modes
def test_a_protected_alias_file_shows_to_root(installation, smarthost, mode):
    host = smarthost()
    installation.mode(mode)
    file = configure_protected(installation, host, "staff: team\nteam: carol@example.org\n")
    result = installation.send("-bt", STAFF, user="root")
    assert result.status == 0
    assert f"{STAFF}: router aliases: redirected by {file} to team@example.net" in result.stdout.splitlines()


def test_what_a_protected_alias_file_includes_is_read_with_the_callers_rights(installation, smarthost):
    host = smarthost()
    members = protected_file(installation, "members.list", f"{SECRET}@example.org\n")
    configure_protected(installation, host, f"staff: :include:{members}\n")
    result = installation.send(STAFF, stdin=MESSAGE)
    reason = f"{STAFF}: cannot be routed: {members} cannot be read: Permission denied"
    assert_goes_nowhere(result, host, [STAFF], reason)


@pytest.mark.parametrize("option", [[], ["-bt"], ["-bv"]], ids=["send", "-bt", "-bv"])
def test_no_list_can_show_a_secret_of_ours(installation, smarthost, option):
    host = smarthost(tls="starttls", auth={"ws1": SECRET})
    password = installation.secrets / "relay.password"
    aliases = f"staff: :include:{password}\nboss: :include:{installation.configuration}\n"
    file = public_file(installation, "aliases", aliases)
    configure(installation, host, [redirect(file), ACCEPT])
    result = installation.send(*option, "staff", "boss", stdin=MESSAGE)
    assert result.status == 1
    assert "Permission denied" in result.stdout + result.stderr
    assert_no_canary(SECRET, result)
    assert host.connections == 0


# $home/.forward


@pytest.fixture
def forwarding(installation, smarthost):
    """Return a smart host, and a configuration under which the users of the domain forward their mail."""
    host = smarthost()
    configure(installation, host, [FORWARD | {"domains": ["example.net"], "allow_fail": True}, ACCEPT])
    for who in ("alice", "bob"):
        os.chmod(installation.account(who).pw_dir, 0o700)
    yield host
    for who in ("alice", "bob"):
        for name in (".forward", "more.list"):
            path = f"{installation.account(who).pw_dir}/{name}"
            if os.path.lexists(path):
                os.remove(path)


@pytest.mark.parametrize(
    ("content", "recipients"),
    [
        ("carol@example.org\n", ["carol@example.org"]),
        ("carol@example.org", ["carol@example.org"]),
        ("# on leave\ncarol@example.org,\n\ndora@example.org\n", ["carol@example.org", "dora@example.org"]),
        ("\\ALICE, carol@example.org\n", ["ALICE@example.net", "carol@example.org"]),
        ("ALICE@example.net\ncarol@example.org\n", ["ALICE@example.net", "carol@example.org"]),
        ("", ["ALICE@example.net"]),
        ("# nothing yet\n", ["ALICE@example.net"]),
    ],
)
def test_a_user_forwards(installation, forwarding, content, recipients):
    name = login(installation, "alice")
    home_file(installation, "alice", ".forward", content.replace("ALICE", name))
    recipients = [recipient.replace("ALICE", name) for recipient in recipients]
    assert_sent(installation.send(name, stdin=MESSAGE), forwarding, recipients)


def test_a_user_without_a_forward_file_is_sent_to(installation, forwarding):
    assert_sent(installation.send(login(installation, "alice"), stdin=MESSAGE), forwarding, [own(installation)])


def test_a_forward_file_may_include_what_the_caller_may_read(installation, forwarding):
    more = home_file(installation, "alice", "more.list", "carol@example.org\n")
    home_file(installation, "alice", ".forward", f":include:{more}\n")
    assert_sent(installation.send(own(installation), stdin=MESSAGE), forwarding, ["carol@example.org"])


def test_the_forward_file_of_another_user_works_where_the_caller_may_read_it(installation, forwarding):
    home_file(installation, "bob", ".forward", "carol@example.org\n")
    os.chmod(installation.account("bob").pw_dir, 0o755)
    assert_sent(installation.send(own(installation, "bob"), stdin=MESSAGE), forwarding, ["carol@example.org"])


@in_both_modes
@pytest.mark.parametrize(("caller", "owner"), [("alice", "bob"), ("root", "alice")])
def test_a_forward_file_that_the_caller_may_not_read_fails_the_message(installation, forwarding, caller, owner, mode):
    installation.mode(mode)
    path = home_file(installation, owner, ".forward", f"{SECRET}@example.org\n")
    recipient = own(installation, owner)
    result = installation.send(recipient, stdin=MESSAGE, user=caller)
    reason = f"{recipient}: cannot be routed: {path} cannot be read: Permission denied"
    assert_goes_nowhere(result, forwarding, [recipient], reason)


@in_both_modes
@pytest.mark.parametrize("how", ["link", "include"])
@pytest.mark.parametrize("option", [[], ["-bt"], ["-bv"]], ids=["send", "-bt", "-bv"])
def test_a_forward_file_opens_nothing_of_ours(installation, forwarding, how, option, mode):
    installation.mode(mode)
    protected = protected_file(installation, "private.aliases", f"{SECRET}@example.org\n")
    path = home_file(installation, "alice", ".forward", f":include:{protected}\n")
    if how == "link":
        os.remove(path)
        os.symlink(protected, path)
    result = installation.send(*option, own(installation), stdin=MESSAGE)
    assert result.status == 1
    assert "Permission denied" in result.stdout + result.stderr
    assert_no_canary(SECRET, result)
    assert forwarding.connections == 0


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("|/usr/bin/procmail\n", f"is redirected to a pipe, {NO_LOCAL_DELIVERY}"),
        ("\"|IFS=' ' && exec /usr/bin/procmail -f- || exit 75\"\n", f"is redirected to a pipe, {NO_LOCAL_DELIVERY}"),
        ("/home/alice/mbox\n", f"is redirected to a file, {NO_LOCAL_DELIVERY}"),
        ("# Exim filter\ndeliver carol@example.org\n", "has a filter in FILE, and Gatepost runs no filters"),
        ("# Sieve filter\nkeep;\n", "has a filter in FILE, and Gatepost runs no filters"),
        (":fail: moved\n", "is not taken: moved"),
        (":defer: later\n", "is redirected to :defer:, which router forward does not allow"),
        (":include:FILE\n", "is redirected in a loop: FILE is included again and again"),
    ],
)
def test_a_forward_file_fails_the_message(installation, forwarding, content, problem):
    path = f"{installation.account('alice').pw_dir}/.forward"
    home_file(installation, "alice", ".forward", content.replace("FILE", path))
    recipients = ["carol@example.org", own(installation)]
    result = installation.send(*recipients, stdin=MESSAGE)
    assert_goes_nowhere(result, forwarding, recipients, f"{recipients[1]}: {problem.replace('FILE', path)}")


def test_two_users_who_forward_to_each_other_are_a_loop(installation, forwarding):
    for who, other in (("alice", "bob"), ("bob", "alice")):
        home_file(installation, who, ".forward", own(installation, other))
        os.chmod(installation.account(who).pw_dir, 0o755)
    bob = own(installation, "bob")
    assert_goes_nowhere(installation.send(bob, stdin=MESSAGE), forwarding, [bob], f"{bob}: is redirected in a loop")


def test_a_forward_file_that_is_no_file_fails_the_message(installation, forwarding):
    path = f"{installation.account('alice').pw_dir}/.forward"
    os.mkfifo(path)
    recipient = own(installation)
    reason = f"{recipient}: cannot be routed: {path} cannot be read: is not a regular file"
    assert_goes_nowhere(installation.send(recipient, stdin=MESSAGE), forwarding, [recipient], reason)
