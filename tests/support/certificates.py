"""Certificates for tests, made on the spot by openssl: a good one, and one for each way to be wrong."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

RIGHT = "DNS:localhost,DNS:smtp.test,IP:127.0.0.1,IP:::1"
WRONG = "DNS:other.test,IP:192.0.2.1"
LONG_AGO, YESTERDAY, TOMORROW, FAR = "20200101000000Z", "20210101000000Z", "20980101000000Z", "20990101000000Z"

# `ca` rather than `x509 -req`, which takes dates only since OpenSSL 3.4.
CONFIGURATION = """
[ca]
default_ca = default
[default]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = policy
copy_extensions = copy
x509_extensions = server
[policy]
commonName = supplied
[server]
basicConstraints = critical,CA:FALSE
authorityKeyIdentifier = keyid
[req]
distinguished_name = name
[name]
"""


@dataclass(frozen=True)
class Certificate:
    """What a server presents, and the CA file that a client needs to accept it."""

    chain: Path
    key: Path
    ca: Path


@dataclass(frozen=True)
class Certificates:
    """One CA that the client trusts, and servers' certificates."""

    ca: Path
    good: Certificate
    wrong_name: Certificate
    expired: Certificate
    not_yet_valid: Certificate
    unknown_issuer: Certificate
    self_signed: Certificate
    wrong_purpose: Certificate
    weak_key: Certificate
    weak_signature: Certificate
    without_names: Certificate  # other than a common name that is not ours
    client: Certificate  # what a client presents


def make_certificates(folder: Path) -> Certificates:
    """Make them all, on the curve P-256, in an existing folder."""
    (folder / "index.txt").touch()
    (folder / "ca.cnf").write_text(CONFIGURATION.format(folder=folder))
    ca = make_authority(folder, "ca")
    make_authority(folder, "stranger")
    self_signed = make_authority(folder, "self-signed")

    def made(
        name: str, issuer: str = "ca", names: str = RIGHT, dates: tuple[str, str] = (LONG_AGO, FAR), **making: str
    ) -> Certificate:
        return Certificate(*issue(folder, name, issuer, names, dates, **making), ca)

    return Certificates(
        ca=ca,
        good=made("good"),
        wrong_name=made("wrong-name", names=WRONG),
        expired=made("expired", dates=(LONG_AGO, YESTERDAY)),
        not_yet_valid=made("not-yet-valid", dates=(TOMORROW, FAR)),
        unknown_issuer=made("unknown-issuer", issuer="stranger"),
        self_signed=Certificate(self_signed, self_signed.with_suffix(".key"), ca),
        wrong_purpose=made("wrong-purpose", purpose="clientAuth"),
        weak_key=made("weak-key", key_kind="rsa:1024"),
        weak_signature=made("weak-signature", digest="sha1"),
        without_names=made("without-names", names=""),
        client=made("client", names="DNS:ws1.example.net", purpose="clientAuth"),
    )


def make_authority(folder: Path, name: str) -> Path:
    """Make a certificate that signs itself, valid for localhost too; return its file."""
    file = folder / f"{name}.pem"
    openssl(
        *("req", "-x509", "-config", folder / "ca.cnf", "-nodes", "-newkey", "ec"),
        *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "3650", "-subj", f"/CN=Gatepost test {name}"),
        *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", f"subjectAltName={RIGHT}"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"),
        *("-addext", "subjectKeyIdentifier=hash", "-keyout", file.with_suffix(".key"), "-out", file),
    )
    return file


def issue(
    folder: Path,
    name: str,
    issuer: str,
    names: str,
    dates: tuple[str, str],
    purpose: str = "",
    key_kind: str = "ec",
    digest: str = "sha256",
) -> tuple[Path, Path]:
    """Make a server's certificate; return its file and its key's."""
    file, key, request = folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.csr"
    openssl(
        *("req", "-new", "-config", folder / "ca.cnf", "-nodes", "-newkey", key_kind),
        *(("-pkeyopt", "ec_paramgen_curve:prime256v1") if key_kind == "ec" else ()),
        *("-subj", f"/CN={name}.test", "-keyout", key, "-out", request),
        *(("-addext", f"subjectAltName={names}") if names else ()),
        *(("-addext", f"extendedKeyUsage={purpose}") if purpose else ()),
    )
    openssl(
        *("ca", "-config", folder / "ca.cnf", "-batch", "-notext", "-md", digest),
        *("-cert", folder / f"{issuer}.pem", "-keyfile", folder / f"{issuer}.key"),
        *("-startdate", dates[0], "-enddate", dates[1], "-in", request, "-out", file),
    )
    return file, key


def openssl(*arguments: str | Path) -> None:
    """Run the openssl command; what it says is shown only when it fails."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, f"openssl {arguments[0]}: {done.stderr.decode('utf-8', 'replace')}"
