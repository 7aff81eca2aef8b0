"""What deploy/ ships: units that run commands which exist, and keep their hardening."""

import configparser
import shlex
from pathlib import Path

import pytest

from cutover.cli import cli

DEPLOY = Path(__file__).parent.parent / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HARDENED = {
    "nonewprivileges": "yes",
    "capabilityboundingset": "",
    "protectsystem": "strict",
    "protecthome": "yes",
    "privatetmp": "yes",
    "restrictnamespaces": "yes",
    "umask": "0077",
    "user": "crossfade",
}


def read(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    unit.read(path)
    return unit


def test_every_part_has_a_unit():
    names = {path.stem.removeprefix("crossfade-") for path in UNITS}
    assert names == {"proxy", "worker", "controller", "dashboard"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_commands_and_options_that_exist(path):
    service = read(path)["Service"]
    commands = [service[key] for key in ("execstart", "execreload") if key in service]
    for words in map(shlex.split, commands):
        command = cli
        context = cli.make_context("crossfade", ["--help"], resilient_parsing=True)
        rest = words[1:]
        while hasattr(command, "get_command"):
            command = command.get_command(context, rest.pop(0))
        known = {option for param in command.params for option in param.opts}
        assert {word for word in rest if word.startswith("-")} <= known


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_may_do_no_more_than_it_needs(path):
    service = read(path)["Service"]
    assert {key: service.get(key) for key in HARDENED} == HARDENED
    assert int(service["timeoutstopsec"]) > 35  # streams have 30 seconds to end, parts 35


def test_the_parts_that_need_no_network_have_none():
    for name in ("controller", "dashboard"):
        service = read(DEPLOY / "systemd" / f"crossfade-{name}.service")["Service"]
        assert (service["ipaddressdeny"], service["ipaddressallow"]) == ("any", "localhost")
