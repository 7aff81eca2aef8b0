"""Handshakes: versions, protocols, and whose clients are taken."""

import ssl

import pytest
from cryptography import x509
from handshakes import handshake
from OpenSSL import SSL
from pki import Authority

from mirror.proxy.front.certificates import CertificateFault
from mirror.proxy.front.tls import TlsFiles, kept, names

NOW = 1e9


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def ours(folder):
    return Authority(folder, "ours")


@pytest.fixture(scope="module")
def server(ours, folder):
    return ours.server(folder)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["h2", "http/1.1"], "h2"),
        (["http/1.1", "h2"], "h2"),
        (["http/1.1"], "http/1.1"),
        (["h3", "h2"], "h2"),
        (["h3"], None),
        ([], None),
    ],
)
def test_http2_is_spoken_where_it_is_offered(ours, server, offered, chosen):
    made = kept(TlsFiles(server.certificate, server.key), NOW)
    asking, _ = handshake(made.value.context, ours.file, alpn=offered)
    assert asking.selected_alpn_protocol() == chosen


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(ours, server, version):
    made = kept(TlsFiles(server.certificate, server.key), NOW)
    asking, _ = handshake(made.value.context, ours.file, maximum_version=version)
    assert asking.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_versions_are_refused(ours, server):
    made = kept(TlsFiles(server.certificate, server.key), NOW)
    with pytest.raises((ssl.SSLError, SSL.Error)):
        handshake(
            made.value.context,
            ours.file,
            minimum_version=ssl.TLSVersion.TLSv1_1,
            maximum_version=ssl.TLSVersion.TLSv1_1,
        )


def test_no_session_is_resumed_so_every_connection_is_verified(ours, server):
    made = kept(TlsFiles(server.certificate, server.key), NOW)
    asking, _ = handshake(made.value.context, ours.file, maximum_version=ssl.TLSVersion.TLSv1_2)
    assert asking.session is None or not asking.session.has_ticket
    assert not asking.session_reused


def test_only_a_valid_client_of_the_authority_is_taken(ours, server, folder):
    demanding = kept(TlsFiles(server.certificate, server.key, ours.file), NOW).value.context
    _, answering = handshake(demanding, ours.file, ours.client(folder, "app"))
    assert answering.get_peer_certificate() is not None
    strange = Authority(folder, "strange")
    for client in (
        None,
        strange.client(folder, "foreign"),
        ours.client(folder, "late", expired=True),
        ours.server(folder, "server-only"),  # made for servers, not for clients
    ):
        with pytest.raises((ssl.SSLError, SSL.Error)):
            handshake(demanding, ours.file, client)


def test_an_expired_certificate_starts_but_never_replaces_a_good_one(ours, server, folder):
    late = ours.server(folder, "late-server", expired=True)
    assert kept(TlsFiles(late.certificate, late.key), 4e9)
    copy = folder / "current.pem", folder / "current.key"
    for path, content in zip(copy, (server.certificate, server.key), strict=True):
        path.touch(mode=0o600)
        path.write_bytes(content.read_bytes())
    made = kept(TlsFiles(*copy), NOW)
    before = made.value
    for path, content in zip(copy, (late.certificate, late.key), strict=True):
        path.write_bytes(content.read_bytes())
    made.look(4e9)
    assert made.value is before
    assert "has expired" in made.fault


def test_a_missing_client_authority_is_a_fault_and_not_an_open_door(server, folder):
    with pytest.raises(CertificateFault, match="cannot be read"):
        kept(TlsFiles(server.certificate, server.key, folder / "gone.pem"), NOW)


def test_a_certificates_names_are_its_fingerprint_and_what_it_says(ours, folder):
    stated = [
        x509.DNSName("App.Clinic.example"),
        x509.UniformResourceIdentifier("spiffe://clinics/kuching"),
        x509.RFC822Name("somebody@clinic.example"),
    ]
    client = ours.client(folder, "klinik-kuching", names=stated)
    fingerprint, *others = names(client.value)
    assert len(fingerprint) == len("sha256:") + 64
    assert others == [
        "CN=klinik-kuching",
        "DNS:app.clinic.example",
        "URI:spiffe://clinics/kuching",
    ]


def test_more_names_than_anybody_needs_are_not_looked_at(ours, folder):
    many = [x509.DNSName(f"n{number}.example") for number in range(500)]
    assert len(names(ours.client(folder, "many", names=many).value)) == 64
