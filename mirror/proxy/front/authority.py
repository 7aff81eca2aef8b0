"""The CA of interception: it can vouch for the intercepted hosts and for nothing else.

Its key is a file that only crossfade reads; the certificates it issues live in memory, for days.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL

from mirror.proxy.front.certificates import CertificateFault, Credentials, Kept, credentials
from mirror.proxy.front.tls import Handshakes, TlsFiles, client_ca, context

LEAF_S = 7 * 86400
SKEW_S = 3600  # clients' clocks may be behind
ANEW = "make another with: crossfade ca --replace"


def make(deployment: str, hosts: Iterable[str], now_s: float, days: int) -> tuple[bytes, bytes]:
    """A CA's certificate and key, in PEM: for these hosts alone, by a critical name constraint."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(f"crossfade interception, {deployment}"[:64])
    anywhere = [x509.IPAddress(ip_network(net)) for net in ("0.0.0.0/0", "::/0")]
    limits = x509.NameConstraints([x509.DNSName(host) for host in hosts], anywhere)
    built = (
        _draft(subject, subject, key.public_key(), now_s, now_s + days * 86400)
        .add_extension(x509.BasicConstraints(True, 0), True)
        .add_extension(_usage(signs_certificates=True), True)
        .add_extension(limits, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return built.public_bytes(serialization.Encoding.PEM), private


def kept(files: TlsFiles, hosts: tuple[str, ...], now_s: float) -> Kept[Handshakes]:
    """The server's side of handshakes for the hosts, with a certificate that is renewed in time.

    Raises CertificateFault where the CA has expired or may not vouch for a host.
    """

    def read(now_s: float) -> tuple[Handshakes, float]:
        authority = credentials(files.certificate, files.key)
        _fit(authority.chain[0], hosts, now_s, str(files.certificate))
        shown = issue(authority, hosts, now_s)
        made: SSL.Context = context(shown, client_ca(files.client_ca))
        return Handshakes(made, _expiry_s(authority.chain[0])), now_s + LEAF_S / 2

    every = (files.certificate, files.key, *([files.client_ca] if files.client_ca else ()))
    return Kept(every, read, now_s)


def issue(authority: Credentials, hosts: Iterable[str], now_s: float) -> Credentials:
    """A certificate for the hosts, valid for a week or as long as the CA's."""
    key = ec.generate_private_key(ec.SECP256R1())
    above = authority.chain[0]
    names = [x509.DNSName(host) for host in hosts]
    until_s = min(now_s + LEAF_S, _expiry_s(above))
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    built = (
        _draft(_named(names[0].value[:64]), above.subject, key.public_key(), now_s, until_s)
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(_usage(signs_certificates=False), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(issuer, False)
        .sign(authority.key, hashes.SHA256())
    )
    return Credentials((built, *authority.chain), key)


def _fit(authority: x509.Certificate, hosts: Iterable[str], now_s: float, file: str) -> None:
    """Raises CertificateFault where the CA may vouch for more than some hosts, or not for ours."""
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        found = x509.NameConstraints([x509.DNSName("")], None)
    permitted = [n.value for n in found.permitted_subtrees or () if isinstance(n, x509.DNSName)]
    if not permitted or "" in permitted:
        raise CertificateFault(
            f"{file}: may vouch for every host on earth, which no client should trust; "
            f"limit it to the intercepted hosts by a name constraint, or {ANEW}"
        )
    for host in hosts:
        if not any(host == name or host.endswith(f".{name}") for name in permitted):
            raise CertificateFault(f"{file}: may not vouch for {host}; {ANEW}")
    if _expiry_s(authority) <= now_s:
        raise CertificateFault(f"{file}: has expired; {ANEW}")


def _draft(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now_s: float,
    until_s: float,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_date(now_s - SKEW_S))
        .not_valid_after(_date(until_s))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _date(at_s: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(at_s), datetime.UTC)


def _expiry_s(certificate: x509.Certificate) -> float:
    return certificate.not_valid_after_utc.timestamp()
