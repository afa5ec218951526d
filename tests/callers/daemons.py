"""What sends the output of jobs, and sudo: nobody is there to be told but the system log."""

from __future__ import annotations

from tests.callers.caller import CAROL, DAVE, Caller
from tests.callers.readers import REFUSED

DAEMONS = (
    Caller(
        name="cron",
        package="cron",
        user="root",
        script="cron -f",
        ends=None,
        fails=None,
        files={
            "etc/cron.d/job": "MAILTO=carol@example.org,dave@example.org\n@reboot alice cat text\n",
            "etc/cron.d/anacron": "",
        },
        argv=("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "carol@example.org,dave@example.org"),
        subject="Cron <alice@ws1> cat text",
        recipients=(CAROL, DAVE),
        logs="but got status 0x0001",
    ),
    Caller(
        name="anacron",
        package="anacron",
        user="root",
        script="anacron -d -f -n -t anacrontab",
        files={"root/anacrontab": "MAILTO=carol@example.org\nPATH=/usr/bin:/bin\n1 0 job cat /root/text\n"},
        argv=("-FAnacron", "-odi", "carol@example.org"),
        stdin="file",
        subject="Anacron job 'job' on ws1",
        says=REFUSED,
        logs="mailer process (/usr/sbin/sendmail) exited with status 1",
    ),
    Caller(
        name="at",
        package="at",
        user="root",
        script="cd /home/alice; setpriv --reuid alice --regid alice --init-groups at -f /home/alice/job now; atd -f",
        ends=None,
        fails=None,
        files={"etc/aliases": "alice: carol@example.org\n", "home/alice/job": "cat /home/alice/text\n"},
        argv=("-i", "alice"),
        stdin="file",
        subject="Output from your job",
    ),
    Caller(
        name="sudo, wrong password",
        package="sudo",
        script="printf 'wrong\\nwrong\\nwrong\\n' | sudo -S id",
        argv=("-t",),
        subject="*** SECURITY information for ws1",
        body="3 incorrect password attempts",
        ends=1,
        fails=1,
    ),
)
