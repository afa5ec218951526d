"""Find common mistakes in the syntax of TOML. Only the line number is reported; the text is never quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from admin.correction.edit import Change

KEY = r"^( *[A-Za-z_.]+ *=)"
END = r" *(#.*)?$"
# What a line looks like, and what to make of it: patterns that `sed -E` and Python read alike. The first that leads to
# TOML counts, so what is special stands before what is general.
Rule = tuple[str, str]
RULES: tuple[Rule, ...] = (
    (r"^( *)(;|//|--)", r"\1#"),
    (f"{KEY} *(True|TRUE|Yes|yes|YES|On|on|ON){END}", r"\1 true \3"),
    (f"{KEY} *(False|FALSE|No|no|NO|Off|off|OFF){END}", r"\1 false \3"),
    (f"{KEY} *0+([1-9][0-9]*){END}", r"\1 \2 \3"),
    (r"^( *[A-Za-z_]+) *(:=|==|:|=>) *", r"\1 = "),
    (r'^( *[A-Za-z_]+) *(:|=>) *([^" ].*[^" ]|[^" ])$', r'\1 = "\3"'),
    (r'^( *[A-Za-z_]+) +("[^"]*"|[0-9]+|\[.*\]|true|false)$', r"\1 = \2"),
    (r'^( *[A-Za-z_]+) +([^=" ]+)$', r'\1 = "\2"'),
    (r"^(.*[^;, ]) *[;,]+ *$", r"\1"),
    (r"^(.*), *\}(.*)$", r"\1 }\2"),
    (r"(“|”|„|″)", '"'),
    (r"(‘|’|‚)", "'"),
    (r'^( *\[\[?[A-Za-z_."-]+)$', r"\1]"),
    (r"^( *\[\[[A-Za-z_.-]+)\]?$", r"\1]]"),
    (r"^( *)\[([A-Za-z_.-]+)\]\]$", r"\1[\2]"),
    (r"^( *)\[ *(transports) +\"?([A-Za-z_-]+)\"? *\]$", r"\1[\2.\3]"),
    (rf'{KEY} *\[([^]" ]+)\]{END}', r'\1 ["\2"] \3'),
    (r"^([^=]+= *\[[^]]*)$", r"\1]"),
    (rf'{KEY} *("[^"]*"(, *"[^"]*")+){END}', r"\1 [\2] \4"),
    (rf"{KEY} *\((.*)\){END}", r"\1 [\2] \3"),
    (r'^([^="]+= *"[^"]*)$', r'\1"'),
    (rf'{KEY} *([^"]+)"{END}', r'\1 "\2" \3'),
    (rf"""{KEY} *([^]["'{{}}# ][^"'#]*[^"'# ]|[^]["'{{}}# ]){END}""", r'\1 "\2" \3'),
    (r'^([^"]*)"([^"]*\\[^"]*)"', r"\1'\2'"),
    (rf'{KEY} *\["([^"]*\\[^"]*)"\]', r"\1 ['\2']"),
)
EVERYWHERE = (r"^\[(routers|policies)\] *$", r"[[\1]]")  # the second [routers] is where it is noticed
TWICE = (r"^", "# ")


def corrections(text: str, number: int, *, is_twice: bool) -> Iterator[Change]:
    """Yield changes of the line at which TOML ends, and of those before it: an array is not closed until much later."""
    lines = text.split("\n")
    if is_twice:
        changed = [re.sub(*EVERYWHERE, line) for line in lines]
        yield Change((f"s/{EVERYWHERE[0]}/{EVERYWHERE[1]}/",), "\n".join(changed))
        yield changed_line(lines, number, *TWICE)
        return
    for candidate in range(min(number, len(lines)), max(0, number - 8), -1):
        for pattern, new in RULES:
            if re.search(pattern, lines[candidate - 1]):
                yield changed_line(lines, candidate, pattern, new)


def changed_line(lines: list[str], number: int, pattern: str, new: str) -> Change:
    """Return the change of one line, everywhere in it."""
    changed = [*lines]
    changed[number - 1] = re.sub(pattern, lambda match: filled(new, match), lines[number - 1]).rstrip(" ")
    delimiter = next(each for each in "/%~;!" if each not in pattern + new)
    scripts = (f"{number}s{delimiter}{pattern}{delimiter}{new}{delimiter}g",)
    return Change(scripts, "\n".join(changed))


def filled(new: str, match: re.Match[str]) -> str:
    """Return a replacement with what its groups matched, nothing for one that matched nothing, as sed has it."""
    return re.sub(r"\\([1-9])", lambda number: match[int(number[1])] or "", new)
