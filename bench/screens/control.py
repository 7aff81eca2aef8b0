"""The control API over the large store, in a process of its own as `crossfade controller` has one."""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from bench.screens.filled import planned
from bench.screens.spoken import CLINICS
from cutover import clocks
from cutover.api.app import Api
from cutover.cabinet import Cabinet
from cutover.controller import Controller
from cutover.decide import Propose
from cutover.file import File
from cutover.people import CONTROLLER, Deed
from cutover.stages import Signal, Stage
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store

HOST = "127.0.0.1"
BEAT_S = 0.25
START_S = 1800.0
PROPOSALS, JUDGED = 300, 12


@dataclass(frozen=True)
class Running:
    """Where it answers, and its process."""

    url: str
    pid: int

    def worked_s(self) -> float:
        """Seconds of the processor that its process has had."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(folder: Path, rollouts: int) -> Iterator[Running]:
    """Starts it, and ends it. Before it answers it has read the evidence of some rollouts."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(folder, rollouts, port), daemon=True
    )
    process.start()
    try:
        url = f"http://{HOST}:{port}"
        _wait(url, process.is_alive)
        assert process.pid is not None
        yield Running(url, process.pid)
    finally:
        process.terminate()
        process.join()


def _wait(url: str, alive: object) -> None:
    give_up_s = time.monotonic() + START_S
    while time.monotonic() < give_up_s and callable(alive) and alive():
        try:
            httpx.get(f"{url}/healthz", trust_env=False, timeout=60).raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError("the control API did not start")


def serve(folder: Path, rollouts: int, port: int) -> None:
    """The process."""
    home = Home.open(folder)
    store, sealer = Store.open(home.store_url), Sealer.open(home)
    controller = Controller(
        planned(rollouts), store, lambda _: None, clocks.now_us, owner="bench"
    )
    while not controller.cabinet.lead():  # the lease of who filled the store has to end first
        time.sleep(BEAT_S)
    threading.Thread(target=_beat, args=(controller,), daemon=True).start()
    judge(controller)
    propose(controller.cabinet)
    api = Api(controller, store, sealer, clocks.now_us, home.load, paced=False)
    uvicorn.run(api.app(), host=HOST, port=port, log_level="warning", access_log=False)


def judge(controller: Controller) -> None:
    """Reads the evidence of some of the clinics whose answers can be opened, as for a person who acts."""
    cabinet = controller.cabinet
    for tenant in list(controller.policy.tenants)[:CLINICS]:
        with cabinet.lock:
            file = cabinet.file((tenant, "chat"))
            controller.rejudge(file)
            while file.rebuilding is not None:
                controller.rejudge(file)
        if sum(one.told.sessions > 0 for one in cabinet.files.values()) >= JUDGED:
            return


def propose(cabinet: Cabinet) -> None:
    """An open proposal of some rollouts in mirror, those with evidence first; nothing ticks that would end it."""
    files = [one for one in cabinet.files.values() if one.rollout.stage is Stage.MIRROR]
    files.sort(key=lambda one: -one.told.sessions)
    for file in files[:PROPOSALS]:
        _proposed(cabinet, file)


def _proposed(cabinet: Cabinet, file: File) -> None:
    if file.proposal is None:
        wanted = Propose(
            Signal.ENTER_CANARY, 0.0, 1.0, 1, "every gate has shown what it asks for"
        )
        with cabinet.changing(file) as conn:
            cabinet.propose(
                conn, file, wanted, Deed(CONTROLLER, clocks.now_us(), wanted.reason)
            )


def _beat(controller: Controller) -> None:
    """Keeps the lease. Nothing else is done beside the answers: what a tick takes, bench/tick.py measures."""
    while True:
        controller.cabinet.lead()
        time.sleep(BEAT_S)
