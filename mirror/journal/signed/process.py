"""The signer as a process: one at a time, in its own folder, pass after pass until it is told to stop."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from mirror.journal.home import Home
from mirror.journal.lock import held
from mirror.journal.signed.folder import Folder
from mirror.journal.signed.signer import Signer
from mirror.journal.store import Store, StoreError
from mirror.outage import Outage

LOOK_S = 5.0
GLANCE_S = 0.25  # at the folder alone: who asks for something need not wait for the next pass
_TROUBLE_S = 2.0
UNSIGNED = "nothing is signed"
_log = logging.getLogger("crossfade.signer")


def now_us() -> int:
    """UTC microseconds."""
    return time.time_ns() // 1000


def run(home: Home, stop: threading.Event) -> None:
    """Signs until told to stop; then once more, all that waits.

    Raises:
        SignerError: the folder or its key is not the one of this store.
    """
    folder, outage = Folder.open(home.path), Outage()
    while not stop.is_set():
        try:
            with _alone(home, folder, outage) as store:
                if store is not None:
                    _signing(Signer.open(store, folder, now_us, time.monotonic), stop, outage)
                    return
        except (StoreError, OSError) as error:
            outage.failed(_log, UNSIGNED, error)
        stop.wait(_TROUBLE_S)


def _signing(signer: Signer, stop: threading.Event, outage: Outage) -> None:
    while not stop.is_set():
        signer.step()
        outage.worked(_log, UNSIGNED)
        _rest(signer.folder, stop)
    signer.step(last=True)


def _rest(folder: Folder, stop: threading.Event) -> None:
    """Until the next pass is due, or something is asked that was not there before; what could not be answered waits."""
    left = folder.waiting()
    for _ in range(round(LOOK_S / GLANCE_S)):
        if stop.wait(GLANCE_S) or folder.waiting() - left:
            return


@contextlib.contextmanager
def _alone(home: Home, folder: Folder, outage: Outage) -> Iterator[Store | None]:
    """The store, where no other signer works on this folder or, on PostgreSQL, on this store."""
    with held(folder.lock) as ours:
        if not ours:
            yield None
            return
        store = Store.open(home.store_url)
        try:
            with (
                store.alone("signer") if store.shared else contextlib.nullcontext(True) as free
            ):
                if not free:  # it answered: another signs there, and this one has no trouble
                    outage.worked(_log, UNSIGNED)
                yield store if free else None
        finally:
            store.close()
