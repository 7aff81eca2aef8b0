"""What several commands share: addresses, folders, and how a fault is said."""

from __future__ import annotations

import functools
import getpass
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, Self

import click

from cutover import clocks
from cutover.people import Actor, Kind
from mirror import logs
from mirror.journal import chosen
from mirror.journal.home import Home, HomeError
from policies.load import PolicyError, load
from policies.policy import Policy

Address = tuple[str, int]
PROXY, CONTROL, DASHBOARD = "127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:8501"
INTERCEPT = ("127.0.0.1", 8082)
"""Where each part listens unless told otherwise."""
_Decorated = Callable[..., Any]


def fail(message: str, code: int = 2) -> NoReturn:
    """Ends the command with a message on stderr. 2 says that the user can mend it, 1 that we must."""
    click.echo(f"crossfade: {message}", err=True)
    raise SystemExit(code)


def operator() -> Actor:
    """Whoever has the store's files at hand: the account of the operating system."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = str(os.getuid())
    return Actor(Kind.HUMAN, f"os:{account}"[:64])


def moment(us: object) -> str:
    """Microseconds of UTC as people read them."""
    assert isinstance(us, int), "the API tells whole microseconds"
    return clocks.moment(us)


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
    """`--data DIR`, as a path, and `--store`; `open_home` opens it."""
    return click.option(
        "--data", "data", default="data", show_default=True, metavar="DIR",
        type=click.Path(path_type=Path), help="Folder of the store, spool and keys.",
    )(_store_option(command))  # fmt: skip


def _store_option(command: _Decorated) -> _Decorated:
    """`--store URL`, for this process and all that it starts."""

    def choose(_: click.Context, __: click.Parameter, value: str | None) -> None:
        if value is None:
            return
        try:
            url = chosen.parsed(value, "--store")
        except HomeError as error:
            fail(str(error))
        if url.password is not None:
            fail(
                "--store: everybody on this machine could read the password in `ps`; put the URL into "
                f"{chosen.VARIABLE} or DATA/{chosen.FILE} (chmod 600), or the password into ~/.pgpass"
            )
        os.environ[chosen.VARIABLE] = value

    return click.option(
        "--store", metavar="URL", callback=choose, expose_value=False,
        help=f"A PostgreSQL store instead of DATA/{chosen.OWN}, without a password.",
    )(command)  # fmt: skip


def asking_options(command: _Decorated) -> _Decorated:
    """Who asks, and which deployment."""
    for wrap in (
        click.option("--url", help="The control API, instead of the one DATA names."),
        data_option,
        click.option("--as", "user", required=True, metavar="USER", help="Who acts."),
    ):
        command = wrap(command)
    return command


def acting_options(command: _Decorated) -> _Decorated:
    """Who acts, why, and on which deployment: what every act of a person takes."""
    why = click.option("--reason", required=True, help="Why; it stands in the event log.")
    return asking_options(why(command))


def log_format_option(command: _Decorated) -> _Decorated:
    """`--log-format`, for this process and all that it starts."""

    def choose(_: click.Context, __: click.Parameter, value: str | None) -> None:
        if value is not None:
            os.environ[logs.VARIABLE] = value

    return click.option(
        "--log-format", type=click.Choice([each.value for each in logs.Format]),
        callback=choose, expose_value=False,
        help="How log lines are written; text on a terminal and json elsewhere unless told.",
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


@dataclass(frozen=True, slots=True)
class ProxyAt:
    """Where the proxy's listeners are, beside the one for base_url, and how many workers it has."""

    direct: Address | None
    intercept: Address | None
    admin: Address | None
    workers: int

    def fitting(self, policy: Policy) -> Self:
        """With the address of interception where the policy asks for it; ends the command otherwise."""
        wanted = policy.listeners
        if wanted.intercept is None:
            if self.intercept is not None:
                fail("--intercept needs `listeners.intercept` in the policy, with the hosts")
            return self
        return replace(self, intercept=self.intercept or INTERCEPT)


def proxy_at_options(command: _Decorated) -> _Decorated:
    """The options of `ProxyAt`, given to the command as `at`."""

    @functools.wraps(command)
    def packed(
        *args: Any,
        direct: Address | None,
        intercept: Address | None,
        admin: Address | None,
        workers: int,
        **others: Any,
    ) -> Any:
        return command(*args, at=ProxyAt(direct, intercept, admin, workers), **others)

    for option in (
        click.option(
            "--workers", type=click.IntRange(1, 64), default=1, show_default=True,
            help="Processes that share the proxy's addresses; one for each core at most.",
        ),
        click.option(
            "--admin", type=AddressType(),
            help="Operators' pages alone; worker K has the port K-1 above it.",
        ),
        click.option(
            "--intercept", type=AddressType(),
            help=f"Where HTTPS_PROXY leads, if the policy intercepts.  [default: {INTERCEPT[0]}:{INTERCEPT[1]}]",
        ),
        click.option(
            "--direct", type=AddressType(),
            help="Also listen here without the front, for speed.",
        ),
    ):  # fmt: skip
        packed = option(packed)
    return packed


def read_policy(path: Path, environment: dict[str, str] | None = None) -> Policy:
    """The policy, or the end of the command with every fault listed."""
    try:
        return load(path, environment)
    except PolicyError as error:
        fail(str(error))


def open_home(path: Path) -> Home:
    """The data folder with its store, or the end of the command with what is wrong with it."""
    try:
        return chosen.settled(Home.open(path), os.environ)
    except HomeError as error:
        fail(str(error))


def home_with_store(path: Path, code: int = 2) -> Home:
    """A data folder that has a store already, or the end of the command."""
    try:
        if chosen.is_known(path, os.environ):
            return chosen.settled(Home.open(path), os.environ)
    except HomeError as error:
        fail(str(error), code)
    fail(f"{path} holds no store; name the data folder of a deployment with --data", code)


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
