"""The commands that run for long say in words why they cannot start. That they run is e2e's."""

import socket

import pytest
from click.testing import CliRunner
from deployed import policy_text

from compare import encoders
from compare.encoders import WeightsError
from cutover.cli import cli


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
    return path


@pytest.mark.parametrize("command", ["up", "proxy", "worker", "controller"])
def test_a_missing_policy_is_said(command, tmp_path):
    result = CliRunner().invoke(cli, [command, "-p", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "none.yaml" in result.output


ANY_PORT = {
    "up": ["--listen", "0", "--control", "0", "--dashboard", "0"],
    "proxy": ["--listen", "0"],
    "worker": [],
    "controller": ["--listen", "0"],
}
"""The usual ports may be taken on this machine, and are no part of what is tested."""


@pytest.mark.parametrize("command", ANY_PORT)
def test_a_data_folder_that_cannot_be_used_is_said(command, policy, tmp_path):
    (tmp_path / "data").write_text("")
    given = ["-p", str(policy), "--data", str(tmp_path / "data"), *ANY_PORT[command]]
    result = CliRunner().invoke(cli, [command, *given])
    assert result.exit_code == 2
    assert str(tmp_path / "data") in result.output


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("up", "--listen"),
        ("up", "--control"),
        ("up", "--dashboard"),
        ("proxy", "--listen"),
        ("controller", "--listen"),
    ],
)
def test_a_used_port_is_said_with_the_option_that_changes_it(command, option, policy, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        arguments = [*ANY_PORT[command], option, str(taken.getsockname()[1])]
        result = CliRunner().invoke(
            cli, [command, "-p", str(policy), "--data", str(tmp_path / "data"), *arguments]
        )
    assert result.exit_code == 2
    assert f"choose another with {option}" in result.output


def test_an_unset_credential_variable_is_named(policy, tmp_path, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    policy.write_text(
        policy.read_text().replace(
            "location: cloud,", "location: cloud, credential: {env: NO_SUCH_KEY},"
        )
    )
    result = CliRunner().invoke(cli, ["proxy", "-p", str(policy), "--listen", "0"])
    assert result.exit_code == 2
    assert "NO_SUCH_KEY" in result.output


def test_a_worker_with_wrong_weights_is_refused_with_what_to_do(policy, tmp_path, monkeypatch):
    def wrong(chosen):
        assert [one.kind for one in chosen] == ["onnx_int8"]
        raise WeightsError("model.safetensors is not the published one; install it again")

    monkeypatch.setattr(encoders, "check", wrong)
    policy.write_text(policy.read_text() + "encoders: [{kind: onnx_int8}]\n")
    arguments = ["worker", "-p", str(policy), "--data", str(tmp_path / "data")]
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, WeightsError)
    assert result.exception.mendable


@pytest.mark.parametrize("command", ["up", "proxy"])
def test_a_listener_without_certificates_beside_one_that_demands_them_is_refused(
    command, policy, tmp_path
):
    tls = "listeners: {tls: {certificate: /c, key: /k}, client_ca: /a}\n"
    policy.write_text(policy.read_text() + tls)
    arguments = [command, "-p", str(policy), "--data", str(tmp_path / "data"), "--direct", "0"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "--direct would take clients without a certificate" in result.output
