"""K9: a list of somebody else's is read with the sender's rights, and must not show what the sender alone can read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.installation import write
from tests.system.world import ACCEPT, MESSAGE, configure, login, public_file, redirect

CANARY = "canary-of-alice-alone"
FORWARD = redirect("$home/.forward", name="forward", check_local_user=True)
BELIEVING = {"helper/identity/list_files.py": {"owner_of_list(path, status, user))": "user)"}}


class Place:
    """The homes of alice and bob, open to all but for what is in alice's private directory, and what each has there."""

    def __init__(self, installation):
        self.installation = installation
        self.alice, self.bob = (installation.account(who) for who in ("alice", "bob"))
        self.private = f"{self.alice.pw_dir}/private"
        self.secret = f"{self.private}/notes"
        for account in (self.alice, self.bob):
            os.chmod(account.pw_dir, 0o755)
        self.directory(self.private, self.alice.pw_uid, 0o700)
        self.file(self.secret, f"{CANARY}@example.org\n", self.alice.pw_uid, mode=0o600)
        self.shared = f"{installation.root}/shared"
        self.directory(self.shared, 0, 0o755)

    def file(self, path, text, uid, gid=0, mode=0o644):
        write(Path(path), text, uid, gid, mode)
        return path

    def directory(self, path, uid, mode, gid=0):
        os.mkdir(path)
        os.chown(path, uid, gid)
        os.chmod(path, mode)
        return path

    def link(self, target, path, uid):
        os.symlink(target, path)
        os.chown(path, uid, uid, follow_symlinks=False)
        return path

    def remove(self):
        for account in (self.alice, self.bob):
            for name in os.listdir(account.pw_dir):
                path = os.path.join(account.pw_dir, name)
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
            os.chmod(account.pw_dir, 0o700)
        shutil.rmtree(self.shared)


@pytest.fixture
def make_place():
    """Return a function that makes a Place, which goes with the test."""
    places = []

    def make(installation):
        places.append(Place(installation))
        return places[-1]

    yield make
    for place in places:
        place.remove()


def forward(place):
    """Return where bob's .forward file is."""
    return f"{place.bob.pw_dir}/.forward"


def linked(place):
    place.link(place.secret, forward(place), place.bob.pw_uid)


def hard_linked(place):
    os.link(place.secret, forward(place))


def included(place):
    place.file(forward(place), f":include:{place.secret}\n", place.bob.pw_uid)


def included_by_a_link(place):
    link = place.link(place.secret, f"{place.bob.pw_dir}/list", place.bob.pw_uid)
    place.file(forward(place), f":include:{link}\n", place.bob.pw_uid)


def of_roots_in_a_private_directory(place):
    place.file(f"{place.private}/roots", f"{CANARY}@example.org\n", 0)
    place.link(f"{place.private}/roots", forward(place), place.bob.pw_uid)


def of_a_group_of_the_senders(place):
    place.file(f"{place.shared}/log", f"{CANARY}@example.org\n", 0, place.alice.pw_gid, 0o640)
    place.link(f"{place.shared}/log", forward(place), place.bob.pw_uid)


def in_a_directory_of_a_group_of_the_senders(place):
    place.directory(f"{place.shared}/group", 0, 0o750, place.alice.pw_gid)
    place.file(f"{place.shared}/group/list", f"{CANARY}@example.org\n", 0)
    place.file(forward(place), f":include:{place.shared}/group/list\n", place.bob.pw_uid)


def writable_by_others(place):
    place.file(forward(place), f"{CANARY}@example.org\n", place.bob.pw_uid, mode=0o664)


def of_somebody_else(place):
    place.file(forward(place), f"{CANARY}@example.org\n", place.alice.pw_uid)


def in_an_alias(place):
    """The file that root's alias includes is bob's, and a link."""
    place.link(place.secret, f"{place.bob.pw_dir}/list", place.bob.pw_uid)
    return f"staff: :include:{place.bob.pw_dir}/list\n"


def in_a_list_of_an_alias(place):
    place.file(f"{place.bob.pw_dir}/list", f":include:{place.secret}\n", place.bob.pw_uid)
    return f"staff: :include:{place.bob.pw_dir}/list\n"


def in_a_shared_list_of_an_alias(place):
    """Root's list that a group can write, and so bob."""
    place.file(f"{place.shared}/list", f":include:{place.secret}\n", 0, place.bob.pw_gid, 0o664)
    return f"staff: :include:{place.shared}/list\n"


def by_a_link_of_bobs_in_an_alias(place):
    place.link(place.secret, f"{place.bob.pw_dir}/list", place.bob.pw_uid)
    place.link(f"{place.bob.pw_dir}/list", f"{place.shared}/list", 0)
    return f"staff: :include:{place.shared}/list\n"


