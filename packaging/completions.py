"""Write the completions for bash and zsh, from the tables that the programs use, so that they cannot drift.

Usage: completions.py FOLDER
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from admin.main import parser
from helper.request.argv import MODES, OPTIONS, VALUE
from helper.request.submission import BODIES, DAEMON, RETURNS


class Choice(NamedTuple):
    """One spelling of an option, what it is for, and what follows it: None for nothing, else words or a NAMED."""

    spelling: str
    meaning: str
    follows: str | None = None


USERS, FILES, ANYTHING = "users", "files", "anything"
NAMED = {
    # name: how bash offers it, how zsh does
    USERS: ("compgen -u", "_users"),
    FILES: ("compgen -f", "_files"),
    ANYTHING: ("true", " "),
}
FOLLOWS = {
    "B": b" ".join(BODIES).decode(),
    "R": b" ".join(RETURNS).decode(),
    "N": "never success failure delay",
    "C": FILES,
}
FOLLOWS |= dict.fromkeys("fr", USERS)

BASH_SENDMAIL = """\
_gatepost_sendmail() {{
    case $3 in
{arguments}
    *)
        case $2 in
        -*) {options} ;;
        *) {recipients} ;;
        esac
        ;;
    esac
}}
complete -F _gatepost_sendmail sendmail
"""

BASH_GATEPOST = """\
_gatepost() {{
    case $COMP_CWORD:${{COMP_WORDS[1]}} in
    1:*) {commands} ;;
{cases}
    esac
}}
complete -F _gatepost gatepost
"""

ZSH_SENDMAIL = """\
#compdef sendmail
# Completions of Gatepost's sendmail.
_arguments -S {options} '*:recipient:_users'
"""

ZSH_GATEPOST = """\
#compdef gatepost
local state line
_arguments -C '1:command:(({commands}))' '*::argument:->argument'
case $state:$line[1] in
{cases}
esac
"""


def main() -> None:
    """Write a file for each command and shell, named as the shell looks for it."""
    folder = Path(sys.argv[1])
    options, commands = sendmail_choices(), gatepost_choices()
    for name, text in {
        "bash/sendmail": bash_sendmail(options),
        "bash/gatepost": bash_gatepost(commands),
        "zsh/_sendmail": ZSH_SENDMAIL.format(options=" ".join(zsh_option(option) for option in options)),
        "zsh/_gatepost": zsh_gatepost(commands),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def sendmail_choices() -> list[Choice]:
    """Return the options that do something, -b in each of its forms."""
    choices = [Choice(f"-b{word}", meaning) for word, meaning in MODES.items() if meaning != DAEMON]
    for option in OPTIONS:
        if option.letter == "o":
            choices.append(Choice("-oi", "the same as -i"))
        elif option.sets and option.letter not in ("b", "q", "d"):
            follows = FOLLOWS.get(option.letter, ANYTHING) if option.argument == VALUE else None
            choices.append(Choice(f"-{option.letter}", option.summary, follows))
    return [*choices, Choice("--help", "show a summary"), Choice("--version", "show the version")]


def gatepost_choices() -> dict[str, tuple[str, list[Choice]]]:
    """Return for each subcommand what it is for, and its options."""
    (group,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    meanings = {action.dest: action.help or "" for action in group._choices_actions}
    return {
        name: (meanings[name], [choice for action in command._actions for choice in choices_of(action)])
        for name, command in group.choices.items()
    }


def choices_of(action: argparse.Action) -> list[Choice]:
    """Return how an option of a subcommand is spelled."""
    follows = None if action.nargs == 0 else {"USER": USERS}.get(str(action.metavar), FILES)
    return [Choice(spelling, action.help or "", follows) for spelling in action.option_strings]


def bash_sendmail(options: list[Choice]) -> str:
    """Return what bash offers after sendmail: what an option needs, options after a hyphen, else logins."""
    arguments = [f"    {each.spelling}) {bash_offer(each.follows)} ;;" for each in options if each.follows]
    return BASH_SENDMAIL.format(
        arguments="\n".join(arguments),
        options=bash_offer(" ".join(option.spelling for option in options)),
        recipients=bash_offer(USERS),
    )


def bash_gatepost(commands: dict[str, tuple[str, list[Choice]]]) -> str:
    """Return what bash offers after gatepost: its subcommands, then their options, and logins."""
    cases = [
        f"    *:{name}) {bash_offer(' '.join(option.spelling for option in options), 'compgen -u')} ;;"
        for name, (_, options) in commands.items()
    ]
    return BASH_GATEPOST.format(commands=bash_offer(" ".join(commands)), cases="\n".join(cases))


def bash_offer(what: str, generator: str = "compgen") -> str:
    """Return the command that offers words, or what the shell knows."""
    command = NAMED[what][0] if what in NAMED else f"{generator} -W '{what}'"
    return f'mapfile -t COMPREPLY < <({command} -- "$2")'


def zsh_gatepost(commands: dict[str, tuple[str, list[Choice]]]) -> str:
    """Return what zsh offers after gatepost."""
    named = " ".join(f'{name}\\:"{zsh_quoted(meaning)}"' for name, (meaning, _) in commands.items())
    cases = [
        f"argument:{name}) _arguments {' '.join(zsh_option(option) for option in options)} '*:address:_users' ;;"
        for name, (_, options) in commands.items()
    ]
    return ZSH_GATEPOST.format(commands=named, cases="\n".join(cases))


def zsh_option(option: Choice) -> str:
    """Return an option as _arguments wants it; each may be repeated."""
    text = f"*{option.spelling}[{zsh_quoted(option.meaning)}]"
    if option.follows:
        text += f": :{NAMED[option.follows][1] if option.follows in NAMED else f'({option.follows})'}"
    return f"'{text}'"


def zsh_quoted(text: str) -> str:
    """Return text with what _arguments or the quotes around it would interpret made harmless."""
    escaped = "".join(f"\\{character}" if character in '[]:"\\' else character for character in text)
    return escaped.replace("'", "'\\''")


main()
