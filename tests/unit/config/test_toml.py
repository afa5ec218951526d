from __future__ import annotations

import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.config.toml import SIZE_LIMIT, line_of, parse_toml, statement_ends
from helper.failure import ConfigError
from tests.unit.config.sample import FILE, FULL


def refusal(octets: bytes) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_toml(octets, FILE)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize(
    ("octets", "line", "problem"),
    [
        (b"\xef\xbb\xbfa = 1\n\xef\xbb\xbfb = 2\n", 2, "is not TOML: syntax error"),
        (b"a = 1\nb = 'x\0'\n", 2, "contains a NUL: is it UTF-16?"),
        ("a = 1\n".encode("utf-16"), 1, "contains a NUL: is it UTF-16?"),
        (b"a = 1\n\n# caf\xe9\n", 3, "is not UTF-8"),
        (b"a = 1\na = 2\n", 2, "contains a key or table twice"),
        (b"[a]\n[b]\n[a]\n", 3, "contains a key or table twice"),
        (b"a = { b = 1, b = 2 }\n", 1, "contains a key or table twice"),
        (b"a = 1\n\nb = x\n", 3, "is not TOML: syntax error"),
        (b"a = 1\nb = 'hunter2\n", 2, "is not TOML: syntax error"),
        (b"a = 1\nb = [\n1,\n\n", 3, "is not TOML: syntax error"),
        (b"a = 1\r\n\r\nb\r\n", 3, "is not TOML: syntax error"),
        (b"a = 1979-13-99\n", 1, "is not TOML: syntax error"),
        (b'a = "\\(at line 7, column 8)"\n', 1, "is not TOML: syntax error"),
        (b"a = " + b"9" * 5000, None, "cannot be used: a number is too long"),
        (b"a = " + b"[" * 60_000, None, "cannot be used: values are nested too deeply"),
        (b"a = " + b"{a=" * 20_000, None, "cannot be used: values are nested too deeply"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line_and_nothing_of_the_file(octets, line, problem):
    error = refusal(octets)
    assert (error.file, error.line, error.key, error.problem) == (FILE, line, None, problem)


def test_a_file_is_read_up_to_64_kib_and_not_an_octet_more():
    assert parse_toml(b"#" * SIZE_LIMIT, FILE) == {}
    assert refusal(b"#" * (SIZE_LIMIT + 1)).problem == "is larger than 64 KiB"


WINDING = b'''\
# a = 0
a = 1 # "

b.c = """
d = 2
[e]
\\""" # not yet the end """""
"d" = \'\'\'
x = "\'\'\'
'e' = [ # ]
  "]", { f = 1 },
  [ ']' ],
]

[g.h]
i = "\\"[#"
j = { k = "[", l = [1, 2] }
[[m]]
n = ''
o = ""
[[m]]
n = 1
'''

PLACES = [
    (("a",), 2),
    (("b",), 4),
    (("b", "c"), 4),
    (("d",), 8),
    (("e",), 10),
    (("e", 1, "f"), 10),
    (("e", 9), 10),
    (("g",), 15),
    (("g", "h"), 15),
    (("g", "h", "i"), 16),
    (("g", "h", "j", "k"), 17),
    (("g", "h", "missing"), 15),
    (("m",), 18),
    (("m", 0, "n"), 19),
    (("m", 0, "o"), 20),
    (("m", 1), 21),
    (("m", 1, "n"), 22),
    (("m", 1, "o"), 21),
    (("m", 2, "n"), 18),
    (("a", "b"), 2),
    (("z",), None),
    (("z", "y"), None),
    ((), None),
]


@pytest.mark.parametrize(("path", "line"), PLACES)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_the_line_of_a_key_is_where_its_statement_begins(path, line, end):
    assert line_of(WINDING.replace(b"\n", end), path) == line


def test_a_byte_order_mark_at_the_start_is_skipped():
    octets = b"\xef\xbb\xbf" + WINDING
    assert parse_toml(octets, FILE) == parse_toml(WINDING, FILE)
    assert all(line_of(octets, path) == line for path, line in PLACES)


@pytest.mark.parametrize("text", [WINDING.decode(), FULL], ids=["winding", "full"])
def test_a_file_can_be_cut_after_each_statement(text):
    ends = statement_ends(text)
    assert ends[-1] == len(text)
    for end in ends:
        tomllib.loads(text[:end])


TEXTS = st.text("a\"'#\\[]{}\n, =", max_size=12)


def basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def basic_lines(text: str) -> str:
    return '"""\n' + text.replace("\\", "\\\\").replace('"', '\\"') + '"""'


def literal(text: str) -> str:
    return "'" + text.replace("'", "").replace("\n", "") + "'"


def literal_lines(text: str) -> str:
    return "'''" + text.replace("'", "") + "'''"


VALUES = st.recursive(
    st.builds(lambda form, text: form(text), st.sampled_from([basic, basic_lines, literal, literal_lines]), TEXTS),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[ # ]\n" + ",\n".join(items) + "\n]"),
    max_leaves=5,
)


@given(st.lists(VALUES, min_size=1, max_size=6))
def test_the_line_of_every_key_is_found_whatever_the_values_look_like(values):
    text, lines = "", []
    for number, value in enumerate(values):
        lines.append(text.count("\n") + 1)
        text += f"k{number} = {value} # [\n"
    assert [line_of(text.encode(), (f"k{number}",)) for number in range(len(values))] == lines


@pytest.mark.parametrize(
    "text",
    [
        "a = [\n" + "1,\n" * 20_000 + "]\nb = 1\n",
        "a = '''\n" + "x\n" * 30_000 + "'''\nb = 1\n",
        "#\n" * 30_000 + "a = 1\nb = 1\n",
    ],
    ids=["array", "string", "comments"],
)
def test_the_line_is_found_in_a_few_parses_of_the_largest_file(text):
    begin = time.process_time()
    assert line_of(text.encode(), ("b",)) == text.count("\n")
    assert time.process_time() - begin < 20  # a parse for each line would take minutes
