"""Certificates and keys from PEM files, and what was read from files that may change."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

_log = logging.getLogger(__name__)

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
type Stamp = tuple[tuple[int, int, int], ...]


class CertificateFault(ValueError):
    """A certificate or key that cannot be used; the message says which file, why and what to do."""

    mendable = True


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate with those that stand between it and its root, and its private key."""

    chain: tuple[x509.Certificate, ...]
    key: Key = field(repr=False)


def credentials(certificate: Path, key: Path) -> Credentials:
    """What a server shows. Raises CertificateFault."""
    chain, private = certificates(certificate), _key(key)
    if chain[0].public_key() != private.public_key():
        raise CertificateFault(
            f"{key}: is not the key of the certificate in {certificate}; "
            "write both files anew, the server's own certificate first in its file"
        )
    return Credentials(chain, private)


def certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM file, at least one. Raises CertificateFault."""
    content = _read(path)
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        found = []
    if not found:
        raise CertificateFault(
            f"{path}: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
        )
    return tuple(found)


def _key(path: Path) -> Key:
    content = _read(path)
    if path.stat().st_mode & stat.S_IRWXO:
        raise CertificateFault(
            f"{path}: everybody on this machine may read this key; run: chmod o= {path}"
        )
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except TypeError:
        raise CertificateFault(
            f"{path}: is locked with a passphrase, and nobody is there to type it; "
            f"store it without: openssl pkey -in {path} -out NEW"
        ) from None
    except ValueError:
        raise CertificateFault(
            f"{path}: holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)"
        ) from None
    if not isinstance(
        key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    ):
        raise CertificateFault(f"{path}: only RSA, EC and Ed25519 keys can be used")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateFault(f"{path}: cannot be read: {error.strerror}") from None


@dataclass(slots=True)
class Kept[T]:
    """What `read` makes of some files. While they are faulty the last good stays, with the fault.

    `read` gives a value and when it must be made anew, in seconds since 1970. Raises
    CertificateFault when it is made, if there is no good to begin with.
    """

    files: tuple[Path, ...]
    read: Callable[[float], tuple[T, float]]
    now_s: float
    fault: str = ""
    value: T = field(init=False)
    until_s: float = field(init=False)
    _stamp: Stamp = field(init=False)

    def __post_init__(self) -> None:
        self._stamp = _stamp(self.files)
        self.value, self.until_s = self.read(self.now_s)

    def look(self, now_s: float) -> None:
        """Reads the files anew where they changed or the value is due."""
        stamp = _stamp(self.files)
        if stamp == self._stamp and now_s < self.until_s:
            return
        try:
            self.value, self.until_s = self.read(now_s)
        except CertificateFault as fault:
            self._tell(str(fault))
        else:
            self._stamp = stamp
            if self.fault:
                _log.info("%s: is good again", self.files[0])
            self.fault = ""

    def _tell(self, fault: str) -> None:
        if fault != self.fault:
            _log.error("%s; the last good one stays in use", fault)
        self.fault = fault


def _stamp(files: tuple[Path, ...]) -> Stamp:
    """Changes when a file does, also by being renamed over or by another link of a mounted secret."""
    found = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)
