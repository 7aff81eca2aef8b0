"""`crossfade ca`: once, with a key for nobody else."""

import stat

import pytest
from click.testing import CliRunner
from deployed import policy_text

from cutover.cli import cli

INTERCEPT = "\nlisteners: {intercept: {hosts: [api.openai.com, eu.api.openai.com]}}\n"


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1") + INTERCEPT)
    return path


def made(policy, *more):
    data = policy.parent / "data"
    return CliRunner().invoke(cli, ["ca", "-p", str(policy), "--data", str(data), *more])


def test_the_key_is_for_its_owner_alone_and_the_certificate_says_where_it_counts(policy):
    result = made(policy)
    assert result.exit_code == 0
    assert "api.openai.com, eu.api.openai.com" in result.output
    data = policy.parent / "data"
    assert f"SSL_CERT_FILE={data / 'interception-ca.pem'}" in result.output
    assert stat.S_IMODE((data / "keys" / "interception-ca.key").stat().st_mode) == 0o600


def test_a_ca_that_clients_trust_is_not_replaced_by_accident(policy):
    made(policy)
    key = policy.parent / "data" / "keys" / "interception-ca.key"
    before = key.read_bytes()
    again = made(policy)
    assert again.exit_code == 2
    assert "--replace" in again.output
    assert key.read_bytes() == before
    assert made(policy, "--replace").exit_code == 0
    assert key.read_bytes() != before


def test_without_interception_there_is_nothing_to_make(policy):
    policy.write_text(policy.read_text().replace(INTERCEPT, ""))
    result = made(policy)
    assert result.exit_code == 2
    assert "`listeners.intercept.hosts`" in result.output
