"""What the configurations of other sendmails come to. Each is in that program's own syntax, and ours would be taken."""

from __future__ import annotations

import pytest

from admin.migrate.migrate import plan_of
from admin.migrate.plan import MigrateError
from admin.migrate.write import configuration_text

PASSWD = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n"
SECRET = "s3cr:et #1"
LOGIN = {"user": "ws1", "password_file": "relay.password"}

MSMTP = {
    "etc/msmtprc": f"""
# set by the administrator
defaults
tls on
tls_trust_file /etc/ssl/certs/ca-certificates.crt

account company
host smtp.example.net
port 587
from ws1@example.net
domain ws1.example.net
timeout 20
logfile /var/log/msmtp

account home
host smtp.example.org

account default : company
auth on
user ws1
password "{SECRET}"
"""
}
SSMTP = {
    "etc/passwd": PASSWD,
    "etc/ssmtp/ssmtp.conf": f"""
root=admin@example.net
mailhub=smtp.example.net:587
rewriteDomain=example.net
hostname=ws1.example.net
FromLineOverride=NO
UseTLS=YES
UseSTARTTLS=YES
AuthUser=ws1
AuthPass={SECRET.replace(" #", "-")}
""",
    "etc/ssmtp/revaliases": (
        "# sSMTP aliases\nroot:machines@example.net:smtp.example.net:587\nalice:alice.smith@example.net\n"
    ),
}
DMA = {
    "etc/mailname": "ws1.example.net\n",
    "etc/dma/dma.conf": """
SMARTHOST smtp.example.net
PORT 587
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
STARTTLS
MAILNAME /etc/mailname
MASQUERADE example.net
NULLCLIENT
SPOOLDIR /var/spool/dma
""",
    "etc/dma/auth.conf": f"other|mail.example.org:x\nws1|smtp.example.net:{SECRET}\n",
}
NULLMAILER = {
    "etc/nullmailer/me": "ws1\n",
    "etc/nullmailer/defaultdomain": "example.net\n",
    "etc/nullmailer/defaulthost": "example.net\n",
    "etc/nullmailer/adminaddr": "admin@example.net\n",
    "etc/nullmailer/pausetime": "60\n",
    "etc/nullmailer/remotes": f"""
a.example.net smtp --port=587 --starttls --user=ws1 --pass='{SECRET}'
b.example.net smtp --port=587 --starttls --user=ws1 --pass='{SECRET}'
c.example.net smtp --ssl --insecure
""",
}
ESMTP = {
    "etc/esmtprc": f"""
hostname = smtp.example.net:587
username = "ws1"
password = "{SECRET}"
starttls = required   # always
mda = "/usr/bin/procmail -d %T"

identity = alice@example.org
    hostname = smtp.example.org:25
""",
}
POSTFIX = {
    "etc/mailname": "example.net\n",
    "etc/postfix/main.cf": """
# See /usr/share/postfix/main.cf.dist
myhostname = ws1.$mydomain
mydomain = example.net
myorigin = /etc/mailname
relayhost =
  [smtp.example.net]:587
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:${config_directory}/sasl_passwd
smtp_tls_security_level = secure
smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt
smtp_generic_maps = hash:/etc/postfix/generic
smtp_discard_ehlo_keywords = chunking, silent-discard starttls
alias_maps = hash:/etc/aliases, hash:/etc/postfix/aliases
message_size_limit = 20480000
header_checks = regexp:/etc/postfix/checks
""",
    "etc/postfix/sasl_passwd": f"[mail.example.org] x:y\n[smtp.example.net]:587\tws1:{SECRET}\n",
    "etc/postfix/generic": "root@ws1.example.net admin@example.net\n@ws1.example.net @example.net\n",
    "etc/postfix/master.cf": "smtp unix - - y - - smtp\n  -o smtp_helo_timeout=5\n",
}
DEBIAN = {
    "etc/mailname": "ws1.example.net\n",
    "etc/email-addresses": "# login: address\nalice: alice.smith@example.net\n",
    "etc/exim4/update-exim4.conf.conf": """
dc_eximconfig_configtype='satellite'
dc_other_hostnames='ws1.example.net'
dc_readhost='example.net'
dc_smarthost='smtp.example.net::587;backup.example.net'
dc_hide_mailname='true'
""",
    "etc/exim4/passwd.client": f"# see exim4_passwd_client(5)\n*.example.net:ws1:{SECRET}\nother.example.org:x:y\n",
}
EXIM = {
    "etc/exim/exim.conf": f"""
SMARTHOST = smtp.example.net
mua_wrapper
primary_hostname = ws1.example.net
qualify_domain = example.net
trusted_users = root : www-data
no_local_from_check
timeout_frozen_after = 7d
begin routers
aliases:
  driver = redirect
  domains = example.net
  data = ${{lookup{{$local_part}}lsearch{{/etc/aliases}}}}
  allow_fail
forward:
  driver = redirect
  check_local_user
  file = $home/.forward
smarthost:
  driver = manualroute
  route_list = * SMARTHOST::587 : \\
      backup.example.net byname
  transport = relay
begin transports
relay:
  driver = smtp
  hosts_require_tls = *
  hosts_require_auth = *
  tls_verify_hosts = *
  headers_remove = X-Mailer
begin retry
begin rewrite
*@ws1.example.net  $1@example.net  Ffrs
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  hide client_send = "^ws1^{SECRET.replace(":", "::")}"
""",
}


