"""The CA of interception vouches for the intercepted hosts and nothing else."""

import ssl
import time

import pytest
from cryptography import x509
from handshakes import handshake
from pki import Authority

from mirror.proxy.front import authority
from mirror.proxy.front.certificates import CertificateFault, credentials
from mirror.proxy.front.tls import TlsFiles, context

HOSTS = ("api.openai.com",)
NOW = time.time()
DAY = 86400


@pytest.fixture
def files(tmp_path):
    return written(tmp_path, authority.make("test", HOSTS, NOW, 30))


def written(folder, made):
    files = TlsFiles(folder / "ca.pem", folder / "ca.key")
    files.certificate.write_bytes(made[0])
    files.key.touch(mode=0o600)
    files.key.write_bytes(made[1])
    return files


def test_a_client_that_trusts_it_believes_the_certificate_of_a_host(files):
    made = authority.kept(files, HOSTS, NOW).value
    asking, _ = handshake(made.context, files.certificate, name="api.openai.com")
    assert asking.version() == "TLSv1.3"


def test_a_client_does_not_believe_it_on_any_other_host(files):
    stolen = credentials(files.certificate, files.key)
    for name in ("bank.example", "openai.com"):
        forged = authority.issue(stolen, [name], NOW)
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
            handshake(context(forged, ()), files.certificate, name=name)


def test_certificates_last_a_week_and_never_longer_than_the_ca(files, tmp_path):
    made = authority.issue(credentials(files.certificate, files.key), HOSTS, NOW).chain[0]
    assert made.not_valid_after_utc.timestamp() == int(NOW + 7 * DAY)
    short = written(tmp_path, authority.make("test", HOSTS, NOW, 1))
    made = authority.issue(credentials(short.certificate, short.key), HOSTS, NOW).chain[0]
    assert made.not_valid_after_utc.timestamp() == int(NOW + DAY)


def test_a_certificate_is_renewed_before_it_ends_and_the_ca_alone_is_watched(files):
    kept = authority.kept(files, HOSTS, NOW)
    first = kept.value
    assert first.expires_s == int(NOW + 30 * DAY)
    kept.look(NOW + 3 * DAY)
    assert kept.value is first
    kept.look(NOW + 4 * DAY)
    assert kept.value is not first
    kept.look(NOW + 31 * DAY)
    assert "has expired; make another with: crossfade ca --replace" in kept.fault


def test_a_host_that_it_may_not_vouch_for_is_a_fault(files):
    with pytest.raises(CertificateFault, match=r"may not vouch for api\.anthropic\.com"):
        authority.kept(files, ("api.anthropic.com",), NOW)


def test_a_ca_for_every_host_is_refused(tmp_path):
    ca = Authority(tmp_path, "mighty").written
    with pytest.raises(CertificateFault, match="limit it to the intercepted hosts"):
        authority.kept(TlsFiles(ca.certificate, ca.key), HOSTS, NOW)


def test_the_constraint_is_critical_and_forbids_addresses(files):
    made = credentials(files.certificate, files.key).chain[0]
    found = made.extensions.get_extension_for_class(x509.NameConstraints)
    assert found.critical
    assert [name.value for name in found.value.permitted_subtrees] == list(HOSTS)
    assert len(found.value.excluded_subtrees) == 2
