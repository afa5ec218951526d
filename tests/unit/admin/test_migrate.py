"""What the configurations of other sendmails come to. Each is in that program's own syntax, and ours would be taken."""

from __future__ import annotations

import re

import pytest

from admin.migrate.conversion import Conversion, Line, MigrateError, Place
from admin.migrate.migrate import plan_of
from admin.migrate.write import configuration_text, unchecked_text
from helper.config.schema import MAIN
from tests.support.moves import SYSTEM, Move
from tests.support.moves.every import EVERY

PORT = "587"
KNOWN = {option.name for option in MAIN}
CARRIED = [move for move in EVERY if not move.refused]
REFUSED = [move for move in EVERY if move.refused]


def lay_out(root, files):
    """Write files below a directory."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return root


def plan_for(move: Move, root) -> Conversion:
    """Return the plan of a configuration, on a machine that has names."""
    lay_out(root, SYSTEM | {name: text.replace("{port}", PORT) for name, text in move.files.items()})
    account = move.arguments[1] if move.arguments else None
    return plan_of(move.peer, Place(root, account=account))


def text_for(plan: Conversion) -> str:
    """Return what is written, checked as a send would check it."""
    return unchecked_text(plan) if "from_override" in plan.settings.keys() - KNOWN else configuration_text(plan)


def told(plan: Conversion) -> str:
    """Return all that is said of a plan, a line each."""
    return "\n".join([*map(str, plan.left_out), *plan.warnings])


@pytest.mark.parametrize("move", CARRIED, ids=str)
def test_what_is_carried_over_is_written_and_the_rest_is_said(tmp_path, move):
    plan = plan_for(move, tmp_path)
    text = text_for(plan)
    for line in move.written:
        assert line in text
    for words in move.absent:
        assert words not in text
    for words in move.said:
        assert words in told(plan)
    assert plan.secrets == {name: f"{secret}\n".encode() for name, secret in move.secrets.items()}


@pytest.mark.parametrize("move", REFUSED, ids=str)
def test_what_would_go_another_way_is_refused_with_the_peers_file_and_line(tmp_path, move):
    with pytest.raises(MigrateError) as error:
        configuration_text(plan_for(move, tmp_path))
    assert move.refused in str(error.value)
    assert str(tmp_path) in str(error.value) or "--account" in str(error.value)


@pytest.mark.parametrize("move", EVERY, ids=str)
def test_no_password_and_no_key_of_ours_is_ever_shown(tmp_path, move):
    try:
        plan = plan_for(move, tmp_path)
        shown = text_for(plan) + told(plan)
        secrets = [octets.decode().strip() for octets in plan.secrets.values()]
    except MigrateError as error:
        shown, secrets = str(error), []
        assert not re.search(r"transports\.|routers\[|\brewrite\.", shown)
    for secret in ("correct-horse", "hunter", *(each for each in secrets if len(each) > 4)):
        assert secret not in shown.lower()


# Whatever stands in a file of passwords, broken or whole, none of it is shown: the user's name is what we write.
FORMS = [
    "[localhost]:587\n  user:{}\n",
    "  user:{}\n",
    "[localhost]:587 user {}\n",
    "[localhost]:587 user:x\n{}\n",
    "{} user:x\n",
    "[{}]:587 user:x\n[localhost]:587 user:y\n",
    "[localhost]:587\n\n# {}\n\t{}\n",
    "user:{}\n[localhost]:587",
]
PASSWORD_FILES = {
    "postfix": (
        "etc/postfix/sasl_passwd",
        {
            "etc/postfix/main.cf": "relayhost = [localhost]:587\nsmtp_tls_security_level = encrypt\n"
            "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n"
        },
        FORMS,
    ),
    "nullmailer": (
        "etc/nullmailer/remotes",
        {},
        [
            "localhost smtp --user=x --pass={} {}\n",
            "localhost smtp --pass=x {}\n",
            "localhost {}\n",
            "localhost smtp --{}=x\n",
            "localhost smtp\n{}\n",
            "localhost smtp\nlocalhost smtp {}\n",
            "localhost smtp --user=x --pass='{}\n",
            "localhost smtp --port={}\n",
        ],
    ),
    "dma": (
        "etc/dma/auth.conf",
        {"etc/dma/dma.conf": "SMARTHOST localhost\nSECURETRANSFER\nAUTHPATH /etc/dma/auth.conf\nNULLCLIENT\n"},
        ["{}\n", "user|{}:x\n", "user|localhost:x\n{}\n", "{}|other:x\n", "|localhost:{}\n"],
    ),
    "exim": (
        "etc/exim4/passwd.client",
        {"etc/exim4/update-exim4.conf.conf": "dc_eximconfig_configtype='satellite'\ndc_smarthost='localhost::587'\n"},
        ["{}\n", "{}:user:x\n", "localhost:user:x\n{}\n", "^({}:a:b\n", "localhost {}\n", "localhost::{}\n"],
    ),
    "msmtp": (
        "etc/msmtprc",
        {},
        ["host a\ntls on\nauth on\nuser u\npassword x\n{}\n", "host a\n{} b\n", "host a\npassword a\n b{}\n"],
    ),
    "ssmtp": ("etc/ssmtp/ssmtp.conf", {}, ["mailhub=a\nAuthUser=u\nAuthPass=x\n{}=y\n", "mailhub=a\n{}\n", "{}=#x\n"]),
    "esmtp": ("etc/esmtprc", {}, ["hostname=a\nusername=u\npassword=x {}\n", "{}=x\n", "hostname=a\npassword=a={}\n"]),
}


@pytest.mark.parametrize(
    ("peer", "form"), [(peer, form) for peer, (_, _, forms) in PASSWORD_FILES.items() for form in forms]
)
@pytest.mark.parametrize("secret", ["hunter2", "a*b@c[d]", "zzz=yyy"])
def test_nothing_that_a_file_of_passwords_holds_is_said(tmp_path, peer, form, secret):
    file, others, _ = PASSWORD_FILES[peer]
    lay_out(tmp_path, {**SYSTEM, **others, file: form.replace("{}", secret)})
    try:
        plan = plan_of(peer, Place(tmp_path))
        configuration_text(plan)
        shown = told(plan)
    except MigrateError as error:
        shown = str(error)
    assert secret not in shown
    assert secret.partition("=")[2] not in shown or "=" not in secret


def test_nothing_is_taken_where_there_is_none_or_more_than_one(tmp_path):
    with pytest.raises(MigrateError, match="there is no configuration of msmtp, "):
        plan_of(None, Place(tmp_path))
    lay_out(tmp_path, {"etc/msmtprc": "host a.example\n", "etc/dma/dma.conf": "SMARTHOST a.example\n"})
    with pytest.raises(MigrateError, match=r"there are several configurations: name one \(msmtp, dma\)"):
        plan_of(None, Place(tmp_path))
    assert plan_of("dma", Place(tmp_path)).peer == "dma"


def test_a_file_can_be_named_with_whose_it_is(tmp_path):
    file = lay_out(tmp_path, {"etc/msmtprc": "host a.example\n"}) / "etc/msmtprc"
    assert plan_of("msmtp", Place(tmp_path / "nowhere", file)).read == [str(file)]
    with pytest.raises(MigrateError, match="say which sendmail it belongs to"):
        plan_of(None, Place(tmp_path, file))
    with pytest.raises(MigrateError, match="cannot be read: No such file"):
        plan_of("msmtp", Place(tmp_path, tmp_path / "none"))


def test_only_who_has_accounts_is_asked_for_one(tmp_path):
    lay_out(tmp_path, {"etc/dma/dma.conf": "SMARTHOST a.example\n"})
    with pytest.raises(MigrateError, match="only msmtp and esmtp have accounts"):
        plan_of("dma", Place(tmp_path, account="x"))


def test_the_one_sender_of_all_is_the_last_rule():
    plan = Conversion("a peer")
    line = Line("file", 1, "name", "")
    for login in ("root", "*", "alice"):
        plan.rewrite(login, "somebody@b.example", line)
    assert list(plan.finish().settings["rewrite"]) == ["root", "alice", "*"]
