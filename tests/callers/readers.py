"""Mail programs that people use."""

from __future__ import annotations

from tests.callers.caller import CAROL, DAVE, ERIN, REASON, TEXT, Caller

ALL_THREE = (CAROL, DAVE, ERIN)
REFUSED = f"not sent: localhost:587: {REASON}"
EMACS = """\
(require 'message)
(setq user-full-name "Alice Example" user-mail-address "alice@example.net"
      message-send-mail-function 'message-send-mail-with-sendmail
      message-kill-buffer-on-exit t)
(message-mail "carol@example.org" "Grüße" '(("Cc" . "dave@example.org") ("Bcc" . "erin@example.org")))
(goto-char (point-max))
(insert-file-contents "text")
(message-send)
"""
# Alpine wants a terminal and somebody at it, who answers what it asks.
ALPINE_AT_A_TERMINAL = """\
import os, pty, sys

pid, terminal = pty.fork()
if pid == 0:
    os.execlp("sh", "sh", "-c", "stty rows 24 cols 200; exec alpine carol@example.org,dave@example.org < text")
ANSWERS = {b"Prev Pg": b"\\x18", b"Send message?": b"y", b"exist.  Create?": b"y"}
ANSWERS |= {b"Mail not sent.": b"\\x03", b"Cancel message": b"c"}
seen = b""
while octets := os.read(terminal, 4096):
    seen += octets
    for question in [*ANSWERS]:
        if question in seen:
            os.write(terminal, ANSWERS.pop(question))
    if b"Message sent and copied" in seen or b"Message cancelled" in seen:
        break
    sys.stdout.buffer.write(octets)
"""
NMH = """
mkdir Mail; echo 'Path: Mail' > .mh_profile
cat draft text > Mail/draft
/usr/bin/mh/send -mts {} draft
"""
DRAFT = """\
From: Alice Example <alice@example.net>
To: carol@example.org
Cc: dave@example.org
Subject: Greetings
--------
"""

READERS = (
    Caller(
        name="mutt",
        package="mutt",
        script="mutt -s Grüße -c dave@example.org -b erin@example.org carol@example.org < text",
        argv=("-oem", "-oi", "--", "carol@example.org", "dave@example.org", "erin@example.org"),
        stdin="file",
        recipients=ALL_THREE,
        fails=1,
        says=REFUSED,
    ),
    Caller(
        name="NeoMutt",
        package="neomutt",
        script="neomutt -s Grüße -c dave@example.org -b erin@example.org carol@example.org < text",
        argv=("-oem", "-oi", "--", "carol@example.org", "dave@example.org", "erin@example.org"),
        stdin="file",
        recipients=ALL_THREE,
        fails=1,
        says=REFUSED,
    ),
    Caller(
        name="s-nail",
        package="s-nail",
        script="s-nail -s Grüße -c dave@example.org -b erin@example.org carol@example.org < text",
        argv=("-i", "--", "carol@example.org", "dave@example.org", "erin@example.org"),
        stdin="file",
        recipients=ALL_THREE,
        fails=4,
        says=REFUSED,
    ),
    Caller(
        name="bsd-mailx",
        package="bsd-mailx",
        script="bsd-mailx -s Grüße -c dave@example.org -b erin@example.org carol@example.org < text",
        argv=("-i", "-t"),
        stdin="file",
        recipients=ALL_THREE,
        fails=1,
        says=REFUSED,
    ),
    Caller(
        name="GNU mailutils",
        package="mailutils",
        script="mail.mailutils -s Grüße -E 'set nodot' -a 'Cc: dave@example.org' -a 'Bcc: erin@example.org' \\\n"
        "carol@example.org < text",
        argv=("-oi", "-f", "alice@ws1.example.net", "-t"),
        recipients=ALL_THREE,
        fails=1,
        says="cannot send message: Process exited with a non-zero status",
    ),
    Caller(
        name="git send-email",
        package="git-email",
        script="""
git init -q work && cd work
git config user.name 'Alice Example'
git config user.email alice@example.net
echo before > text; git add text; git commit -qm before
cp ../text text; git commit -qam Grüße
git send-email --quiet --confirm=never --suppress-cc=all --to=carol@example.org --cc=dave@example.org \\
    --bcc=erin@example.org -1
""",
        argv=("-i", "carol@example.org", "dave@example.org", "erin@example.org"),
        subject="[PATCH] Grüße",
        body="+The first line.\n+.\n+.. Grüße, 你好\n+From here on, the last line.\n",
        recipients=ALL_THREE,
        fails=1,
        says=REFUSED,
    ),
    Caller(
        name="Emacs message-mode",
        package="emacs-nox",
        script="emacs --batch --no-site-file -l send.el",
        files={"home/alice/send.el": EMACS},
        argv=("-oi", "-f", "alice@example.net", "-t"),
        stdin="file",
        recipients=ALL_THREE,
        fails=255,
        says="Sending...failed with exit value 1",
    ),
    Caller(
        name="Alpine",
        package="alpine",
        script="python3 type.py",
        files={"home/alice/type.py": ALPINE_AT_A_TERMINAL, "home/alice/.pinerc": "user-domain=example.net\n"},
        argv=("-bs", "-odb", "-oem"),
        subject="",
        body=TEXT.rstrip("\n"),
        recipients=(CAROL, DAVE),
        says=f"Mail not sent. Sending error: 250 OK; {REFUSED}",
    ),
    Caller(
        name="nmh",
        package="nmh",
        script=NMH.format("sendmail/pipe"),
        files={"home/alice/draft": DRAFT},
        argv=("-t", "-i"),
        stdin="file",
        subject="Greetings",
        recipients=(CAROL, DAVE),
        says=REFUSED,
    ),
    Caller(
        name="nmh, mts: sendmail/smtp",
        package="nmh",
        script=NMH.format("sendmail/smtp"),
        files={"home/alice/draft": f"Dcc: erin@example.org\n{DRAFT}"},
        argv=("-bs", "-odb", "-oem", "-om"),
        subject="Greetings",
        recipients=ALL_THREE,
        fails=1,
        says=REFUSED,
    ),
    Caller(
        name="swaks --pipe",
        package="swaks",
        script="""
swaks --pipe '/usr/sbin/sendmail -bs' --from alice@example.net --to carol@example.org,dave@example.org \\
    --header 'Subject: Greetings' --body @text
""",
        argv=("-bs",),
        subject="Greetings",
        recipients=(CAROL, DAVE),
        fails=26,
        says="<** 554 " + REFUSED,
    ),
)
