"""An export of a million comparisons: how long it takes, how much memory, and what its verifier takes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mirror.journal import events
from mirror.journal.home import Home
from mirror.journal.signed import heads
from mirror.journal.store import Store

TENANT = "clinic"
BATCH = 5_000
BEGAN_US = 1_790_000_000_000_000
APART_US = 26_000_000  # a million of them are ten months
_ENV = {"PYTHONPATH": str(Path(__file__).parents[2])}
# A process's peak begins at that of the one it was forked from, which may be a large benchmark or a test
# run; so a small one in between starts the command, and tells the peak of its children.
_TELLS_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
_DETAILS: dict[str, events.Value] = {
    "route": "reason",
    "equivalence": "0.9312",
    "quality": "",
    "signals": {"embedding": "0.9412", "lexical": "0.8123", "numbers": "1.0000"},
    "missing": {},
    "unpaired": "",
    "flags": ["DOSE_CHANGED:review"],
    "comparators": "b1946ac92492d2347c6235b4d2611184",
}


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds, and the most memory that it had, in megabytes."""

    seconds: float
    peak_mb: float


def filled(home: Home, comparisons: int, step: Callable[[str], None]) -> None:
    """A store with so many comparisons on a tenant's log."""
    store = Store.open(home.store_url)
    for first in range(0, comparisons, BATCH):
        step(f"export: {first:,} of {comparisons:,} events are written")
        with store.write() as conn:
            for number in range(first, min(first + BATCH, comparisons)):
                events.append(
                    conn,
                    tenant=TENANT,
                    type="comparison.scored",
                    actor={"kind": "service", "name": "worker"},
                    object={"kind": "exchange", "id": f"{number:036d}"},
                    at_us=BEGAN_US + number * APART_US,
                    details=_DETAILS,
                )
    store.close()


@contextmanager
def signing(home: Home, log: Path) -> Iterator[None]:
    """A signer at work on a data folder, which has signed something.

    Raises RuntimeError where it ends before, or has signed nothing after a minute.
    """
    words = [sys.executable, "-m", "cutover.cli", "run", "signer", "--data", str(home.path)]
    with log.open("ab") as out:
        started = subprocess.Popen(words, stdout=out, stderr=out, env={**os.environ, **_ENV})
    try:
        _signed(home, started, log)
        yield
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(60)


def _signed(home: Home, signer: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when the deployment has its first signature: before, every export is refused."""
    store, until = Store.open(home.store_url), time.monotonic() + 60
    try:
        while not _has_signed(store):
            if signer.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"no signature: {log.read_text(errors='replace')[-600:]}")
            time.sleep(0.05)
    finally:
        store.close()


def _has_signed(store: Store) -> bool:
    with store.read() as conn:
        return bool(heads.deployment(conn))


def exported(home: Home, out: Path, comparisons: int) -> Cost:
    """The bundle of them all, made by the command."""
    after_us = BEGAN_US + comparisons * APART_US
    words = [sys.executable, "-m", "cutover.cli", "export", "--data", str(home.path)]
    words += ["--tenant", TENANT, "--from", _day(BEGAN_US), "--to", _day(after_us, days=1)]
    words += ["--out", str(out), "--purpose", "a benchmark", "--wait", "3600"]
    return cost(words, out.with_suffix(".log"))


def verified(bundle: Path, folder: Path) -> Cost:
    """Its own verifier, alone: Python without any package."""
    with tarfile.open(bundle) as archive:
        archive.extract("verify.py", folder, filter="data")
    words = [sys.executable, "-I", str(folder / "verify.py"), str(bundle)]
    return cost(words, folder / "verify.log")


def cost(words: list[str], log: Path) -> Cost:
    """What a command takes. Raises RuntimeError where it fails, with what it said last."""
    began = time.perf_counter()
    with log.open("wb") as out:
        run = [sys.executable, "-I", "-S", "-c", _TELLS_PEAK, *words]
        done = subprocess.run(
            run, stdout=subprocess.PIPE, stderr=out, env={**os.environ, **_ENV}, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{words[2:5]}: {log.read_text(errors='replace')[-600:]}")
    unit = 1024 if sys.platform == "linux" else 1  # kilobytes there, bytes elsewhere
    return Cost(time.perf_counter() - began, int(done.stdout) * unit / 1e6)


def _day(at_us: int, days: int = 0) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at_us / 1e6 + days * 86_400))