def lay_out(root, files):
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


WHOLE = {
    "msmtp": (
        MSMTP,
        {
            "qualify_domain": "example.net",
            "transports": {
                "relay": {
                    "driver": "smtp",
                    "tls": "starttls",
                    "hosts": ["smtp.example.net:587"],
                    "helo_data": "ws1.example.net",
                    "connect_timeout": "20s",
                    "auth": LOGIN,
                    "return_path": "ws1@example.net",
                }
            },
        },
        {"logfile", "account home"},
        0,
    ),
    "ssmtp": (
        SSMTP,
        {
            "qualify_domain": "example.net",
            "transports": {
                "relay": {
                    "driver": "smtp",
                    "tls": "starttls",
                    "hosts": ["smtp.example.net:587"],
                    "helo_data": "ws1.example.net",
                    "auth": LOGIN,
                }
            },
            "routers": [
                {
                    "driver": "redirect",
                    "name": "system-accounts",
                    "local_parts": ["root", "postmaster", "www-data"],
                    "data": ["admin@example.net"],
                    "domains": ["example.net"],
                },
                {"name": "smarthost", "driver": "accept", "transport": "relay"},
            ],
            "rewrite": {"root": "machines@example.net", "alice": "alice.smith@example.net"},
        },
        {"fromlineoverride"},
        1,
    ),
    "dma": (
        DMA,
        {
            "primary_hostname": "ws1.example.net",
            "qualify_domain": "example.net",
            "transports": {
                "relay": {"driver": "smtp", "tls": "starttls", "hosts": ["smtp.example.net:587"], "auth": LOGIN}
            },
        },
        {"mail.example.org"},
        1,
    ),
    "nullmailer": (
        NULLMAILER,
        {
            "primary_hostname": "ws1.example.net",
            "qualify_domain": "example.net",
            "transports": {
                "relay": {
                    "driver": "smtp",
                    "hosts": ["a.example.net:587", "b.example.net:587"],
                    "tls": "starttls",
                    "auth": LOGIN,
                }
            },
            "routers": [
                {
                    "driver": "redirect",
                    "name": "adminaddr",
                    "domains": ["example.net", "ws1.example.net", "localhost"],
                    "data": ["admin@example.net"],
                },
                {"name": "smarthost", "driver": "accept", "transport": "relay"},
            ],
        },
        {"pausetime", "c.example.net"},
        0,
    ),
    "esmtp": (
        ESMTP,
        {
            "transports": {
                "relay": {"driver": "smtp", "hosts": ["smtp.example.net:587"], "tls": "starttls", "auth": LOGIN}
            }
        },
        {"mda", "identity"},
        0,
    ),
    "postfix": (
        POSTFIX,
        {
            "primary_hostname": "ws1.example.net",
            "qualify_domain": "example.net",
            "transports": {
                "relay": {
                    "driver": "smtp",
                    "tls": "starttls",
                    "hosts": ["smtp.example.net:587"],
                    "auth": LOGIN,
                    "discard_ehlo_keywords": ["CHUNKING"],
                }
            },
            "message_size_limit": 20480000,
            "rewrite": {"root@ws1.example.net": "admin@example.net", "*@ws1.example.net": "*@example.net"},
            "routers": [
                {
                    "driver": "redirect",
                    "name": "aliases-1",
                    "file": "/etc/postfix/aliases",
                    "domains": ["example.net"],
                },
                {"name": "smarthost", "driver": "accept", "transport": "relay"},
            ],
        },
        {"header_checks", "[mail.example.org]", "smtp_helo_timeout", "smtp_discard_ehlo_keywords"},
        0,
    ),
    "exim-debian": (
        DEBIAN,
        {
            "qualify_domain": "example.net",
            "rewrite": {"*@ws1.example.net": "*@example.net", "alice": "alice.smith@example.net"},
            "transports": {
                "relay": {
                    "driver": "smtp",
                    "hosts": ["smtp.example.net:587", "backup.example.net:25"],
                    "tls": "starttls",
                    "auth": LOGIN,
                }
            },
        },
        {"other.example.org"},
        1,
    ),
    "exim": (
        EXIM,
        {
            "primary_hostname": "ws1.example.net",
            "qualify_domain": "example.net",
            "trusted_users": ["root", "www-data"],
            "local_from_check": False,
            "transports": {
                "relay": {
                    "driver": "smtp",
                    "tls": "starttls",
                    "headers_remove": ["X-Mailer"],
                    "hosts": ["smtp.example.net:587", "backup.example.net:25"],
                    "auth": {**LOGIN, "mechanisms": ["PLAIN"]},
                }
            },
            "routers": [
                {
                    "name": "aliases",
                    "driver": "redirect",
                    "domains": ["example.net"],
                    "allow_fail": True,
                    "file": "/etc/aliases",
                },
                {"name": "forward", "driver": "redirect", "check_local_user": True, "file": "$home/.forward"},
                {"name": "smarthost", "driver": "accept", "transport": "relay"},
            ],
            "rewrite": {"*@ws1.example.net": "*@example.net"},
        },
        set(),
        0,
    ),
}


