from __future__ import annotations

import json
import os
import pathlib

import pytest

from helper.failure import UsageError
from helper.request.argv import OPTIONS, CommandLine, parse_argv, shown
from helper.request.at_once import help_text


def parse(*words: str) -> CommandLine:
    return parse_all("/usr/sbin/sendmail", *words)


def parse_all(*words: str) -> CommandLine:
    return parse_argv([os.fsencode(word) for word in words])


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
        (["-B", "8bitmime", "a@x"], {"body": "8BITMIME"}),
        (["-N", "never", "a@x"], {"notify": "NEVER"}),
        (["-Nfailure,delay", "a@x"], {"notify": "FAILURE,DELAY"}),
        (["-N", "Success, DELAY,success", "a@x"], {"notify": "SUCCESS,DELAY"}),
        (["-R", "hdrs", "a@x"], {"ret": "HDRS"}),
        (["-RFull", "a@x"], {"ret": "FULL"}),
        (["-V", "order 66", "a@x"], {"envid": "order 66"}),
        (["-V" + "x" * 100, "a@x"], {"envid": "x" * 100}),
        (["-iN", "delay", "a@x"], {"notify": "DELAY", "dots_are_text": True}),
        (["-C", "file", "a@x"], {"configuration": "file"}),
        (["-Cfile", "a@x"], {"configuration": "file"}),
        (["-tC/a b", "a@x"], {"configuration": "/a b", "recipients_from_header": True}),
        (["-Cone", "-C", "-two", "a@x"], {"configuration": "-two"}),
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
        "-oA|/tmp/x",
        "-oP|/run/x.pid",
        "-oX|25",
        "-oMr|scanned",
        "-oMa|192.0.2.1.25",
        "-oMrscanned",
        "-oMs|ws1",
        "-or|5s",
        "-os|1h30m",
        "-or|300",
        "-or5s",
        "-Gos|5s",
        "-oB|3",
        "-oB",
        "-oB5",
        "-oY",
        "-oo",
        "-o7",
        "-odqs",
        "-d|0.2",
        "-d|0-99.10,5",
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


@pytest.mark.parametrize(
    ("words", "recipients"),
    [
        (["-oB", "a@x"], ("a@x",)),
        (["-oB", "x", "a@x"], ("x", "a@x")),
        (["a@x", "-oB"], ("a@x",)),
        (["a@x", "-or", "5s", "b@x"], ("a@x", "b@x")),
        (["-d", "5@x", "a@x"], ("5@x", "a@x")),
        (["-d", "a@x"], ("a@x",)),
        (["a@x", "-d"], ("a@x",)),
        (["-oA", "--", "--", "-a@x"], ("-a@x",)),
        (["a@x", "--", "-or", "5s"], ("a@x", "-or", "5s")),
    ],
)
def test_no_word_becomes_a_recipient_by_mistake_and_none_is_lost(words, recipients):
    assert parse(*words) == CommandLine(recipients=recipients)


def test_a_level_of_debugging_in_the_next_word_shows_the_version():
    assert parse("-d", "0.1", "a@x") == parse("-d0.1", "a@x")


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
        ("-bs", "speak SMTP"),
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
    assert parse_all("/usr/bin/mailq").mode == "show queue"
    assert parse_all("newaliases").mode == "check aliases"
    assert parse_all("sendmail", "-bv", "a@x").mode == "verify"
    assert parse_all("sendmail", "-bt", "a@x").mode == "trace"
    assert parse_all("send-mail", "a@x").mode == "send"
    assert parse_all("", "a@x").recipients == ("a@x",)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "no option and no recipient"),
        (["-i"], "no recipient"),
        (["-bv"], "no address to verify"),
        (["-Z", "a@x"], "unknown option -Z"),
        (["-tZ", "a@x"], "unknown option -Z in -tZ"),
        (["-bZ", "a@x"], "unknown option -bZ"),
        (["--queue", "a@x"], "unknown option --queue"),
        (["-", "a@x"], "unknown option -"),
        (["a@x", "-f"], "-f needs an argument"),
        (["a@x", "-C"], "-C needs an argument"),
        (["-C", "", "a@x"], "-C needs the name of a file"),
        (["-Ca\nb", "a@x"], "-C a?b has a control character"),
        (["-B9BIT", "a@x"], "-B takes 7BIT or 8BITMIME"),
        (["a@x", "-oMa"], "-oMa needs an argument"),
        (["a@x", "-or"], "-or needs an argument"),
        (["-or", "a@x"], "-or takes a time such as 5s or 1h30m, not a@x"),
        (["-os", "bob", "a@x"], "-os takes a time"),
        (["-os", "", "a@x"], "-os takes a time"),
        (["-os", "5s@x", "a@x"], "-os takes a time"),
        (["-oB", "4711@x"], "-oB takes a number, not 4711@x"),
        (["-h", "bob", "a@x"], "-h takes a number, not bob"),
        (["-help"], "-h takes a number, not elp"),
        (["-h", "5@x", "a@x"], "-h takes a number, not 5@x"),
        (["-e", "m", "a@x"], "-e is incomplete"),
        (["-o", "i", "a@x"], "-o is incomplete"),
        (["-A", "c", "a@x"], "-A is incomplete"),
        (["-b", "m", "a@x"], "-b is incomplete"),
        (["-io", "i", "a@x"], "-o is incomplete"),
        (["-oQ", "/tmp", "a@x"], "-oQ is incomplete"),
        (["-oe", "m", "a@x"], "-oe is incomplete"),
        (["-od", "b", "a@x"], "-od is incomplete"),
        (["-oM", "a", "a@x"], "-oM is incomplete"),
        (["-N", "", "a@x"], "-N takes never, or a list of success, failure and delay"),
        (["-N", "never,delay", "a@x"], "-N takes never"),
        (["-N", "b\u00fc", "a@x"], "-N takes never"),
        (["-N", "sometimes", "a@x"], "-N takes never"),
        (["-R", "all", "a@x"], "-R takes full or hdrs, not all"),
        (["-V", "", "a@x"], "-V takes up to 100 printable ASCII characters"),
        (["-V", "x" * 101, "a@x"], "-V takes up to 100 printable"),
        (["-V", "\u00fc", "a@x"], "-V takes up to 100 printable"),
        (["-V", "a\tb", "a@x"], "-V takes up to 100 printable"),
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
    assert parse_all(*argv).mode == ("speak SMTP" if "-bs" in argv else "send")


def test_every_option_is_in_the_help():
    assert all(f"-{option.letter}" in help_text() for option in OPTIONS)


def test_an_argument_that_is_no_utf_8_keeps_its_octets():
    name = b"J\xfcrgen".decode("utf-8", "surrogateescape")
    assert parse("-F", name, "a@x").full_name == name
