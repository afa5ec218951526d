"""How programs run sendmail, and what each learns of the outcome: the status, and the line that it shows to its user.

Each is done here as the program does it, between fork and exec; the programs themselves are in tests/callers.
"""

from __future__ import annotations

import pytest

from tests.system.outcome import configure, label

NO_USER = 67
MESSAGE = b"To: carol@example.org\nSubject: hello\n\nA line.\n"

# `learn` is given what the program learns: the status, and the text that it shows.
BEGIN = """
import os, signal, subprocess, sys, tempfile
sendmail = sys.argv[1]
typed = tempfile.TemporaryFile()
typed.write(sys.stdin.buffer.read())
typed.seek(0)
def learn(status, text):
    os.write(1, b"%d\\n%s" % (status, text))
    os._exit(0)
"""
HABITS = {
    # A session of its own, a file as standard input, output and error in one file, every other descriptor closed.
    "mutt": """
shown = tempfile.TemporaryFile()
if not (child := os.fork()):
    os.setsid()
    for number, file in enumerate((typed, shown, shown)):
        os.dup2(file.fileno(), number)
    os.closerange(3, 1024)
    os.execv(sendmail, [sendmail, "-oem", "-oi", "-f", "alice@example.net", "--", "carol@example.org"])
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
shown.seek(0)
learn(status, shown.read())
""",
    # Through a shell that is given the arguments; a pipe.
    "git": """
command = ["/bin/sh", "-c", 'exec "$0" "$@"', sendmail, "-i", "carol@example.org"]
done = subprocess.run(command, input=typed.read(), stderr=subprocess.PIPE)
learn(done.returncode, done.stderr)
""",
    # popen(3): a shell, a pipe, SIGPIPE as it was; descriptors of the web server's stay open.
    "php": """
os.set_inheritable(os.dup(1), True)
done = subprocess.Popen(f"{sendmail} -t -i", shell=True, stdin=-1, stderr=-1, close_fds=False)
text = done.communicate(typed.read())[1]
learn(done.returncode, text)
""",
    # A file for the region, one pipe for output and error; what comes is a buffer that the user is shown.
    "emacs": """
command = [sendmail, "-oi", "-oem", "-odb", "-t"]
done = subprocess.run(command, stdin=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
learn(done.returncode, done.stdout)
""",
    # A child that nothing typed at the terminal shall end; the file was read, and is rewound.
    "mail": """
if not (child := os.fork()):
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    os.dup2(typed.fileno(), 0)
    os.execv(sendmail, ["sendmail", "-i", "carol@example.org"])
learn(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), b"")
""",
    # An environment of nothing, standard output and error in a pipe that the daemon copies into its log.
    "cron": """
command = [sendmail, "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "carol@example.org"]
done = subprocess.run(command, stdin=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={}, cwd="/")
learn(done.returncode, done.stdout)
""",
}


@pytest.mark.parametrize("program", HABITS)
@pytest.mark.parametrize("outcome", ["sent", "refused"])
def test_a_program_learns_how_it_went(installation, smarthost, program, outcome):
    host = smarthost(refuse={"RCPT": "550 5.1.1 no such user"} if outcome == "refused" else {})
    configure(installation, host)
    command = ("/usr/bin/python3", "-c", BEGIN + HABITS[program], str(installation.sendmail))
    result = installation.run_as("alice", *command, stdin=MESSAGE)
    host.settle()
    status, _, text = result.stdout.partition("\n")
    assert int(status) == (0 if outcome == "sent" else NO_USER)
    assert len(host.messages) == (outcome == "sent")
    line = f"sendmail: not sent: {label(host)}: RCPT TO:<carol@example.org> was refused: 550 5.1.1 no such user\n"
    assert text + result.stderr == ("" if outcome == "sent" else line)
