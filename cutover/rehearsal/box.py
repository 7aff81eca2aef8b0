"""A deployment for a rehearsal: its data folder, policy file, people and processes, started and ended."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cutover import people
from cutover.cli.deployment import Deployment, Running, start_up
from cutover.identity import credentials, passwords
from cutover.people import Actor, Deed, Kind, Role
from cutover.rehearsal.control import Control, connect
from cutover.rehearsal.policy import written
from mirror.journal import chosen
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.policy import Policy

READY_S = 120.0
"""How long the parts may take to answer: a slow disk reads the encoder's libraries for a while."""

LEAD = "rehearsal-lead"
TICK_S = 0.5


class UsedFolder(ValueError):
    """A data folder that holds something already."""


class NotReady(Exception):
    """The deployment did not start in time; the message names the logs."""


@dataclass(frozen=True, slots=True)
class Box:
    """A running deployment, with the control API in the hands of `rehearsal-lead`."""

    home: Home
    running: Running
    control: Control
    store: Store


@contextmanager
def folder(data: Path | None) -> Iterator[Path]:
    """`data`, which must be new or empty and stays, or a temporary folder that is removed.

    Whatever store the environment names, a rehearsal keeps to its folder. Raises UsedFolder.
    """
    os.environ.pop(chosen.VARIABLE, None)
    if data is None:
        with tempfile.TemporaryDirectory(prefix="crossfade-") as made:
            yield Path(made)
        return
    try:
        used = data.exists() and (not data.is_dir() or any(data.iterdir()))
    except OSError as error:
        raise UsedFolder(f"{data}: {error.strerror}; name another with --data") from error
    if used:
        raise UsedFolder(
            f"{data}: not an empty folder; every rehearsal needs its own, "
            "so name a new one with --data or remove this one"
        )
    yield data


@asynccontextmanager
async def deployed(
    policy: Policy,
    data: Path,
    *,
    users: Iterable[str],
    dashboard: bool,
    say: Callable[[str], None],
) -> AsyncIterator[Box]:
    """Everything `crossfade up` starts, for `policy`, until the context ends.

    `users` become leads of the deployment, with token files as `crossfade user add` writes them, and passwords beside.
    Raises NotReady; HomeError and StoreError where the folder cannot be used.
    """
    home = Home.open(data)
    path = home.path / "policy.yaml"
    path.write_text(written(policy), encoding="utf-8")
    store = Store.open(home.store_url)
    leads = {name: _add_lead(store, home, name) for name in dict.fromkeys([LEAD, *users])}
    deployment = Deployment(
        path,
        home.path,
        # Where a person looks on, parts listen where the documentation says, if they can.
        proxy=free_address(8080 if dashboard else 0),
        control=free_address(8081 if dashboard else 0),
        dashboard=free_address(8501) if dashboard else None,
        tick_s=TICK_S,
    )
    running = start_up(deployment, say)
    try:
        running.__enter__()
        await _ready(running, home)
        token, password = leads[LEAD]
        async with connect(running.control_url, token) as web:
            yield Box(home, running, Control(web, password), store)
    finally:
        # In a thread, for the servers that the parts still talk to live in this loop.
        await asyncio.to_thread(running.__exit__)
        store.close()


def free_address(wanted: int = 0) -> tuple[str, int]:
    """A loopback address that nobody listens on now, with the port `wanted` if that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_address()
        host, port = probe.getsockname()
        return host, port


async def _ready(running: Running, home: Home) -> None:
    give_up_s = time.monotonic() + READY_S
    # Asked in short turns, so that Ctrl-C is not kept waiting by a part that never answers.
    while not await asyncio.to_thread(running.wait_ready, 0.5):
        if time.monotonic() > give_up_s:
            raise NotReady(
                f"not every part answered within {READY_S:g} s; see {home.path / 'logs'}"
            )


def _add_lead(store: Store, home: Home, name: str) -> tuple[str, str]:
    """A lead's token and password, each also in a file of its own."""
    deed = Deed(Actor(Kind.SERVICE, "rehearsal"), time.time_ns() // 1000, "")
    password = secrets.token_urlsafe(12)
    hashed = passwords.hashed(password)
    with store.write() as conn:
        token = people.add(conn, name, [Role.LEAD], by=deed.actor, at_us=deed.at_us)
        credentials.set_password(conn, name, hashed, deed)
    for file, said in ((home.tokens / name, token), (password_file(home, name), password)):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(said + "\n")
    return token, password


def password_file(home: Home, name: str) -> Path:
    """Where a rehearsal leaves somebody's password; nothing else ever writes one down."""
    return home.tokens / f"{name}.password"
