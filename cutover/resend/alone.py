"""One run a rollout: two would send each request twice, and twice as many in an hour as the policy allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cutover.history import Key
from mirror.journal.lock import held
from mirror.journal.store import Store

ANOTHER = "another run sends its stored requests at the moment"


@contextmanager
def alone(store: Store, folder: Path, key: Key) -> Iterator[bool]:
    """Whether no other run is at a rollout's requests, on this machine or with this store; nobody begins one meanwhile.

    A run that dies, however it dies, is in nobody's way. Raises StoreError.
    """
    name = ".".join(("resend", *key))
    if store.shared:
        with store.alone(name) as ours:
            yield ours
    else:
        with held(folder / f"{name}.lock") as ours:
            yield ours