def hard_linked_in_an_alias(place):
    place.directory(f"{place.shared}/lists", 0, 0o775, place.bob.pw_gid)
    os.link(place.secret, f"{place.shared}/lists/list")
    return f"staff: :include:{place.shared}/lists/list\n"


TRICKS = [linked, hard_linked, included, included_by_a_link, of_roots_in_a_private_directory, of_a_group_of_the_senders]
TRICKS += [in_a_directory_of_a_group_of_the_senders, writable_by_others, of_somebody_else, in_an_alias]
TRICKS += [in_a_list_of_an_alias, in_a_shared_list_of_an_alias, by_a_link_of_bobs_in_an_alias, hard_linked_in_an_alias]


def configure_with(installation, host, aliases):
    """Configure .forward files and an alias file; return to whom alice writes."""
    file = public_file(installation, "aliases", aliases or "nobody: nobody\n")
    configure(installation, host, [redirect(file, name="aliases"), FORWARD, ACCEPT])
    return "staff" if aliases else login(installation, "bob")


def play(installation, host, place, trick):
    """Have bob play a trick, and alice write to him, or to a list of his; return what came of it, and of -bt."""
    recipient = configure_with(installation, host, trick(place))
    groups = [place.alice.pw_gid]
    result = installation.send(recipient, stdin=MESSAGE, groups=groups)
    return result, installation.send("-bt", recipient, groups=groups)


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_what_the_sender_alone_can_read_becomes_no_recipient(installation, smarthost, make_place, trick):
    host = smarthost()
    result, traced = play(installation, host, make_place(installation), trick)
    assert (result.status, host.connections) == (1, 0)
    assert "cannot be read: " in result.reason
    assert CANARY not in result.stderr + result.stdout + traced.stdout + "".join(result.log_lines)


@pytest.mark.parametrize("trick", [linked, in_a_list_of_an_alias, of_a_group_of_the_senders])
def test_control_without_a_look_at_whose_it_is_the_smart_host_is_told(weakened, smarthost, make_place, trick):
    installation = weakened(BELIEVING)
    host = smarthost()
    result, _ = play(installation, host, make_place(installation), trick)
    assert result.status == 0
    assert host.message.addresses == [f"{CANARY}@example.org".encode()]


def own(place):
    place.file(forward(place), "dora@example.org\n", place.bob.pw_uid)


def linked_to_own(place):
    place.file(f"{place.bob.pw_dir}/mine", "dora@example.org\n", place.bob.pw_uid)
    place.link(f"{place.bob.pw_dir}/mine", forward(place), place.bob.pw_uid)


def of_root(place):
    place.file(forward(place), "dora@example.org\n", 0)


def including_own_and_roots(place):
    place.file(f"{place.bob.pw_dir}/mine", "dora@example.org\n", place.bob.pw_uid)
    place.file(f"{place.shared}/all", f":include:{place.bob.pw_dir}/mine\n", 0)
    place.file(forward(place), f":include:{place.shared}/all\n", place.bob.pw_uid)


def a_list_of_bobs_in_an_alias(place):
    place.file(f"{place.bob.pw_dir}/mine", "dora@example.org\n", place.bob.pw_uid, place.bob.pw_gid, 0o664)
    place.file(f"{place.bob.pw_dir}/list", f":include:{place.bob.pw_dir}/mine\n", place.bob.pw_uid)
    return f"staff: :include:{place.bob.pw_dir}/mine, :include:{place.shared}/../shared/all\n"


def a_list_of_the_senders_own_in_an_alias(place):
    place.file(f"{place.bob.pw_dir}/mine", "dora@example.org\n", place.bob.pw_uid)
    place.file(f"{place.alice.pw_dir}/list", f":include:{place.bob.pw_dir}/mine\n", place.alice.pw_uid)
    return f"staff: :include:{place.alice.pw_dir}/list\n"


RIGHT = [own, linked_to_own, of_root, including_own_and_roots, a_list_of_bobs_in_an_alias]
RIGHT += [a_list_of_the_senders_own_in_an_alias]


@pytest.mark.parametrize("how", RIGHT, ids=lambda how: how.__name__)
def test_a_list_that_is_its_users_or_roots_is_followed(installation, smarthost, make_place, how):
    host = smarthost()
    place = make_place(installation)
    place.file(f"{place.shared}/all", "dora@example.org\n", 0)
    recipient = configure_with(installation, host, how(place))
    result = installation.send(recipient, stdin=MESSAGE)
    assert (result.status, result.stderr) == (0, "")
    assert host.message.addresses == [b"dora@example.org"]
