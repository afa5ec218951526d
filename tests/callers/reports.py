"""Programs that watch over a machine, and report to its administrator."""

from __future__ import annotations

from tests.callers.caller import Caller
from tests.callers.readers import REFUSED

JAIL = """\
[DEFAULT]
allowipv6 = no
[test]
enabled = true
backend = polling
filter = test
logpath = /root/text
action = sendmail[name=test, dest=carol@example.org, sender=fail2ban@example.net]
"""
SMARTD = """\
export SMARTD_ADDRESS=carol@example.org SMARTD_MAILER=mail SMARTD_FAILTYPE=EmailTest SMARTD_DEVICE=/dev/sda
export SMARTD_DEVICESTRING=/dev/sda SMARTD_MESSAGE='TEST EMAIL from smartd' SMARTD_TFIRST='Sun Nov 22 06:00:00 2026'
/usr/share/smartmontools/smartd_warning.sh
"""

REPORTS = (
    Caller(
        name="logwatch",
        package="logwatch",
        user="root",
        script="logwatch --output mail --mailto carol@example.org --range all --service sshd",
        files={
            "var/log/auth.log": "Nov 22 06:00:00 ws1 sshd[7]: Failed password for root from 192.0.2.1 port 4 ssh2\n"
        },
        argv=("-t",),
        subject="Logwatch for ws1",
        body="Failed logins from:\n    192.0.2.1: 1 Time",
        says=REFUSED,
    ),
    Caller(
        name="mdadm --monitor --test",
        package="mdadm",
        user="root",
        script="mdadm --monitor --test --oneshot --mail carol@example.org --config mdadm.conf /dev/md0",
        files={"root/mdadm.conf": "ARRAY /dev/md0\n"},
        argv=("-t",),
        subject="TestMessage event on /dev/md0:ws1",
        body="A TestMessage event had been detected on md device /dev/md0.",
        says=REFUSED,
    ),
    Caller(
        name="fail2ban",
        package="fail2ban",
        user="root",
        script="fail2ban-server -f --logtarget SYSLOG start",
        ends=None,
        fails=None,
        files={
            "etc/fail2ban/jail.local": JAIL,
            "etc/fail2ban/jail.d/defaults-debian.conf": "",
            "etc/fail2ban/filter.d/test.conf": "[Definition]\nfailregex = ^no <HOST>$\n",
        },
        argv=("-f", "fail2ban@example.net", "carol@example.org"),
        subject="[Fail2Ban] test: started on ws1",
        body="The jail test has been started successfully.\n\nRegards,\n\nFail2Ban",
        logs=f"-- stderr: 'sendmail: {REFUSED}'",
    ),
    Caller(
        name="unattended-upgrades",
        package="unattended-upgrades",
        user="root",
        script="unattended-upgrade -v",
        files={
            "etc/apt/apt.conf.d/99mail": 'Unattended-Upgrade::Mail "carol@example.org";\n'
            'Unattended-Upgrade::MailReport "always";\n'
        },
        argv=("-oi", "-t"),
        subject="unattended-upgrades result for ws1",
        body="No packages found that can be upgraded unattended and no pending auto-removals\n",
        says=REFUSED,
    ),
    Caller(
        name="smartd's warning",
        package="smartmontools",
        user="root",
        script=SMARTD,
        argv=("-i", "-t"),
        stdin="file",
        subject="SMART error (EmailTest) detected on host: ws1",
        body="TEST EMAIL from smartd",
        fails=1,
        says=REFUSED,
    ),
)
