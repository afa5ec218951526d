"""The client certificate and its key, which is a secret like a password."""

from __future__ import annotations

import posix as os

from helper.failure import ConfigError, SystemFault
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.network.openssl import Context
    from helper.secret import Secret


class OwnCertificate(Record):
    """Two files as they were read before the drop; one and the same where the key stands with the certificate."""

    certificate_file: str
    certificate: Secret
    key_file: str
    key: Secret

    def forget(self) -> None:
        """Overwrite what is secret. OpenSSL has the key in forms of its own until the process ends."""
        self.certificate.forget()
        self.key.forget()


def present(own: OwnCertificate, context: Context) -> None:
    """Let a context present our certificate on request. ConfigError if it is invalid or does not match the key.

    OpenSSL wants names of files, and none of ours can be opened any more: it is given memory files, by the names that
    nobody but this process can follow, since it is not dumpable (proc(5), /proc/pid/fd).
    """

    def refuse_passphrase() -> NoReturn:
        """Raise ConfigError instead of asking for a passphrase: nobody can answer."""
        raise ConfigError(own.key_file, "is protected by a passphrase: remove it (openssl pkey), and chmod 0640")

    with MemoryFile(own.certificate) as certificate, MemoryFile(own.key) as key:
        try:
            context.load_cert_chain(certificate.name, key.name, refuse_passphrase)
        except FileNotFoundError:
            raise SystemFault("tls_certificate needs /proc, which is not mounted") from None
        except OSError as error:  # SSLError is one
            reason = getattr(error, "reason", None)
            raise ConfigError(*wrong_file(own, str(reason or ""))) from None


def wrong_file(own: OwnCertificate, reason: str) -> tuple[str, str]:
    """Return which file is wrong, and what is wrong with it, as far as OpenSSL's reason and a look at them tell."""
    if reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"):
        return own.key_file, f"is not the key of {own.certificate_file}"
    if b"-----BEGIN CERTIFICATE-----" not in own.certificate.reveal():
        return own.certificate_file, "contains no certificate in PEM"
    if b"PRIVATE KEY-----" not in own.key.reveal():
        return own.key_file, "contains no private key in PEM"
    if reason:
        return own.certificate_file, f"cannot be used: {reason.replace('_', ' ').lower()}"
    both = "" if own.key_file == own.certificate_file else f", or {own.key_file}"
    return own.certificate_file, f"cannot be read{both}: is the PEM damaged?"


class MemoryFile:
    """A secret as a file in memory, for as long as the block lasts; then it is overwritten and gone."""

    def __init__(self, secret: Secret) -> None:
        self._octets = secret.reveal()

    def __enter__(self) -> MemoryFile:
        self._descriptor = os.memfd_create("", os.MFD_CLOEXEC)
        self.name = f"/proc/self/fd/{self._descriptor}"
        os.pwrite(self._descriptor, self._octets, 0)
        return self

    def __exit__(self, *_: object) -> None:
        os.pwrite(self._descriptor, bytes(len(self._octets)), 0)
        os.close(self._descriptor)
