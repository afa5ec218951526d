from __future__ import annotations

import json
import pathlib

import pytest

from frontend.argv import OPTIONS, CommandLine, UsageError, help_text, parse_argv, shown


def parse(*words: str) -> CommandLine:
    return parse_argv(["/usr/sbin/sendmail", *words])


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (["a@x"], {}),
        (["-t", "a@x"], {"recipients_from_header": True}),
        (["-ti", "a@x"], {"recipients_from_header": True, "dots_are_text": True}),
        (["-it", "a@x"], {"recipients_from_header": True, "dots_are_text": True}),
        (["-toi", "a@x"], {"recipients_from_header": True, "dots_are_text": True}),
        (["-oi", "a@x"], {"dots_are_text": True}),
        (["a@x", "-i"], {"dots_are_text": True}),
        (["-v", "a@x"], {"show_dialogue": True}),
        (["-bm", "a@x"], {}),
        (["-f", "b@x", "a@x"], {"reverse_path": "b@x"}),
        (["-fb@x", "a@x"], {"reverse_path": "b@x"}),
        (["-r", "b@x", "a@x"], {"reverse_path": "b@x"}),
        (["-rb@x", "a@x"], {"reverse_path": "b@x"}),
        (["-f", "", "a@x"], {"reverse_path": ""}),
        (["-f", "<>", "a@x"], {"reverse_path": ""}),
        (["-f<>", "a@x"], {"reverse_path": ""}),
        (["-f", "one@x", "-f", "two@x", "a@x"], {"reverse_path": "two@x"}),
        (["-F", "Reminder Service", "a@x"], {"full_name": "Reminder Service"}),
        (["-FCronDaemon", "a@x"], {"full_name": "CronDaemon"}),
        (["-tFName", "a@x"], {"full_name": "Name", "recipients_from_header": True}),
        (["-B8BITMIME", "a@x"], {"body": "8BITMIME"}),
        (["-B", "7bit", "a@x"], {"body": "7BIT"}),
        (["-q", "a@x"], {"mode": "run queue"}),
        (["-q30m", "a@x"], {"mode": "run queue"}),
        (["-d0.1", "a@x"], {"mode": "show version"}),
    ],
)
def test_options_set_their_fields(words, fields):
    assert parse(*words) == CommandLine(recipients=("a@x",), **fields)


@pytest.mark.parametrize(
    "ignored",
    [
        "-oem",
        "-oep",
        "-oee",
        "-odb",
        "-odi",
        "-odq",
        "-odd",
        "-om",
        "-oA/tmp/x",
        "-Ac",
        "-Am",
        "-G",
        "-U",
        "-m",
        "-n",
        "-em",
        "-d",
        "-d9",
        "-L|tag",
        "-O|A=b",
        "-OA=b",
        "-X|/tmp/log",
        "-X/tmp/log",
        "-h|3",
        "-h3",
        "-p|tcp",
    ],
)
def test_what_is_ignored_changes_nothing(ignored):
    assert parse(*ignored.split("|"), "a@x") == CommandLine(recipients=("a@x",))


def test_two_hyphens_end_the_options():
    assert parse("-i", "--", "-f", "-a@x", "--help").recipients == ("-f", "-a@x", "--help")


@pytest.mark.parametrize(
    ("flag", "mode"),
    [
        ("--help", "show help"),
        ("-bi", "check aliases"),
        ("--version", "show version"),
        ("-bV", "show version"),
        ("-bp", "show queue"),
        ("-bd", "daemon"),
        ("-bdf", "daemon"),
        ("-bD", "daemon"),
    ],
)
def test_other_modes_need_no_recipient(flag, mode):
    assert parse(flag).mode == mode


def test_a_queue_run_does_not_hide_what_else_is_asked_for():
    assert parse("-bd", "-q30m").mode == parse("-q30m", "-bd").mode == "daemon"


def test_the_name_decides_where_no_option_does():
    assert parse_argv(["/usr/bin/mailq"]).mode == "show queue"
    assert parse_argv(["newaliases"]).mode == "check aliases"
    assert parse_argv(["sendmail", "-bv", "a@x"]).mode == "verify"
    assert parse_argv(["sendmail", "-bt", "a@x"]).mode == "trace"
    assert parse_argv(["send-mail", "a@x"]).mode == "send"
    assert parse_argv(["", "a@x"]).recipients == ("a@x",)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "neither an option nor a recipient"),
        (["-i"], "no recipient"),
        (["-bv"], "no address to verify"),
        (["-Z", "a@x"], "unknown option -Z"),
        (["-tZ", "a@x"], "unknown option -Z in -tZ"),
        (["-bZ", "a@x"], "unknown option -bZ"),
        (["--queue", "a@x"], "unknown option --queue"),
        (["-", "a@x"], "unknown option -"),
        (["a@x", "-f"], "-f needs an argument"),
        (["-B9BIT", "a@x"], "-B takes 7BIT or 8BITMIME"),
        (["a@x\r\nRCPT TO:<b@x>"], "the recipient a@x??RCPT TO:<b@x> has a control character"),
        (["-f", "a\x00@x", "b@x"], "-f a?@x has a control character"),
        (["-F", "a\x7f", "b@x"], "-F a? has a control character"),
        (["-\x1b[31m", "b@x"], "unknown option -? in -?[31m"),
    ],
)
def test_what_is_not_understood_is_said_in_one_clean_line(words, problem):
    with pytest.raises(UsageError) as caught:
        parse(*words)
    assert caught.value.problem.startswith(problem)
    assert caught.value.problem == shown(caught.value.problem) or len(caught.value.problem) > 80


def test_an_empty_argument_vector_is_a_usage_error():
    with pytest.raises(UsageError):
        parse_argv([])


@pytest.mark.parametrize("sample", sorted(pathlib.Path(__file__).parents[2].glob("samples/*/1.argv.json")), ids=str)
def test_the_command_lines_of_real_programs_are_understood(sample):
    argv = json.loads(sample.read_text())
    if "-bs" not in argv:
        assert parse_argv(argv).mode == "send"


def test_every_option_is_in_the_help():
    assert all(f"-{option.letter}" in help_text() for option in OPTIONS)


def test_an_argument_that_is_no_utf_8_keeps_its_octets():
    name = b"J\xfcrgen".decode("utf-8", "surrogateescape")
    assert parse("-F", name, "a@x").full_name == name
