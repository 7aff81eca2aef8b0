"""Addresses, folders and policies as options: every fault is one message and exit code 2."""

import os
import socket
from pathlib import Path

import click
import pytest
from builders import two_sided
from click.testing import CliRunner

from cutover.cli.options import (
    AddressType,
    data_option,
    fail,
    home_with_store,
    listen_option,
    log_format_option,
    moment,
    open_home,
    policy_option,
    proxy_at_options,
    read_policy,
    refuse_used_port,
)
from mirror import logs
from mirror.journal import chosen


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("8080", ("127.0.0.1", 8080)),
        (":8080", ("127.0.0.1", 8080)),
        ("[::1]:80", ("::1", 80)),
        ("proxy.clinic:443", ("proxy.clinic", 443)),
    ],
)
def test_an_address_is_a_host_and_a_port_and_loopback_where_no_host_is_given(text, address):
    assert AddressType().convert(text, None, None) == address


@pytest.mark.parametrize("text", ["", "host", "host:", "host:x", "host:70000", "host:-1"])
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(click.UsageError, match=r"is not HOST:PORT, as in 127\.0\.0\.1:8080"):
        AddressType().convert(text, None, None)


def test_the_options_give_paths_and_addresses():
    @click.command()
    @policy_option
    @data_option
    @listen_option("--listen", "127.0.0.1:1", "it")
    def command(policy_path, data, listen):
        click.echo(repr((policy_path, data, listen)))

    result = CliRunner().invoke(command, ["-p", "a.yaml"])
    assert result.output == repr((Path("a.yaml"), Path("data"), ("127.0.0.1", 1))) + "\n"


def test_a_failure_is_said_on_stderr(capsys):
    with pytest.raises(SystemExit) as end:
        fail("the disk is full", 1)
    assert end.value.code == 1
    assert capsys.readouterr().err == "crossfade: the disk is full\n"


def test_a_policy_with_faults_ends_the_command_with_all_of_them(tmp_path, capsys):
    path = tmp_path / "policy.yaml"
    path.write_text("version: 2\ndeployment: A B\n")
    with pytest.raises(SystemExit) as end:
        read_policy(path)
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert f"{path}:1: version" in said
    assert f"{path}:2: deployment" in said


def test_a_data_folder_that_is_a_file_ends_the_command(tmp_path, capsys):
    path = tmp_path / "data"
    path.write_text("")
    with pytest.raises(SystemExit) as end:
        open_home(path)
    assert end.value.code == 2
    assert str(path) in capsys.readouterr().err


def test_a_used_port_ends_the_command_and_names_the_option(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as end:
            refuse_used_port(("127.0.0.1", port), "--listen")
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        f"crossfade: cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Stop what uses the port, or choose another with --listen.\n"
    )


def test_a_free_port_is_left_free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    refuse_used_port(address, "--listen")
    with socket.socket() as again:
        again.bind(address)


def test_a_moment_is_told_in_utc():
    assert moment(1_700_000_000_000_000) == "2023-11-14 22:13:20 UTC"


def at(policy, *arguments):
    """What a command with the proxy's options makes of them for a policy."""

    @click.command()
    @proxy_at_options
    def command(at):
        click.echo(str(at.fitting(policy)))

    return CliRunner().invoke(command, arguments)


URL = "http://127.0.0.1:9/v1"


def test_interception_listens_where_the_policy_asks_for_it_and_only_there():
    plain, intercepts = two_sided(URL, URL), two_sided(URL, URL, listeners=INTERCEPTING)
    assert "intercept=None" in at(plain).output
    assert "intercept=('127.0.0.1', 8082)" in at(intercepts).output
    assert "intercept=('127.0.0.1', 7)" in at(intercepts, "--intercept", "7").output
    refused = at(plain, "--intercept", "7")
    assert refused.exit_code == 2
    assert "`listeners.intercept`" in refused.output


INTERCEPTING = {"intercept": {}}


@pytest.mark.parametrize("workers", ["0", "65", "many"])
def test_a_number_of_workers_is_a_sensible_one(workers):
    assert at(two_sided(URL, URL), "--workers", workers).exit_code == 2


@pytest.mark.parametrize("told", ["json", "text"])
def test_the_form_of_log_lines_is_told_in_small_letters_as_the_units_tell_it(told, monkeypatch):
    monkeypatch.setenv(logs.VARIABLE, "")

    @click.command()
    @log_format_option
    def command():
        click.echo(os.environ[logs.VARIABLE])

    ran = CliRunner().invoke(command, ["--log-format", told])
    assert (ran.exit_code, ran.output) == (0, f"{told}\n"), ran.output


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """A command that opens its data folder and says which store that has."""
    monkeypatch.setenv(chosen.VARIABLE, "")  # and put back afterwards, whatever the option set

    @click.command()
    @data_option
    def command(data):
        click.echo(open_home(data).store_url)

    return lambda *argv: CliRunner().invoke(command, ["--data", str(tmp_path / "data"), *argv])


def test_a_store_is_named_by_an_option_and_all_that_is_started_knows_it(opened):
    done = opened("--store", "postgresql://crossfade@db.example/crossfade")
    assert done.output == "postgresql+psycopg://crossfade@db.example/crossfade\n"
    assert os.environ[chosen.VARIABLE] == "postgresql://crossfade@db.example/crossfade"


def test_a_password_on_the_command_line_is_refused_and_not_repeated(opened):
    done = opened("--store", "postgresql://crossfade:geheim@db.example/crossfade")
    assert done.exit_code == 2
    assert "could read the password in `ps`" in done.stderr
    assert "geheim" not in done.output
    assert os.environ[chosen.VARIABLE] == ""


def test_what_is_no_store_is_refused_in_one_line(opened):
    done = opened("--store", "mysql://geheim@db/x")
    assert done.exit_code == 2
    assert done.stderr.startswith("crossfade: --store: no URL of a PostgreSQL store")
    assert "geheim" not in done.output


def test_a_command_that_reads_says_where_there_is_no_store(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(chosen.VARIABLE, "")
    with pytest.raises(SystemExit):
        home_with_store(tmp_path / "nothing")
    assert "holds no store" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()
    (tmp_path / chosen.NAME).write_text("postgresql://crossfade@db/x\n")
    with pytest.raises(SystemExit):
        home_with_store(tmp_path)
    assert "was not told how to reach it" in capsys.readouterr().err
