"""`gatepost check --connect` and `--auth`: the smart host is called on as by a send, and nothing is sent."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.nameserver import name_server
from tests.support.smarthost import refusing_port

PASSWORD = "canary-secret"
STARTTLS = ["EHLO", "STARTTLS"]


def check(installation, *arguments) -> tuple[int, str]:
    command = [installation.prefix / "bin/gatepost", "check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    assert PASSWORD not in done.stdout
    return done.returncode, done.stdout


def line_of(output, subject="relay"):
    """Return word and text of the only line about a transport."""
    lines = [line for line in output.splitlines() if line[7:].startswith(f"{subject}: ")]
    assert len(lines) == 1, output
    return lines[0][:5].strip(), lines[0][7:].removeprefix(f"{subject}: ")


@pytest.fixture
def relay(installation, smarthost):
    """Return what starts a smart host that wants a password and configures it as the relay."""

    def start(**options):
        changes = options.pop("changes", {})
        host = smarthost(**({"tls": "starttls", "auth": {"ws1": PASSWORD}} | options))
        installation.configure_relay(host, **changes)
        return host

    yield start
    installation.mode(0o6755)
    installation.sysconfdir.joinpath("gatepost.compiled").unlink(missing_ok=True)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_call_says_what_was_found_and_sends_nothing(installation, relay, tls):
    host = relay(tls=tls)
    status, output = check(installation, "--connect")
    word, text = line_of(output)
    assert (status, word) == (0, "ok"), output
    assert text.startswith(f"127.0.0.1:{host.port}: TLSv1.3 TLS_")
    assert "certificate for localhost, smtp.test, 127.0.0.1" in text
    assert "until 2099-01-01; offers " in text
    assert "PIPELINING" in text
    host.settle()
    assert (host.session.identity, host.messages) == (None, [])
    assert host.session.verbs == ([*STARTTLS, "EHLO", "QUIT"] if tls == "starttls" else ["EHLO", "QUIT"])


def test_a_connection_without_tls_is_called_so(installation, relay):
    relay(tls="none", auth=None)
    status, output = check(installation, "--connect")
    assert (status, line_of(output)[1].partition(": ")[2][:14]) == (0, "no TLS; offers")


@pytest.mark.parametrize("mode", [0o6755, 0o2755])
def test_a_login_says_which_mechanism_was_taken(installation, relay, mode):
    installation.mode(mode)
    host = relay(mechanisms=("PLAIN", "SCRAM-SHA-256"))
    status, output = check(installation, "--auth")
    assert (status, line_of(output)[0]) == (0, "ok"), output
    assert "AUTH SCRAM-SHA-256 was accepted" in output
    host.settle()
    assert (host.session.identity, host.messages) == ("ws1", [])


def test_a_login_asks_the_program_for_the_password_with_the_service_users_rights(installation, relay):
    host = relay()
    program = installation.sysconfdir / "ask"
    # It waits for nobody, says what is for nobody, and has no terminal to type into.
    script = "cat; echo noise >&2; ! (: </dev/tty) && echo {0}"
    is_us = f'[ "$(id -un)" = {installation.logins["mail"]} ]'
    program.write_text(f"#!/bin/sh\n{is_us} || exit 1\n{script.format(PASSWORD)}\n")
    program.chmod(0o755)
    auth = {"user": "ws1", "password_command": [str(program)]}
    installation.configure(installation.relay_configuration(host, auth=auth))
    status, output = check(installation, "--auth")
    assert (status, line_of(output)[0]) == (0, "ok"), output
    host.settle()
    assert host.session.identity == "ws1"


def test_a_call_without_login_reads_no_password(installation, relay):
    relay()
    (installation.secrets / "relay.password").unlink()
    status, output = check(installation, "--connect")
    assert (status, line_of(output)[0]) == (1, "ok")
    status, output = check(installation, "--auth")
    assert "wrong  connect: no smart host was tried: " in output


def wrong_password(installation, relay, certificates):
    relay()
    (installation.secrets / "relay.password").write_text("canary-secret-of-old")
    return "AUTH PLAIN was refused: 535 5.7.8 not accepted"


def wrong_name(installation, relay, certificates):
    relay(certificate=certificates.wrong_name)
    return "TLS: the certificate was not accepted: "


def expired(installation, relay, certificates):
    relay(certificate=certificates.expired)
    return "expired"


def unknown_issuer(installation, relay, certificates):
    relay(certificate=certificates.unknown_issuer)
    return "TLS: the certificate was not accepted: "


def refused(installation, relay, certificates):
    relay(refuse={"greeting": "554 5.3.2 not today"})
    return "the greeting was refused: 554 5.3.2 not today"


def without_starttls(installation, relay, certificates):
    relay(tls="none", auth=None, changes={"tls": "starttls"})
    return "STARTTLS is not offered"


@pytest.mark.parametrize("spoil", [wrong_password, wrong_name, expired, unknown_issuer, refused, without_starttls])
def test_a_smart_host_that_cannot_be_used_is_told_as_a_send_would(installation, relay, certificates, spoil):
    reason = spoil(installation, relay, certificates)
    status, output = check(installation, "--auth")
    word, text = line_of(output)
    assert (status, word) == (1, "wrong")
    assert reason in text
    told = installation.send("bob@x.example", stdin=b"Subject: x\n\nx\n", user="root")
    assert text in told.reason


def test_a_dead_port_is_told(installation, relay):
    relay()
    with refusing_port() as port:
        text = installation.configuration.read_text()
        hosts = text[text.index("hosts = [") :].splitlines()[0]
        installation.configuration.write_text(text.replace(hosts, f'hosts = ["127.0.0.1:{port}"]'))
        status, output = check(installation, "--connect")
    assert (status, line_of(output)) == (1, ("wrong", f"127.0.0.1:{port}: connecting: connection refused"))


def test_each_host_and_each_address_has_its_line(installation, relay, smarthost):
    first = relay(auth=None)
    only = smarthost(tls="starttls", addresses=["::1"])
    hosts = [f"127.0.0.1:{first.port}", f"localhost:{only.port}"]
    installation.configure(installation.relay_configuration(first, hosts=hosts))
    etc = {"hosts": "127.0.0.1 localhost\n::1 localhost\n"}
    done = installation.start(
        "check", "--connect", user="root", program=installation.prefix / "bin/gatepost", etc=etc
    ).communicate()[0]
    lines = [line for line in done.decode().splitlines() if "relay: " in line]
    assert [line[:5].strip() for line in lines if "127.0.0.1:" in line] == ["ok"]
    # Sends get through by the one address, and lose a moment with the other.
    assert sorted(line[:5].strip() for line in lines if "localhost:" in line) == ["ok", "warn"]
    assert f"localhost:{only.port} [127.0.0.1]: connecting: connection refused" in done.decode()


def test_servers_that_the_dns_names_are_called_too(installation, relay):
    host = relay(auth=None)
    zone = {
        ("relay.test", "MX"): ["10 good.relay.test."],
        ("good.relay.test", "A"): ["127.0.0.1"],
        ("nowhere.test", "MX"): ["0 ."],
    }
    hosts = ["mx:relay.test", "mx:nowhere.test"]
    installation.configure(
        installation.relay_configuration(host, hosts=hosts, port=host.port, tls_verify_name="smtp.test")
    )
    with name_server(zone) as server:
        etc = {"resolv.conf": server.resolv_conf, "nsswitch.conf": "hosts: files dns\nservices: files\n"}
        command = installation.prefix / "bin/gatepost"
        done = installation.start("check", "--connect", user="root", program=command, etc=etc).communicate()[0]
    lines = [line for line in done.decode().splitlines() if "relay: " in line]
    assert lines[0].startswith(f"ok     relay: good.relay.test:{host.port} [127.0.0.1]: TLSv1.3")
    assert lines[1] == "wrong  relay: mx:nowhere.test: the domain takes no mail (RFC 7505)"


@pytest.fixture
def own_certificate(installation, relay, certificates):
    """Configure a smart host that wants a certificate of ours, and ours, with a key; return what gives another key."""
    host = relay(client_ca=certificates.ca, auth=None)
    own = {"tls_certificate": "ours.pem", "tls_privatekey": "ours.key"}

    def configure(key):
        files = {"ours.pem": certificates.client.chain.read_text(), "ours.key": key.read_text()}
        installation.configure(installation.relay_configuration(host, **own), files)

    configure(certificates.client.key)
    (installation.secrets / "ours.pem").chmod(0o644)  # no secret
    return configure


def test_want_of_a_certificate_of_ours_is_told_and_the_next_host_is_called(
    installation, relay, smarthost, certificates
):
    """In TLS 1.3 the smart host says so after the handshake, and Python has its certificate no longer."""
    demanding, other = relay(client_ca=certificates.ca), smarthost(tls="starttls", auth={"ws1": PASSWORD})
    hosts = [f"127.0.0.1:{demanding.port}", f"127.0.0.1:{other.port}"]
    installation.configure(installation.relay_configuration(demanding, hosts=hosts), {"relay.password": PASSWORD})
    status, output = check(installation, "--auth")
    first, second = [line for line in output.splitlines() if "relay: 127" in line]
    assert status == 1
    assert first.startswith("wrong") and "TLS: the smart host ended the connection: " in first
    assert second.startswith("ok")


def test_a_certificate_of_ours_is_presented(installation, own_certificate):
    status, output = check(installation, "--connect")
    assert (status, line_of(output)[0]) == (0, "ok"), output
    secrets = installation.secrets
    assert line_of(output, "certificate") == ("ok", f"{secrets}/ours.pem, its key in {secrets}/ours.key")


def test_a_key_of_another_certificate_is_told_without_a_call(installation, own_certificate, certificates):
    own_certificate(certificates.good.key)
    status, output = check(installation)
    word, text = line_of(output, "certificate")
    assert (status, word) == (1, "wrong")
    assert "ours.key: is not the key of" in text


def test_a_refused_password_is_not_given_away_again(installation, relay, certificates):
    host = relay(addresses=["127.0.0.1", "::1"])
    hosts = [f"127.0.0.1:{host.port}", f"[::1]:{host.port}"]
    installation.configure(installation.relay_configuration(host, hosts=hosts), {"relay.password": "of-old"})
    status, output = check(installation, "--auth")
    assert status == 1
    assert output.count("535 5.7.8") == 1
    assert "AUTH was not tried again" in output
    host.settle()
    assert [session.mechanism for session in host.sessions] == ["PLAIN", None]


def test_json_has_all_of_it_and_no_password(installation, relay):
    host = relay()
    status, output = check(installation, "--auth", "--json")
    row = json.loads(output)[-1]
    assert (status, row["subject"], row["verdict"], row["remedy"]) == (0, "relay", "ok", "")
    row = row["facts"]
    assert (row["host"], row["address"], row["tls"], row["auth"]) == (
        f"127.0.0.1:{host.port}",
        "127.0.0.1",
        "TLSv1.3",
        "PLAIN",
    )
    assert row["certificate"]["until"] == "2099-01-01"
    assert row["certificate"]["days_left"] > 20_000
    assert row["offered"]["SIZE"] == ["10000000"]
    assert [line[:2] for line in row["dialogue"]][-1] == ">>"


def test_the_network_meets_nobody_of_root(installation, relay, tmp_path):
    """No id of root and no capability is left at the first connection, and no way back."""
    relay()
    trace = ["strace", "-ff", "-qq", "-e", "trace=connect,setresuid,setresgid,setgroups,openat", "-o", tmp_path / "of"]
    subprocess.run(
        [*trace, installation.prefix / "bin/gatepost", "check", "--auth"], check=True, timeout=60, capture_output=True
    )
    of_each = [file.read_text().splitlines() for file in tmp_path.glob("of.*")]
    (lines,) = [lines for lines in of_each if any("sin_port" in line for line in lines)]
    uid, gid = installation.account("null").pw_uid, installation.account("null").pw_gid
    dropped = lines.index(next(line for line in lines if line.startswith(f"setresuid({uid}, {uid}, {uid})")))
    connected = [at for at, line in enumerate(lines) if "sin_port" in line]
    assert connected
    assert min(connected) > dropped
    after = lines[dropped:]
    assert [line for line in after if "relay.password" in line or "gatepost.toml" in line] == []
    assert f"setresgid({gid}, {gid}, {gid})" in "".join(lines[:dropped])
    # The proof that there is no way back: each try is refused.
    tries = [line for line in after[1:] if line.startswith("setresuid")]
    assert tries
    assert all("EPERM" in line for line in tries)


def test_a_certificate_that_nobody_verifies_is_shown_and_called_so(installation, relay, certificates):
    relay(certificate=certificates.expired, changes={"tls_verify": False})
    status, output = check(installation, "--connect")
    word, text = line_of(output)
    assert (status, word) == (0, "warn")
    assert "expired on 2021-01-01 (not verified)" in text


def test_without_being_asked_nobody_is_called(installation, relay):
    host = relay()
    check(installation)
    host.settle()
    assert host.connections == 0


def test_a_user_without_a_configuration_calls_nobody(installation, relay):
    host = relay()
    alice = installation.account("alice")
    done = subprocess.run(
        [installation.prefix / "bin/gatepost", "check", "--auth"],
        capture_output=True,
        text=True,
        check=False,
        user=alice.pw_uid,
        group=alice.pw_gid,
        extra_groups=[],
    )
    assert done.returncode == 0
    assert "sudo gatepost check" in done.stdout
    host.settle()
    assert host.connections == 0
