"""The controller's process: the loop on its clock, and the control API, until it is told to stop."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn

from cutover import clocks, deployment
from cutover.api import strangers
from cutover.api.app import Api
from cutover.api.note import Note, url_of
from cutover.api.rhythm import Job, rhythm
from cutover.bygone import Bygone
from cutover.controller import Controller
from cutover.exports import runner
from cutover.exports.making import Process
from cutover.exports.place import FOLDER
from cutover.exports.runner import Runner
from cutover.memory import Memory
from cutover.retention.purger import EVERY_S, Purger
from cutover.review import reviewer
from cutover.review.checking import Fsck
from cutover.review.reviewer import Reviewer
from cutover.servers.keeper import Keeper
from cutover.servers.watch import Watch
from cutover.telling import telling
from cutover.ticks import EARLY_S, Ticks
from cutover.unsigned import Unsigned
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from policies.policy import Policy

DRILL_S = 0.25
KEEP_S = 1.0
NOTE_S = 1.0
MEMORY_S = 5.0
UNSIGNED_S = 15.0
BEAT_S = 0.25
"""How often the lease is looked at, apart from the ticks."""

BEHIND = "CROSSFADE_BEHIND"
"""The environment variable with the addresses of reverse proxies, by commas, whose `X-Forwarded-For` is believed."""


class PortInUse(Exception):
    """Somebody else listens on the address of the control API."""

    mendable = True

    def __init__(self, host: str, port: int, error: OSError) -> None:
        super().__init__(
            f"cannot listen on {host}:{port}: {error.strerror}. "
            "Stop what uses the port, or choose another with --listen."
        )


def run(
    policy: Policy,
    home: Home,
    store_url: str,
    *,
    listen: tuple[str, int],
    tick_s: float = 1.0,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Runs controller and API until SIGTERM or SIGINT. `ready` is given the API's URL.

    Raises PortInUse, StoreError and HomeError.
    """
    listener = _listen(*listen)
    with listener:
        store = Store.open(store_url)
        controller = _controller(policy, home, store, store_url)
        watch = Watch(policy)
        ticks, sealer = Ticks(controller, store), Sealer.open(home)
        api = Api(controller, store, sealer, clocks.now_us, home.load, watch, ticks.pulse)
        deployment.tell(home.path, policy)
        note = Note(home.control_file, url_of(listener), lambda: controller.acting)
        exports, reviews = _exports(controller, home), _reviews(controller, home)
        beside = _beside(api, watch, note, exports, reviews)
        with (
            watch.at_work(),
            exports.at_work(),
            reviews.at_work(),
            _ticking(controller, ticks, beside, tick_s),
            note.left(),
        ):
            if ready is not None:
                ready(note.url)
            _serve(api, listener)
            api.strangers.write()
        controller.cabinet.release()
        store.close()


def _beside(
    api: Api, watch: Watch, note: Note, exports: Runner, reviews: Reviewer
) -> tuple[Job, ...]:
    """What is done beside the ticks."""
    controller = api.controller
    return (
        (api.driller.step, DRILL_S),
        (Keeper(controller, watch).step, KEEP_S),
        (note.step, NOTE_S),
        (Memory(controller).step, MEMORY_S),
        (Unsigned(controller).step, UNSIGNED_S),
        (api.strangers.write, strangers.EVERY_S),
        (Purger(controller, api.sealer).step, EVERY_S),
        (exports.step, runner.EVERY_S),
        (reviews.step, reviewer.EVERY_S),
    )


def _exports(controller: Controller, home: Home) -> Runner:
    return Runner(controller, home.path / FOLDER, partial(Process.begin, home.path))


def _reviews(controller: Controller, home: Home) -> Reviewer:
    return Reviewer(controller, lambda payloads: Fsck.begin(home.path, payloads=payloads))


def _controller(policy: Policy, home: Home, store: Store, store_url: str) -> Controller:
    return Controller(
        policy,
        store,
        telling(home.routes_file, store, store_url),
        clocks.now_us,
        owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
        routes=home.routes_file,
        bygone=Bygone(home.policies),
    )


def behind(environ: Mapping[str, str]) -> dict[str, Any]:
    """What the server is told of reverse proxies: whose word counts for where a request comes from, nobody's unless said."""
    proxies = environ.get(BEHIND, "").strip()
    return {"proxy_headers": bool(proxies), "forwarded_allow_ips": proxies}


def _serve(api: Api, listener: socket.socket) -> None:
    # Access lines would carry nothing but paths; errors of the server itself go to the log.
    config = uvicorn.Config(
        api.app(),
        log_config=None,
        access_log=False,
        lifespan="off",
        **behind(os.environ),
        timeout_graceful_shutdown=5,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    with _signals_end_nothing_else():
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _ticking(
    controller: Controller, ticks: Ticks, beside: tuple[Job, ...], tick_s: float
) -> Iterator[None]:
    """The loop on its clock: one tick before anybody is answered, then one every `tick_s` and early ones.

    The lease has its own, so that it is kept through a long tick and taken over between two. What
    is done `beside` has its own too, by how many seconds lie between.
    """
    ticks.tick()
    own = ((ticks.tick, tick_s), (ticks.early, EARLY_S), (controller.beat, BEAT_S))
    with rhythm((*own, *beside)):
        yield


@contextmanager
def _signals_end_nothing_else() -> Iterator[None]:
    """Keeps the signal that ended the server from ending the process before its lease is released.

    uvicorn stops at SIGTERM or SIGINT, then raises the signal again for the handlers it found.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wanted = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: None) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortInUse(host, port, error) from error
    listener.listen(128)
    return listener