@pytest.mark.parametrize(("files", "settings", "left_out", "warnings"), WHOLE.values(), ids=WHOLE)
def test_a_whole_configuration_is_carried_over(tmp_path, files, settings, left_out, warnings):
    plan = plan_of(None, None, lay_out(tmp_path, files))
    assert plan.settings == settings
    expected = SECRET.replace(" #", "-") if files is SSMTP else SECRET
    assert plan.secrets == {"relay.password": expected.encode() + b"\n"}
    assert {each.option for each in plan.left_out} == left_out
    assert len(plan.warnings) == warnings
    assert expected not in configuration_text(plan)


# What protects less is kept as it was, and said.
WEAK = {
    "msmtp, tls off": ("etc/msmtprc", "host a.example\nauth plain\nuser u\npassword p\n", "none", "in the clear"),
    "msmtp, no check": ("etc/msmtprc", "host a.example\ntls on\ntls_certcheck off\n", "starttls", "tls_certcheck off"),
    "ssmtp": ("etc/ssmtp/ssmtp.conf", "mailhub=a.example\n", "none", "in the clear"),
    "dma": ("etc/dma/dma.conf", "SMARTHOST a.example\nNULLCLIENT\n", "none", "in the clear"),
    "nullmailer": ("etc/nullmailer/remotes", "a.example smtp\n", "none", "in the clear"),
    "nullmailer, insecure": ("etc/nullmailer/remotes", "a.example smtp --ssl --insecure\n", "implicit", "--insecure"),
    "postfix": ("etc/postfix/main.cf", "relayhost = [a.example]\n", "none", "in the clear"),
    "postfix, may": (
        "etc/postfix/main.cf",
        "relayhost = [a.example]\nsmtp_tls_security_level=may\n",
        "starttls",
        "may",
    ),
}


@pytest.mark.parametrize(("file", "text", "tls", "warning"), WEAK.values(), ids=WEAK)
def test_what_protects_less_is_kept_and_said(tmp_path, file, text, tls, warning):
    plan = plan_of(None, None, lay_out(tmp_path, {file: text}))
    assert plan.relay["tls"] == tls
    assert any(warning in each for each in plan.warnings)
    if tls == "none" and "auth" in plan.relay:
        assert plan.relay["auth"]["allow_plaintext"]
    configuration_text(plan)


