"""The command itself: what it lists, and how a fault of ours is said."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import cutover.cli
from cutover.cli import COMMANDS, cli, main
from mirror.journal.home import HomeError


def test_the_help_lists_every_command_without_importing_any():
    code = (
        "import sys; from click.testing import CliRunner; from cutover.cli import cli\n"
        "print(CliRunner().invoke(cli, ['--help']).output)\n"
        "assert not {'sqlalchemy', 'httpx', 'pydantic'} & set(sys.modules), 'imported too much'"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    for name in COMMANDS.keys() - {"run"}:
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_can_be_asked_for_help(name):
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output


def test_a_fault_that_the_user_can_mend_is_said_as_it_is_with_exit_code_2(monkeypatch, capsys):
    @click.command()
    def refused():
        raise HomeError("data is a file; choose a folder with --data")

    monkeypatch.setattr(cutover.cli, "cli", refused)
    monkeypatch.setattr(sys, "argv", ["crossfade"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr().err == "crossfade: data is a file; choose a folder with --data\n"


def test_a_fault_of_ours_is_one_line_and_exit_code_1(monkeypatch, capsys):
    @click.command()
    def broken():
        raise RuntimeError("the moon is down")

    monkeypatch.setattr(cutover.cli, "cli", broken)
    monkeypatch.setattr(sys, "argv", ["crossfade"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert capsys.readouterr().err == (
        "crossfade: a fault of ours, RuntimeError: the moon is down. "
        "Run again with CROSSFADE_DEBUG=1 for the details to report.\n"
    )
