"""Certificate authorities and certificates for tests, as PEM files in a folder.

authority = Authority(tmp_path, "clinic")
server = authority.server(tmp_path, "proxy.clinic.test")     # .certificate, .key
client = authority.client(tmp_path, "app", expired=True)
"""

import datetime
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Written:
    """A certificate and its key, on disk."""

    certificate: Path
    key: Path
    value: x509.Certificate

    @property
    def pair(self):
        return str(self.certificate), str(self.key)


def common_name(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def write(folder, name, certificate, key):
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].touch(mode=0o600)
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Written(*paths, certificate)


class Authority:
    """A certificate authority."""

    def __init__(self, folder, name):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = common_name(name)
        usage = x509.KeyUsage(
            False, False, False, False, False, True, True, False, False
        )  # signs certificates and lists of revoked ones
        made = (
            self._draft(self.name, self.key.public_key(), expired=False)
            .add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(usage, True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False
            )
        )
        self.written = write(folder, name, made.sign(self.key, hashes.SHA256()), self.key)
        self.file = self.written.certificate

    def server(self, folder, name="localhost", *, expired=False):
        names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        return self._leaf(folder, name, names, usage, expired=expired)

    def client(self, folder, name, *, names=(), expired=False):
        usage = ExtendedKeyUsageOID.CLIENT_AUTH
        return self._leaf(folder, name, names, usage, expired=expired)

    def _leaf(self, folder, name, names, usage, *, expired):
        key = ec.generate_private_key(ec.SECP256R1())
        draft = (
            self._draft(common_name(name), key.public_key(), expired=expired)
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(x509.ExtendedKeyUsage([usage]), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
        )
        if names:
            draft = draft.add_extension(x509.SubjectAlternativeName(names), False)
        return write(folder, name, draft.sign(self.key, hashes.SHA256()), key)

    def _draft(self, subject, public_key, *, expired):
        now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - certificates have real dates
        start, end = (now - 2 * DAY, now - DAY) if expired else (now - DAY, now + 2 * DAY)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )
