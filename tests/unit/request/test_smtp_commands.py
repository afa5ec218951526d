from __future__ import annotations

import pytest

from helper.request.smtp_commands import Rejected, mail_parameters, parse_command, parse_path, rcpt_parameters


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        (b"NOOP", (b"NOOP", b"")),
        (b"noop  x ", (b"NOOP", b"x")),
        (b"QUIT \t ", (b"QUIT", b"")),
        (b"MAIL FROM:<a@x>\t", (b"MAIL", b"FROM:<a@x>")),
        (b"mail FROM:<a@x> Size=1", (b"MAIL", b"FROM:<a@x> Size=1")),
        (b"", (b"", b"")),
        (b"\xff\xfe", (b"\xff\xfe", b"")),
    ],
)
def test_a_command_is_a_verb_and_the_rest(line, parsed):
    assert parse_command(line) == parsed


@pytest.mark.parametrize("control", [b"\0", b"\r", b"\t", b"\x1b", b"\x7f"])
def test_no_command_has_a_control_character(control):
    with pytest.raises(Rejected) as caught:
        parse_command(b"MAIL FROM:<a@x>" + control + b"RCPT TO:<b@x>")
    assert caught.value.code == 500


@pytest.mark.parametrize(
    ("argument", "path", "parameters"),
    [
        (b"FROM:<a@x>", b"a@x", []),
        (b"from: <a@x>", b"a@x", []),
        (b"FROM:<>", b"", []),
        (b"FROM:<> SIZE=1  BODY=8BITMIME", b"", [b"SIZE=1", b"BODY=8BITMIME"]),
        (b'FROM:<"a>b"@x> SIZE=1', b'"a>b"@x', [b"SIZE=1"]),
        (b'FROM:<"a\\">b"@x>', b'"a\\">b"@x', []),
        (b"FROM:<@relay.x,@other.x:a@x>", b"a@x", []),
        (b"FROM:a@x", b"a@x", []),
        (b"FROM: a@x SIZE=1", b"a@x", [b"SIZE=1"]),
        (b"FROM:<alice>", b"alice", []),
        (b"FROM:<\xc3\xbc@x>", b"\xc3\xbc@x", []),
        (b"FROM:<a b@x>", b"a b@x", []),
    ],
)
def test_a_path_and_its_parameters(argument, path, parameters):
    assert parse_path(b"FROM:", argument) == (path, parameters)


@pytest.mark.parametrize(
    "argument",
    [
        b"",
        b"FROM",
        b"FROM:",
        b"FROM: ",
        b"TO:<a@x>",
        b"<a@x>",
        b"FROM:<a@x",
        b'FROM:<"a@x>',
        b'FROM:<"a@x\\">',
        b"FROM:<a@x>SIZE=1",
        b"FROM:<a@x>,<b@x>",
        b"FROM:<@relay.x>",
        b"FROM:<@relay.x:>",
        b"FROM:<@@:a@x>",
        b"FROM:<@:a@x>",
        b"FROM:<@relay.x,:a@x>",
        b"FROM:<@relay.x,other.x:a@x>",
        b"FROM:a@x>,<b@x",
        b"FROM:a@x>",
    ],
)
def test_what_is_no_path_is_a_syntax_error(argument):
    with pytest.raises(Rejected) as caught:
        parse_path(b"FROM:", argument)
    assert caught.value.code == 501


@pytest.mark.parametrize(
    ("words", "parameters"),
    [
        ([], {}),
        ([b"size=123"], {b"SIZE": b"123"}),
        ([b"SIZE=" + b"9" * 20], {b"SIZE": b"9" * 20}),
        ([b"BODY=8bitmime", b"SMTPUTF8"], {b"BODY": b"8BITMIME", b"SMTPUTF8": b""}),
        ([b"RET=hdrs", b"ENVID=order+2066"], {b"RET": b"HDRS", b"ENVID": b"order 66"}),
    ],
)
def test_parameters_of_mail_are_read_as_the_wire_has_them(words, parameters):
    assert mail_parameters(words) == parameters


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([b"AUTH=<>"], 555),
        ([b"X"], 555),
        ([b"NOTIFY=NEVER"], 555),
        ([b"SIZE=1", b"SIZE=2"], 501),
        ([b"SIZE"], 501),
        ([b"SIZE="], 501),
        ([b"SIZE=-1"], 501),
        ([b"SIZE=\xd9\xa1"], 501),
        ([b"SIZE=" + b"9" * 21], 501),
        ([b"BODY=BINARYMIME"], 501),
        ([b"BODY"], 501),
        ([b"SMTPUTF8=yes"], 501),
        ([b"SMTPUTF8="], 501),
        ([b"RET=ALL"], 501),
        ([b"ENVID="], 501),
        ([b"ENVID=a+2"], 501),
        ([b"ENVID=a+0D+0ARCPT"], 501),
        ([b"ENVID=+C3+BC"], 501),
        ([b"ENVID=" + b"x" * 101], 501),
    ],
)
def test_wrong_parameters_of_mail_are_rejected(words, code):
    with pytest.raises(Rejected) as caught:
        mail_parameters(words)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("words", "parameters"),
    [
        ([], b""),
        ([b"notify=success,delay"], b"NOTIFY=SUCCESS,DELAY"),
        ([b"NOTIFY=NEVER", b"Orcpt=rfc822;Bob+2Bx@x"], b"NOTIFY=NEVER ORCPT=rfc822;Bob+2Bx@x"),
        (["ORCPT=utf-8;jürgen@bücher.example".encode()], b"ORCPT=utf-8;j\\x{FC}rgen@b\\x{FC}cher.example"),
        (["ORCPT=UTF-8;\U0001f642@x".encode()], b"ORCPT=UTF-8;\\x{1F642}@x"),
    ],
)
def test_parameters_of_rcpt_are_read_as_the_wire_has_them(words, parameters):
    assert rcpt_parameters(words) == parameters


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([b"SIZE=1"], 555),
        ([b"NOTIFY=NEVER", b"NOTIFY=DELAY"], 501),
        ([b"NOTIFY=NEVER,DELAY"], 501),
        ([b"NOTIFY="], 501),
        ([b"NOTIFY"], 501),
        ([b"ORCPT=a@x"], 501),
        ([b"ORCPT=rfc822;a=b"], 501),
        ([b"ORCPT=rfc822;\xc3\xbc@x"], 501),
        ([b"ORCPT=utf-8;\xff@x"], 501),
        ([b"ORCPT=rfc822;" + b"a" * 500], 501),
    ],
)
def test_wrong_parameters_of_rcpt_are_rejected(words, code):
    with pytest.raises(Rejected) as caught:
        rcpt_parameters(words)
    assert caught.value.code == code
