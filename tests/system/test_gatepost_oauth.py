"""`gatepost login` and `gatepost refresh` against an authorization server with TLS, and a send with what they left."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import subprocess
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from admin.oauth.https import Unreached, post
from tests.support.authorization_server import DEVICE, AuthorizationServer, error, tokens
from tests.support.smarthost import refusing_port
from tests.system.outcome import MESSAGE, ONE, assert_sent, configure

AUTH = {"user": "ws1", "mechanisms": ["XOAUTH2"], "password_file": "relay.token"}
PAST = "access-0\nexpires 2026-01-01T00:00:00Z\n"


@pytest.fixture
def place(installation, smarthost, tmp_path_factory, certificates):
    """An installation whose relay wants a token, and a CA file that the messenger can read."""
    host = smarthost(tls="starttls", auth={"ws1": "access-2"}, mechanisms=["XOAUTH2"])
    configure(installation, host, auth=AUTH)
    ca = installation.sysconfdir / "oauth-ca.pem"
    ca.write_bytes(certificates.ca.read_bytes())
    installation.host, installation.ca = host, ca
    yield installation
    installation.sysconfdir.joinpath("gatepost.compiled").unlink(missing_ok=True)


@pytest.fixture
def server(certificates):
    """Start authorization servers, which end with the test."""
    running = []

    def start(*answers, certificate=certificates.good, **options):
        running.append(AuthorizationServer(certificate, *answers, **options).__enter__())
        return running[-1]

    yield start
    for each in running:
        each.__exit__()


def gatepost(place, *arguments, stdin="", **options):
    command = [place.prefix / "bin/gatepost", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=100, **options)


def login(place, server, *more, **options):
    ways = ("--device-endpoint", server.url("device"), "--token-endpoint", server.url("token"), "--ca-file", place.ca)
    return gatepost(
        place, "login", "relay", "--client-id", "me", "--scope", "send offline_access", *ways, *more, **options
    )


def remember(place, server, **changes):
    """Leave a login behind, whose access token has expired."""
    grant = {
        "client_id": "me",
        "token_endpoint": server.url("token"),
        "ca_file": str(place.ca),
        "refresh_token": "refresh-0",
    }
    file = place.secrets / "relay.oauth"
    file.write_text(json.dumps(grant | changes))
    file.chmod(0o600)
    token = place.secrets / "relay.token"
    token.write_text(PAST)
    os.chown(token, 0, place.account("mail").pw_gid)
    token.chmod(0o640)


def grant_of(place):
    return json.loads((place.secrets / "relay.oauth").read_text())


def content(place):
    return {path.name: path.read_text() for path in place.secrets.iterdir()}


def test_a_login_waits_for_the_code_and_a_send_uses_what_it_left(place, server):
    auth = server(error("authorization_pending"), error("slow_down"), tokens("access-2"))
    done = login(place, auth)
    assert (done.returncode, done.stderr) == (0, "")
    assert "https://login.test/device\nand enter this code: WDJB-MJHT\n" in done.stdout
    assert "access-2" not in done.stdout and "refresh-1" not in done.stdout
    assert [form["at"] for form in auth.asked] == ["/device", "/token", "/token", "/token"]
    assert auth.asked[0] == {"client_id": "me", "scope": "send offline_access", "at": "/device"}
    assert auth.asked[1]["device_code"] == DEVICE["device_code"]
    assert grant_of(place)["refresh_token"] == "refresh-1"
    service = place.account("mail").pw_gid
    found = {
        name: (s.st_uid, s.st_gid, stat.S_IMODE(s.st_mode))
        for name in ("relay.oauth", "relay.token")
        for s in [(place.secrets / name).stat()]
    }
    assert found == {"relay.oauth": (0, 0, 0o600), "relay.token": (0, service, 0o640)}
    assert_sent(place.send(*ONE, stdin=MESSAGE), place.host, ONE)
    again = gatepost(place, "login", "relay")  # as the last time
    assert again.returncode == 0, again.stderr


def test_a_login_by_browser_takes_the_pasted_address(place, server):
    auth = server(tokens("access-2"))
    command = [place.prefix / "bin/gatepost", "login", "relay", "--client-id", "me", "--browser", "--scope", "send"]
    command += ["--authorization-endpoint", "https://login.test/auth?prompt=consent"]
    command += ["--token-endpoint", auth.url("token"), "--ca-file", place.ca]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        asked = parse_qs(urlsplit(process.stdout.readline().split()[-1]).query)
        assert (asked["prompt"], asked["code_challenge_method"]) == (["consent"], ["S256"])
        process.communicate(f"http://localhost/?code=the-code&state={asked['state'][0]}\n", timeout=60)
    assert process.returncode == 0
    assert (auth.asked[0]["code"], auth.asked[0]["grant_type"]) == ("the-code", "authorization_code")
    digest = hashlib.sha256(auth.asked[0]["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([error("access_denied", "\x1b[31mno")], "the authorization server refused: access_denied: ?[31mno"),
        ([error("expired_token")], "the authorization server refused: expired_token"),
        ([error("authorization_pending")], "nobody entered the code in time: run gatepost login again"),
        ([tokens(refresh=None)], "gatepost login: the server issued no refresh token: is offline_access in --scope?"),
        ([tokens("two words")], "the token endpoint gave an invalid token"),
        ([tokens(life_s=-5)], "the token endpoint gave an impossible lifetime for the token"),
        ([(200, b"not json")], "the endpoint answered 200 without a JSON object"),
        ([(200, {"access_token": "x", "token_type": "m"})], "the token endpoint's token is not a bearer token"),
        ([(200, {})], "the authorization server refused: missing_token: Missing access token parameter."),
    ],
)  # fmt: skip
def test_a_login_that_fails_says_why_and_writes_nothing(place, server, answers, told):
    before = content(place)
    done = login(place, server(*answers, device=(200, DEVICE | {"expires_in": 3})))
    assert (done.returncode, done.stderr) == (1, f"gatepost: relay: {told}\n")
    assert content(place) == before


def test_a_refresh_renews_what_expires_soon_and_keeps_a_rotated_token(place, server):
    auth = server(tokens("access-2", "refresh-2"))
    remember(place, auth)
    done = gatepost(place, "refresh")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("relay: renewed; the access token is valid until ")
    assert auth.asked == [
        {"grant_type": "refresh_token", "client_id": "me", "refresh_token": "refresh-0", "at": "/token"}
    ]
    assert grant_of(place)["refresh_token"] == "refresh-2"
    assert_sent(place.send(*ONE, stdin=MESSAGE), place.host, ONE)
    assert gatepost(place, "refresh", "relay").stdout.startswith("relay: the access token is valid until ")
    assert len(auth.asked) == 1
    auth.answers[:] = [tokens("access-3", None)]
    assert gatepost(place, "refresh", "--force").returncode == 0
    assert (auth.asked[1]["refresh_token"], grant_of(place)["refresh_token"]) == ("refresh-2", "refresh-2")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (error("invalid_grant", "refresh-0 was revoked"),
         "the authorization server refused: invalid_grant: *** was revoked: "
         "the refresh token is no longer valid: gatepost login relay"),
        ((503, b""), "127.0.0.1:{port}: answered 503, which is not an answer of OAuth 2.0"),
        ((302, b""), "127.0.0.1:{port}: answered 302, which is not an answer of OAuth 2.0"),
        ((200, b"x" * 5_000_000), "127.0.0.1:{port}: answered more than 65536 octets"),
        ((200, b"[" * 60_000), "the endpoint answered 200 without a JSON object"),
        (tokens("a" * 9000), "the answer of the process that talks to the token endpoint is not valid"),
        (tokens("a\nexpires 2999-01-01T00:00:00Z"),
         "the answer of the process that talks to the token endpoint is not valid"),
    ],
)  # fmt: skip
def test_a_refresh_that_fails_says_why_and_leaves_everything_as_it_was(place, server, answer, told):
    auth = server(answer)
    remember(place, auth)
    before = content(place)
    done = gatepost(place, "refresh")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"gatepost: relay: {told.format(port=auth.port)}\n")
    assert content(place) == before
    assert len(auth.asked) == 1


@pytest.mark.parametrize("name", ["wrong_name", "expired", "unknown_issuer", "self_signed"])
def test_an_endpoint_that_cannot_prove_its_name_is_sent_no_token(place, server, certificates, name):
    auth = server(tokens(), certificate=getattr(certificates, name))
    remember(place, auth)
    done = gatepost(place, "refresh")
    assert done.returncode == 1
    assert f"127.0.0.1:{auth.port}: the certificate is not trusted: " in done.stderr
    assert auth.asked == []


def test_an_endpoint_that_is_down_or_without_tls_is_told(place, server):
    auth = server(tokens())
    with refusing_port() as port:
        remember(place, auth, token_endpoint=f"https://127.0.0.1:{port}/token")
        assert f"127.0.0.1:{port}: Connection refused" in gatepost(place, "refresh").stderr
    remember(place, auth, token_endpoint=f"http://127.0.0.1:{auth.port}/token")
    told = "must be https://HOST/PATH, because a token is never sent without TLS"
    assert told in gatepost(place, "refresh").stderr
    assert told in login(place, auth, "--token-endpoint", "http://127.0.0.1/token").stderr
    assert auth.asked == []


def test_no_proxy_of_the_environment_is_asked(place, server):
    auth = server(tokens("access-2"))
    remember(place, auth, token_endpoint=f"https://localhost:{auth.port}/token")
    with refusing_port() as port:
        proxies = {"https_proxy": f"http://127.0.0.1:{port}", "SSL_CERT_FILE": "/dev/null"}
        assert gatepost(place, "refresh", env=proxies).returncode == 0


def test_a_transport_that_takes_no_token_is_told_what_to_write(place, server):
    configure(place, place.host, auth=AUTH | {"mechanisms": ["PLAIN"]})
    told = 'must contain auth = { user = "...", mechanisms = ["XOAUTH2"], password_file = "relay.token" }'
    assert told in login(place, server(tokens())).stderr
    assert "has no transport other" in gatepost(place, "refresh", "other").stderr


def test_root_alone_may_ask(place):
    alice = place.account("alice")
    for command in (("login", "relay"), ("refresh",)):
        done = gatepost(place, *command, user=alice.pw_uid, group=alice.pw_gid, extra_groups=[])
        assert (done.returncode, "only root can" in done.stderr) == (1, True)


def test_without_the_library_one_line_says_what_to_install(place, server):
    """paths.py is where an installation says where modules are; here there is none."""
    remember(place, server(tokens()))
    file = place.prefix / "lib/gatepost/helper/privileged/paths.py"
    compiled = next((file.parent / "__pycache__").glob("paths.*.pyc"))
    kept = file.read_text(), compiled.read_bytes()
    try:
        file.write_text(kept[0].replace('"/usr/lib/python3/dist-packages"', '"/nonexistent"'))
        compiled.unlink()
        done = gatepost(place, "refresh")
    finally:
        file.write_text(kept[0])
        compiled.write_bytes(kept[1])
    assert done.stderr == "gatepost: relay: the Python module oauthlib is missing: apt install python3-oauthlib\n"


def test_the_unit_leaves_just_the_capabilities_that_a_refresh_needs(place, server):
    remember(place, server(tokens("access-2")))
    unit = (place.units / "gatepost-refresh.service").read_text()
    wanted = next(line for line in unit.splitlines() if line.startswith("CapabilityBoundingSet="))
    names = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in wanted.partition("=")[2].split())
    command = ["setpriv", "--no-new-privs", f"--bounding-set=-all,{names}", place.prefix / "bin/gatepost", "refresh"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"ExecStart={place.prefix}/bin/gatepost refresh\n" in unit
    assert f"ReadWritePaths={place.secrets}\n" in unit


def test_check_finds_what_a_login_left_and_what_others_can_read(place, server):
    file = place.secrets / "relay.oauth"
    remember(place, server(tokens("access-2")))
    assert gatepost(place, "refresh").returncode == 0
    assert f"ok     login: {file}\n" in gatepost(place, "check").stdout
    file.chmod(0o640)
    told = f"{file}: must belong to root, and only root may read it"
    remedy = f"chown root:root {file} && chmod 0600 {file}"
    assert f"wrong  login: {told}: {remedy}\n" in gatepost(place, "check").stdout
    refused = f"gatepost: relay: {told}: {remedy}\n"
    assert gatepost(place, "refresh", "--force").stderr == refused
    file.chmod(0o600)
    file.rename(file.with_name("other.oauth"))
    assert f"wrong  login: {place.configuration}: has no transport other\n" in gatepost(place, "check").stdout


def test_two_refreshes_at_once_use_a_refresh_token_once(place, server):
    auth = server(tokens("access-2", "refresh-2"))
    remember(place, auth)
    command = [place.prefix / "bin/gatepost", "refresh"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 3, said
    assert [form["refresh_token"] for form in auth.asked] == ["refresh-0"]


def test_what_cannot_be_written_leaves_everything_as_it_was(place, server):
    remember(place, server(tokens("access-2", "refresh-2")))
    before = content(place)
    (place.secrets / ".relay.token.new").mkdir()
    done = gatepost(place, "refresh")
    told = f"{place.secrets}/.relay.token.new: cannot be written: Is a directory"
    assert (done.returncode, done.stderr) == (1, f"gatepost: relay: {told}\n")
    (place.secrets / ".relay.token.new").rmdir()
    assert content(place) == before


def test_an_endpoint_that_does_not_answer_is_not_waited_for(certificates):
    with AuthorizationServer(certificates.good, tokens()) as auth:
        auth.before_answer = lambda: time.sleep(3)
        with pytest.raises(Unreached) as raised:
            post(auth.url("token"), "a=b", str(certificates.ca), whole_s=1)
    assert raised.value.problem == f"127.0.0.1:{auth.port}: did not answer within 1 s"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give --client-id, and --provider or the endpoints; see gatepost(8)"),
        (("--client-id", "me"), "give --provider, or --token-endpoint and --device-endpoint"),
        (("--client-id", "me", "--token-endpoint", "https://login.test/"),
         "give --device-endpoint, or --authorization-endpoint for a browser"),
        (("--client-id", "\x1b[31m"), "--client-id must be a line of printable ASCII"),
        (("--client-id", "me", "--provider", "microsoft", "--tenant", "a/b"),
         "--tenant must be a Microsoft tenant's name"),
        (("--client-id", "me", "--provider", "google"), "no address was pasted"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_in_one_line(place, arguments, told):
    done = gatepost(place, "login", "relay", *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"gatepost: relay: gatepost login: {told}" in done.stderr
    assert not (place.secrets / "relay.oauth").exists()


def test_a_login_as_the_last_time_takes_no_other_words(place, server):
    remember(place, server(tokens()))
    assert "give --client-id too" in gatepost(place, "login", "relay", "--scope", "all").stderr


def test_a_transport_that_is_not_there_is_told_printable(place):
    told = f"gatepost: ?[31m: {place.configuration}: has no transport ?[31m\n"
    assert gatepost(place, "login", "\x1b[31m").stderr == told


def test_a_client_secret_goes_to_the_token_endpoint_from_a_file_of_roots(place, server):
    auth = server(tokens("access-2"))
    file = place.sysconfdir / "client.secret"
    file.write_text("GOCSPX-canary\n")
    assert login(place, auth, "--client-secret-file", file).returncode == 0
    assert [form.get("client_secret") for form in auth.asked] == [None, "GOCSPX-canary"]
    assert grant_of(place)["client_secret"] == "GOCSPX-canary"
    file.chmod(0o666)
    try:
        assert "can be written by users other than root" in login(place, auth, "--client-secret-file", file).stderr
    finally:
        file.unlink()
