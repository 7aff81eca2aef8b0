"""What several commands share: addresses, folders, and how a fault is said."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from mirror.journal.home import Home, HomeError
from policies.load import PolicyError, load
from policies.policy import Policy

Address = tuple[str, int]
PROXY, CONTROL, DASHBOARD = "127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:8501"
"""Where each part listens unless told otherwise."""
_Decorated = Callable[..., Any]


def fail(message: str, code: int = 2) -> NoReturn:
    """Ends the command with a message on stderr. 2 says that the user can mend it, 1 that we must."""
    click.echo(f"crossfade: {message}", err=True)
    raise SystemExit(code)


class AddressType(click.ParamType["Address"]):
    """`HOST:PORT`; a bare port means loopback."""

    name = "host:port"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        """Turns the text into a pair, or explains what it should look like."""
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        if not port.isdigit() or not 0 <= int(port) <= 65535:
            self.fail(f"{value!r} is not HOST:PORT, as in 127.0.0.1:8080", param, ctx)
        return host.strip("[]") or "127.0.0.1", int(port)


def policy_option(command: _Decorated) -> _Decorated:
    """`-p POLICY`, as a path; `read_policy` loads it."""
    return click.option(
        "-p", "--policy", "policy_path", required=True, metavar="FILE",
        type=click.Path(path_type=Path), help="The policy file.",
    )(command)  # fmt: skip


def data_option(command: _Decorated) -> _Decorated:
    """`--data DIR`, as a path; `open_home` opens it."""
    return click.option(
        "--data", "data", default="data", show_default=True, metavar="DIR",
        type=click.Path(path_type=Path), help="Folder of the store, spool and keys.",
    )(command)  # fmt: skip


def listen_option(name: str, default: str, what: str) -> Callable[[_Decorated], _Decorated]:
    """An option that takes the address to listen on."""
    return click.option(
        name,
        type=AddressType(),
        default=default,
        show_default=True,
        help=f"Where {what} listens.",
    )


def read_policy(path: Path, environment: dict[str, str] | None = None) -> Policy:
    """The policy, or the end of the command with every fault listed."""
    try:
        return load(path, environment)
    except PolicyError as error:
        fail(str(error))


def open_home(path: Path) -> Home:
    """The data folder, or the end of the command with what is wrong with it."""
    try:
        return Home.open(path)
    except HomeError as error:
        fail(str(error))


def refuse_used_port(address: Address, option: str) -> None:
    """Ends the command when somebody else listens on an address we are about to take."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fail(
                f"cannot listen on {host}:{port}: {error.strerror}. "
                f"Stop what uses the port, or choose another with {option}."
            )
