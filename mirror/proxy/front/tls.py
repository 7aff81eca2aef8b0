"""TLS towards clients: the server's side of a handshake, and who a client's certificate says it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto

from mirror.proxy.front.certificates import (
    CertificateFault,
    Credentials,
    Kept,
    certificates,
    credentials,
)

PROTOCOLS = (b"h2", b"http/1.1")
# TLS 1.2 with forward secrecy and authenticated encryption alone; 1.3 knows nothing weaker.
CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"
MOST_NAMES = 64
"""Names of one client certificate that are looked at."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The PEM files of a server: its certificate and key, and whose clients alone it takes."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Handshakes:
    """The server's side of handshakes, and when what it rests on expires (seconds since 1970)."""

    context: SSL.Context
    expires_s: float


def kept(files: TlsFiles, now_s: float) -> Kept[Handshakes]:
    """The server's side of handshakes, made anew when a file changes. Raises CertificateFault."""
    started = False

    def read(now_s: float) -> tuple[Handshakes, float]:
        nonlocal started
        found = credentials(files.certificate, files.key)
        expires_s = found.chain[0].not_valid_after_utc.timestamp()
        # At the start an old certificate is better than no server: clients judge it themselves.
        if started and expires_s <= now_s:
            raise CertificateFault(f"{files.certificate}: has expired; renew the certificate")
        made = context(found, client_ca(files.client_ca))
        started = True
        return Handshakes(made, expires_s), math.inf

    every = (files.certificate, files.key, *([files.client_ca] if files.client_ca else ()))
    return Kept(every, read, now_s)


def client_ca(path: Path | None) -> tuple[x509.Certificate, ...]:
    """The authorities whose clients are taken; empty where clients need no certificate."""
    return () if path is None else certificates(path)


def context(shown: Credentials, authorities: tuple[x509.Certificate, ...]) -> SSL.Context:
    """A server's side of handshakes: TLS 1.2 at least, h2 and http/1.1, no resumption.

    With authorities, a client without a valid certificate of one of them is refused. Sessions are
    never resumed, so every connection is verified anew.
    """
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.set_min_proto_version(SSL.TLS1_2_VERSION)
    made.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET)
    made.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    made.set_cipher_list(CIPHERS)
    made.set_alpn_select_callback(_protocol)
    try:
        made.use_certificate(shown.chain[0])
        for between in shown.chain[1:]:
            made.add_extra_chain_cert(between)
        made.use_privatekey(shown.key)
        made.check_privatekey()
    except SSL.Error:
        raise CertificateFault(
            "the certificate or key is too weak for TLS: use EC P-256 or RSA with 2048 bits or more"
        ) from None
    if authorities:
        _demand(made, authorities)
    return made


def _demand(made: SSL.Context, authorities: tuple[x509.Certificate, ...]) -> None:
    store = made.get_cert_store()
    assert store is not None
    known = [crypto.X509.from_cryptography(authority) for authority in authorities]
    for authority in known:
        store.add_cert(authority)
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)  # an intermediate may be the anchor
    made.set_client_ca_list([authority.get_subject() for authority in known])
    # OpenSSL's own verdict, chain, dates and purpose, counts: the callback only repeats it.
    made.set_verify(
        SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
        lambda connection, certificate, error, depth, ok: bool(ok),
    )


def _protocol(connection: SSL.Connection, offered: list[bytes]) -> bytes:
    """HTTP/2 wherever it is offered, as servers do; HTTP/1.1 without a word where nothing fits.

    Clients that can do both name HTTP/1.1 first out of habit, as httpx does, and mean HTTP/2.
    """
    none = cast(
        bytes, SSL.NO_OVERLAPPING_PROTOCOLS
    )  # a mark, which pyOpenSSL's types do not name
    return next((name for name in PROTOCOLS if name in offered), none)


def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """What a certificate may be called in `identify.certificate`; its fingerprint is the first."""
    found = [f"sha256:{certificate.fingerprint(SHA256()).hex()}", *_stated(certificate)]
    return tuple(found[:MOST_NAMES])


def _stated(certificate: x509.Certificate) -> Iterator[str]:
    for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        yield f"CN={attribute.value!s}"
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return
    for name in extension.value:
        match name:
            case x509.DNSName():
                yield f"DNS:{name.value.lower()}"
            case x509.UniformResourceIdentifier():
                yield f"URI:{name.value}"