EXIM_HEAD = (
    "mua_wrapper\nbegin transports\nrelay:\n  driver = smtp\nbegin routers\nsmarthost:\n  driver = manualroute\n"
)
EXIM_TAIL = "  transport = relay\n  route_list = * a.example\n"
REFUSED = {
    "msmtp, no default": ("etc/msmtprc", "account a\nhost a.example\n", "no account called default"),
    "msmtp, no host": ("etc/msmtprc", "tls on\n", "names no host"),
    "msmtp, a proxy": ("etc/msmtprc", "host a.example\nproxy_host b\n", "2: proxy_host: there are no proxies"),
    "msmtp, a shell": (
        "etc/msmtprc",
        "host a.example\ntls on\nauth on\nuser u\npasswordeval gpg -d x | head -1\n",
        "5: passwordeval: is run without a shell",
    ),
    "msmtp, a keyring": ("etc/msmtprc", "host a.example\ntls on\nauth on\nuser u\n", "no password stands here"),
    "msmtp, lmtp": ("etc/msmtprc", "host a.example\nprotocol lmtp\n", "only SMTP is spoken"),
    "msmtp, no base": ("etc/msmtprc", "account default : x\n", "1: account: there is no account x above it"),
    "ssmtp, other host": ("etc/ssmtp/revaliases", "alice:a@b.example:c.example\n", "a smart host of its own"),
    "ssmtp, no password": ("etc/ssmtp/ssmtp.conf", "mailhub=a.example\nAuthUser=u\n", "there is no AuthPass"),
    "dma, direct": ("etc/dma/dma.conf", "NULLCLIENT\n", "names no SMARTHOST"),
    "nullmailer, none": ("etc/nullmailer/remotes", "# a.example\n", "names no smart host"),
    "nullmailer, qmqp": ("etc/nullmailer/remotes", "a.example qmqp\n", "only SMTP is spoken, not qmqp"),
    "nullmailer, quote": ("etc/nullmailer/remotes", "\na.example smtp --pass='x\n", ":2: has a quote without its end"),
    "esmtp, a program": ("etc/esmtprc", "hostname = a:25\npreconnect = ssh\n", "preconnect: no program is run"),
    "esmtp, no host": ("etc/esmtprc", "username = u\n", "names no hostname"),
    "postfix, direct": ("etc/postfix/main.cf", "relayhost =\n", "names no relayhost"),
    "postfix, two ways": (
        "etc/postfix/main.cf",
        "relayhost = [a.example]\ntransport_maps = hash:/etc/postfix/transport\n",
        "2: transport_maps: one way is carried over",
    ),
    "postfix, no login": (
        "etc/postfix/main.cf",
        "relayhost = [a.example]\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = static:\n",
        "is no user:password",
    ),
    "postfix, ldap": (
        "etc/postfix/main.cf",
        "relayhost = [a.example]\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = ldap:/etc/x\n",
        "only tables that are made of text files",
    ),
    "postfix, itself": ("etc/postfix/main.cf", "myhostname = $mydomain\nmydomain = $myhostname\n", "refers to itself"),
    "debian, local": (
        "etc/exim4/update-exim4.conf.conf",
        "dc_eximconfig_configtype='local'\n",
        "dc_eximconfig_configtype is local",
    ),
    "exim, a server": ("etc/exim.conf", "qualify_domain = a.example\n", "has no mua_wrapper"),
    "exim, an ACL": ("etc/exim.conf", "mua_wrapper\nacl_not_smtp = check\n", "2: acl_not_smtp: there are no ACLs here"),
    "exim, conditional": ("etc/exim.conf", "mua_wrapper\n.ifdef X\n", "2: .ifdef: let Exim put it together"),
    "exim, an expansion": ("etc/exim.conf", "mua_wrapper\nqualify_domain = ${readfile{/x}}\n", "is an expansion"),
    "exim, a condition": (
        "etc/exim.conf",
        f"{EXIM_HEAD}  condition = ${{if x}}\n{EXIM_TAIL}",
        "8: condition: decides where",
    ),
    "exim, two rules": (
        "etc/exim.conf",
        f"{EXIM_HEAD}  transport = relay\n  route_list = a b ; c d\n",
        "route_list: one rule is carried over",
    ),
    "exim, a pipe": (
        "etc/exim.conf",
        f"{EXIM_HEAD}{EXIM_TAIL}".replace("driver = smtp", "driver = pipe"),
        "0 transports that routers use speak SMTP",
    ),
    "exim, no login": (
        "etc/exim.conf",
        f"{EXIM_HEAD}{EXIM_TAIL}".replace("driver = smtp", "driver = smtp\n  hosts_require_auth = *"),
        "no authenticator says how",
    ),
}


@pytest.mark.parametrize(("file", "text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_would_go_another_way_is_refused(tmp_path, file, text, reason):
    root = lay_out(tmp_path, {"etc/ssmtp/ssmtp.conf": "mailhub=a.example\n"} if "revaliases" in file else {})
    with pytest.raises(MigrateError) as error:
        plan_of(None, None, lay_out(root, {file: text}))
    assert reason in str(error.value)


def test_nothing_is_taken_where_there_is_none_or_more_than_one(tmp_path):
    with pytest.raises(MigrateError, match="there is no configuration of msmtp, "):
        plan_of(None, None, tmp_path)
    lay_out(tmp_path, MSMTP | DMA)
    with pytest.raises(MigrateError, match=r"there are several: name one \(msmtp, dma\)"):
        plan_of(None, None, tmp_path)
    assert plan_of("dma", None, tmp_path).peer == "dma"


def test_a_file_can_be_named_with_whose_it_is(tmp_path):
    file = lay_out(tmp_path, MSMTP) / "etc/msmtprc"
    assert plan_of("msmtp", file, tmp_path / "nowhere").read == [str(file)]
    with pytest.raises(MigrateError, match="whose it is has to be said"):
        plan_of(None, file, tmp_path)
    with pytest.raises(MigrateError, match="cannot be read: No such file"):
        plan_of("msmtp", tmp_path / "none", tmp_path)


def test_a_relayhost_without_brackets_is_looked_up(tmp_path):
    plan = plan_of(None, None, lay_out(tmp_path, {"etc/postfix/main.cf": "relayhost = example.net:587\n"}))
    assert plan.relay["hosts"] == ["mx:example.net:587"]
    configuration_text(plan)
