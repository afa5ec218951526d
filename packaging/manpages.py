"""Write the manual pages. Options and keys come from the tables that the program uses, so that they cannot drift.

Usage: manpages.py FOLDER SYSCONFDIR SERVICE_USER
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helper.config import schema
from helper.request.argv import JOINED, OPTIONS, VALUE
from helper.version import VERSION

SENDMAIL = """\
{header} "SENDMAIL.GATEPOST" "8" "" "Gatepost {version}" "System Manager's Manual"
.SH NAME
sendmail.gatepost, sendmail, mailq, newaliases \\- hand a message to a smart host at once
.SH SYNOPSIS
.B sendmail
.RI [ OPTION \\&...]
.RI [ RECIPIENT \\&...]
< message
.SH DESCRIPTION
The message on standard input is sent to the smart host at once, in one transaction for all recipients, or for none.
There is no queue, no retry and no bounce: the exit status says what became of it. Each recipient is an address list;
without
.B \\-\\-
options may follow recipients, and may be bundled
.RB ( \\-ti ).
.PP
An mbox line at the start of the message
.RI ( "From ADDRESS DATE" )
is no part of it. It names the reverse-path of a caller who may have it by
.B \\-f
and gives none.
.PP
The smart host, TLS, the password, the log and the configuration are never the caller's to choose: see
.BR gatepost.toml (5).
.SH THE MESSAGE
UTF\\-8 in a header field, and in the headers of parts, is encoded (RFC 2047, RFC 2231) whatever the smart host offers,
because the server after it may not take it. SMTPUTF8 is asked for only where an address has a local part beyond ASCII,
or a field has no encoded form, such as a message id, or may not change, because the message is signed. Other 8\\-bit
text stays as it is where the smart host offers 8BITMIME. A field with a line of more than 998 octets is folded: an
address list after a comma, References: between two ids, text by encoded words.
.PP
The newest block of
.I Resent\\-
fields begins at the first of them, wherever it stands, and other fields may stand within it. The next Received: or
Return\\-Path: ends it, and so does a second field of the same name. Where what follows then has no Resent\\-From:,
Resent\\-Date:, Resent\\-Sender: or Resent\\-Message\\-ID:, it is no older block, and the message is refused.
.PP
The caller's own addresses are the login at
.B qualify_domain
and at
.BR primary_hostname ,
also as
.B [rewrite]
has them; a login that is itself an address is that address. They may be given by
.B \\-f
and stand in From: without a Sender: being added.
.SH OPTIONS
{options}
.SH EXIT STATUS
.TP
.B 0
The smart host took responsibility for the message for every recipient.
.TP
.B 1
Nothing was delivered to anyone; or, only after a connection was lost between the end of the message and the reply, it
is in doubt, and the line on standard error says
.IR "may have been sent" .
With
.B exit_codes = \\(dqsysexits\\(dq
the status is that of sysexits.h instead.
.TP
.B 64
The command line could not be understood; nothing was tried.
.SH FILES
.TP
.I {sysconfdir}/gatepost.toml
The configuration.
.TP
.I {sysconfdir}/secrets/
Passwords and tokens, for the service user {service} and root alone.
.TP
.IR $XDG_CONFIG_HOME/gatepost/gatepost.toml ", by default " ~/.config/gatepost/gatepost.toml
The configuration of the caller's own, with
.I secrets/
beside it. It is used only where the set-id launcher has been installed without its bit, or was not installed. Who has
none then sends through
.IR gatepost.socket ,
else by the configuration above, if they can read it. As with
.BR \\-C ,
the message is sent without any privilege. All of these files have to belong to the caller or root, nobody else may
write them, and nobody else may read the secrets.
.TP
.I gatepost.socket
A unit of systemd that the administrator can enable, for callers for whom the kernel ignores set-id bits: services with
.IR NoNewPrivileges= ,
containers. Messages of theirs are sent as all others, but that no
.I .forward
file and no list of an
.I :include:
is read there: an address that needs one fails.
.TP
.I /etc/aliases
Aliases, where no routers are configured.
.SH SEE ALSO
.BR gatepost.toml (5),
.BR gatepost (8),
.BR aliases (5)
"""

GATEPOST = """\
{header} "GATEPOST" "8" "" "Gatepost {version}" "System Manager's Manual"
.SH NAME
gatepost \\- look after Gatepost, the sendmail of this machine
.SH SYNOPSIS
.B gatepost check
.RB [ \\-\\-connect ]
.RB [ \\-\\-auth ]
.RB [ \\-\\-json ]
.PP
.B gatepost explain
.IR ADDRESS \\&...
.RB [ \\-\\-as
.IR USER ]
.RB [ \\-\\-json ]
.PP
.B gatepost selftest
.RB [ \\-\\-as
.IR USER ]
.RB [ \\-\\-json ]
.PP
.B gatepost migrate
.RI [ PEER ]
.RB [ \\-\\-from
.IR FILE ]
.RB [ \\-\\-root
.IR DIR ]
.RB [ \\-\\-dry\\-run ]
.RB [ \\-\\-force ]
.PP
.B gatepost login
.I TRANSPORT
.RB [ \\-\\-provider
.BR google | microsoft ]
.RB [ \\-\\-client\\-id
.IR ID ]
.RI [ OPTION \\&...]
.PP
.B gatepost refresh
.RI [ TRANSPORT \\&...]
.RB [ \\-\\-force ]
.PP
.B gatepost send\\-test
.I ADDRESS
.RB [ \\-\\-as
.IR USER ]
.RB [ \\-\\-json ]
.SH DESCRIPTION
.TP
.B check
Examines the accounts, the programs and their code, the set-id launcher, the interpreter, the kernel's settings, the
configuration, and every file that it names, as a send would, and prints a line for each, beginning with
.IR ok ,
.I wrong
or
.IR warn ,
which is for what works and should be known; where there is a remedy, the line ends with it. The status is 1 if
anything is wrong. It leaves a compiled copy of the configuration in
.IR {sysconfdir}/gatepost.compiled ,
which makes sends faster and is ignored as soon as it is not of exactly this file. For root only.
.RS
.TP
.B \\-\\-connect
Also calls on each smart host of each transport, at each of its addresses: greeting, EHLO, TLS, what is offered, QUIT.
No message is sent, no password is read. Before, root is given up for the stand-in, as in root's sends.
.TP
.B \\-\\-auth
The same, and logs in with the configured credential, which is never shown. One that was refused is not tried again.
.TP
.B \\-\\-json
Prints one JSON list instead, of objects with
.IR verdict ,
.IR subject ,
.I text
and
.I remedy
(a command, or a line of the configuration; empty for none). What is found at a smart host has
.I facts
as well, the whole dialogue among them.
.RE
.TP
.B explain
Shows step by step how a message of a user's (by default root's) to these addresses would be routed, as
.B sendmail \\-bt
shows it to that user. For root only.
.TP
.B selftest
Attacks this installation as an ordinary user (by default who has called sudo, else nobody): tries to read and to change
the configuration and the secrets, to mislead the set-id launcher, to look into a running helper, and so on, and prints
a line for each promise, beginning with
.IR holds ,
.I FAILS
or
.IR warn ,
which is for what cannot be tried on this machine, with the reason. A promise that could not be put to the test although
it should does not hold. Nothing is sent to anybody, no smart host is connected to, nothing of the installation is
changed; a
.I password_command
is run as by any send. The log gets a line for each command line that was refused. All of it is done by processes that
have become that user and know no terminal of root's; the user can make a promise look broken by them, and harm nobody.
For root only.
.TP
.B migrate
Carries over the configuration of another sendmail, and its password: PEER is
.IR msmtp ", " ssmtp ", " dma ", " nullmailer ", " esmtp ", "
.I postfix
(with a relayhost) or
.I exim
(Debian's answers for a satellite or smarthost, or a file with
.IR mua_wrapper ).
Without it, the one that is there is taken. What cannot be carried over is named, with its file, line and the reason,
and so is what changes or protects less than it could; a configuration that would send mail another way than before is
not written at all. What a send would refuse is never written. Several accounts become transports, and routers that
choose one by the reverse\\-path. No file of passwords is ever quoted. For root only, but for
.BR \\-\\-dry\\-run " and " \\-\\-user .
.RS
.TP
.BI \\-\\-from " FILE"
The file to read, where it is not where the peer's packages have it.
.TP
.BI \\-\\-root " DIR"
The folder that stands for / when files are looked for: another system's disk, say.
.TP
.BI \\-\\-account " NAME"
The account of msmtp's, or the identity of esmtp's, that becomes the only one.
.TP
.B \\-\\-user
Carries over a user's own
.I ~/.msmtprc
or
.I ~/.esmtprc
into
.IR ~/.config/gatepost ,
for sends without privilege. It is run by that user; root is refused.
.TP
.B \\-\\-dry\\-run
Prints the configuration, without secrets, and writes nothing.
.TP
.B \\-\\-force
Replaces a configuration and secrets that are there, and keeps them beside, named *.before\\-migrate.
.RE
.TP
.B login
Lets somebody allow this machine to send for them by OAuth 2.0: prints the address of a page and a code to enter there,
on any machine, and waits (RFC 8628).
The refresh token is kept in
.IR {sysconfdir}/secrets/TRANSPORT.oauth ,
for root alone; the access token in the transport's
.BR password_file ,
whose
.B mechanisms
have to name XOAUTH2 or OAUTHBEARER alone. Without
.B \\-\\-client\\-id
it is done as the last time. For root only; wants python3\\-oauthlib.
.RS
.TP
.BR \\-\\-provider " google or microsoft"
Whose endpoints and scope. Google gives no device codes for mail, so
.B \\-\\-browser
is its way.
.TP
.BI \\-\\-client\\-id " ID"
The client that was registered there.
.TP
.BI \\-\\-client\\-secret\\-file " FILE"
The file of its secret, where it has one, as Google's have.
.TP
.BI \\-\\-tenant " NAME"
Whose accounts, at Microsoft; by default
.IR organizations .
.TP
.BI \\-\\-scope " SCOPE"
What is asked for.
.TP
.BI \\-\\-device\\-endpoint " URL"
Where another provider gives device codes.
.TP
.BI \\-\\-authorization\\-endpoint " URL"
Where a browser is sent.
.TP
.BI \\-\\-token\\-endpoint " URL"
Where tokens are given. All three are reached by https and nothing else.
.TP
.BI \\-\\-ca\\-file " FILE"
The certificates that they are verified with; default: the system's. Everybody has to be able to read it.
.TP
.B \\-\\-browser
Without a device code: prints an address to open, and reads the one at which the browser ends, beginning with
http://localhost, which is pasted.
.RE
.TP
.B refresh
Renews the access tokens of all transports that were logged in, or of those that are named, where they are good for less
than 45 minutes, and prints a line for each. The token endpoint is spoken to with the stand\\-in's rights. Enable
.IR gatepost\\-refresh.timer ,
or have cron do it:
.RS
.PP
.nf
*/20 * * * * root gatepost refresh >/dev/null
.fi
.TP
.B \\-\\-force
Renews also what is good for longer.
.RE
.TP
.B send\\-test
Sends a small message to the address, through sendmail itself, shows the dialogue on standard error, and says in one
line what became of it. Root can send it as another user. With
.B \\-\\-json
one JSON object tells it, the dialogue in it.
.SH ENVIRONMENT
.TP
.B NO_COLOR
Where it is set and not empty, no word is coloured on a terminal.
.SH EXIT STATUS
0 where nothing is wrong, every address can be sent to and no promise fails, else 1; 64 for a command line that cannot
be understood;
.B send\\-test
has the status of sendmail.
.SH SEE ALSO
.BR sendmail.gatepost (8),
.BR gatepost.toml (5)
"""

TOML = """\
{header} "GATEPOST.TOML" "5" "" "Gatepost {version}" "File Formats Manual"
.SH NAME
gatepost.toml \\- where the mail of this machine goes
.SH DESCRIPTION
.I {sysconfdir}/gatepost.toml
is a TOML file. It has to belong to root, group {service}, mode 0640, in folders that root alone can write; a secret is
never in it, but in a file of its own below
.IR {sysconfdir}/secrets ,
with the same owner and mode. What is unknown, of a wrong type or impossible stops every send with a line that names
file, line and key:
.B gatepost check
finds it before. The smallest useful file:
.PP
.nf
.RS
qualify_domain = "example.net"

[transports.relay]
driver = "smtp"
hosts = ["smtp.example.net:587"]
auth = {{ user = "ws1", password_file = "relay.password" }}
.RE
.fi
.SH MAIN OPTIONS
{main}
.SH TRANSPORTS: [transports.NAME]
{transport}
.SS auth
{authentication}
.SH ROUTERS: [[routers]]
Tried in order for each address. Without any, local recipients go through /etc/aliases, where that exists, and
everything to the only transport.
{router}
{drivers}
.SH ALIASES AND LISTS
An alias file has the syntax of
.BR aliases (5):
a key, a colon, and a list of items with commas between them; lines that begin with white space go on with an entry.
.I data
and the files of
.B :include:
and .forward are such lists, with line ends as well as commas. A UTF-8 byte-order mark at the start of a file is
skipped. Quotes around a whole item are taken off, as Exim does:
.B \\(dqadmin@example.net\\(dq
is that address, and
.B \\(dqa b\\(dq@example.net
stays as it is. An item is
.IP \\(bu 2
an address; without a domain it gets
.I qualify_recipient
.IP \\(bu
.BI \\e user
in the domain of the address that it stands for; the router that redirects to it leaves it alone
.IP \\(bu
.BI :include: /path
the items of another file
.IP \\(bu
.BI ":fail: " text
or
.BI ":defer: " text
with the rest of its line, where the router allows it: the message fails
.IP \\(bu
.BR :unknown: ,
as if there were no entry
.IP \\(bu
.B :blackhole:
for the whole list, or
.B /dev/null
for one item: nothing is sent there.
.PP
A pipe or a file fails the message: there is no local delivery.
.SH PATTERNS
A pattern is text,
.B *
stands for anything; what begins with
.B ^
is a regular expression, and a leading
.B !
negates. The first of a list that matches decides; a list that ends with a negated one takes what none matched.
Addresses and patterns are compared in one spelling: domains as A-labels (xn\\-\\-...), in lower case and without a
trailing dot, local parts in NFC and without quotes; case is never told apart. Only a regular expression is compared
with the quotes that a local part needs. A label of a domain that is
not in ASCII can have no
.B *
in it, and a regular expression has to be in ASCII.
.SH REWRITING: [rewrite]
Pairs of a pattern and an address: a login, or a pattern for whole addresses, and what stands for it in the
reverse-path and in From:, Sender: and Reply-To:. A local part
.B *
on the right keeps the one that there was. The pattern
.B *
is every login. A login that is itself an address
.RI ( alice@corp.example )
is written as that address.
.SH POLICIES: [[policies]]
The first that is for the caller decides; where none is, the message may go.
.B sendmail \\-bv
and
.B \\-bt
say what a send would be told.
{policy}
.SH SEE ALSO
.BR sendmail.gatepost (8),
.BR gatepost (8)
"""


def main() -> None:
    """Write the pages into a folder."""
    folder, sysconfdir, service = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    folder.mkdir(parents=True, exist_ok=True)
    values = {"header": ".TH", "version": VERSION, "sysconfdir": quoted(sysconfdir), "service": quoted(service)}
    drivers = "\n".join(
        f".SS driver = {quoted(chr(34) + name + chr(34))}\n{keys(options)}" for name, options in schema.DRIVERS.items()
    )
    pages = {
        "sendmail.gatepost.8": SENDMAIL.format(**values, options=command_options()),
        "gatepost.8": GATEPOST.format(**values),
        "gatepost.toml.5": TOML.format(
            **values,
            main=keys(schema.MAIN),
            transport=keys(schema.TRANSPORT),
            authentication=keys(schema.AUTHENTICATION),
            router=keys(schema.ROUTER),
            drivers=drivers,
            policy=keys(schema.POLICY),
        ),
    }
    for name, text in pages.items():
        (folder / name).write_text(text)


def command_options() -> str:
    """Return the options of sendmail, a paragraph each."""
    paragraphs = []
    for option in OPTIONS:
        argument = {JOINED: " \\fI...\\fR", VALUE: " \\fIARGUMENT\\fR"}.get(option.argument, "")
        paragraphs.append(f".TP\n\\fB\\-{option.letter}\\fR{argument}\n{sentence(option.summary)}")
    return "\n".join(paragraphs)


def keys(options: Iterable[schema.Option]) -> str:
    """Return the keys of a table, a paragraph each: what it is, what it takes, what it is without."""
    return "\n".join(
        f".TP\n\\fB{quoted(option.name)}\\fR\n{sentence(option.meaning)}\nTakes {sentence(option.shape.words)}"
        + ("" if option.default is None else f"\nDefault: {quoted(shown(option.default))}.")
        for option in options
    )


def shown(default: object) -> str:
    """Return a default as the file would write it."""
    if isinstance(default, bool):
        return "true" if default else "false"
    return f'"{default}"' if isinstance(default, str) else str(default)


def sentence(text: str) -> str:
    """Return text that ends in a full stop and cannot be taken for a request of roff."""
    text = quoted(text.strip())
    return text if text.endswith((".", ":")) else f"{text}."


def quoted(text: str) -> str:
    """Return text with what roff would interpret made harmless."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{text}" if text.startswith((".", "'")) else text


main()
