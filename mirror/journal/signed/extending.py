"""Whether a log still begins with what was signed of it, and what it has grown to.

The signer goes on from the range that it keeps itself: what it signs next extends what it signed before,
whatever the store says meanwhile. Here the store is compared with that, so that people hear of a difference.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from sqlalchemy import Connection

from mirror.journal.events import leaf_hash
from mirror.journal.signed import heads
from mirror.journal.signed.folder import Signed
from mirror.journal.signed.growing import Complete, Growing
from mirror.journal.signed.merkle import range_of


class Refused(Exception):
    """A log does not extend what was signed of it; the message says where and how."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A log that has grown: its range, last leaf, and the subtrees that are complete by now."""

    growing: Growing
    leaf: str

    @property
    def complete(self) -> list[Complete]:
        """The subtrees that became complete on the way."""
        return self.growing.complete


def extended(conn: Connection, tenant: str, before: Signed, up_to: int) -> Extension:
    """The log's first `up_to` events, as they extend what was signed before.

    Raises:
        Refused: the store has fewer events, others than were signed, or new ones that do not follow.
    """
    if up_to < before.size:
        raise Refused(f"it has {up_to:,} events, and {before.size:,} were signed")
    _begins_with(conn, tenant, before)
    growing, leaf, seq = Growing.of(before.range()), before.leaf, before.size
    for seq, body, said, prev in heads.bodies(conn, tenant, before.size, up_to):
        if seq != growing.size + 1:
            raise Refused(f"event {growing.size + 1:,} is missing")
        if prev != leaf:
            raise Refused(f"event {seq:,} does not follow the one before it")
        leaf = leaf_hash(body)
        if leaf != said:
            raise Refused(f"the body of event {seq:,} does not have its leaf hash")
        growing.add([bytes.fromhex(leaf)])
    if growing.size != up_to:
        raise Refused(f"event {growing.size + 1:,} is missing")
    return Extension(growing, leaf)


def _begins_with(conn: Connection, tenant: str, before: Signed) -> None:
    """Computes the root that was signed again, from what the store has now."""
    if before.size == 0:
        return
    try:
        found = range_of(before.size, heads.subtrees(conn, tenant))
        last = heads.subtrees(conn, tenant)(0, before.size - 1)
    except LookupError as error:
        raise Refused(f"some of its first {before.size:,} events are missing") from error
    if found != before.range() or last.hex() != before.leaf:
        raise Refused(f"its first {before.size:,} events have another root than was signed")


@dataclass(slots=True)
class Rereading:
    """Reads logs again from their first event, a piece at a time and one log after the other.

    What stands in the middle of a log is not looked at when its end is signed: a change there shows here.
    """

    piece: int = 5_000
    _tenant: str | None = None
    _target: Signed = field(default_factory=Signed)
    _growing: Growing = field(default_factory=Growing)
    _passed: str = ""

    def go_on(self, conn: Connection, logs: dict[str, Signed]) -> str | None:
        """The next piece; the tenant whose log was read to the end of what is signed, and has its root.

        Raises:
            Refused: a log does not have it; `tenant` says whose.
        """
        if self._tenant not in logs or logs[self._tenant].refused:
            self._begin(logs)
        if self._tenant is None:
            return None
        up_to = min(self._target.size, self._growing.size + self.piece)
        for seq, body, _, _ in heads.bodies(conn, self._tenant, self._growing.size, up_to):
            if seq != self._growing.size + 1:
                raise Refused(f"event {self._growing.size + 1:,} is missing")
            self._growing.add([bytes.fromhex(leaf_hash(body))])
        if self._growing.size < up_to:
            raise Refused(f"event {self._growing.size + 1:,} is missing")
        if up_to < self._target.size:
            return None
        return self._ended()

    @property
    def tenant(self) -> str:
        """Whose log is being read."""
        return self._tenant or ""

    def _ended(self) -> str:
        tenant, self._passed, self._tenant = self.tenant, self.tenant, None
        if self._growing.range() != self._target.range():
            self._tenant = tenant
            raise Refused(
                f"its first {self._target.size:,} events have another root than was signed"
            )
        return tenant

    def _begin(self, logs: dict[str, Signed]) -> None:
        """The next log behind the one that was read, in the order of names, and the first behind the last."""
        open_ = sorted(tenant for tenant, one in logs.items() if one.size and not one.refused)
        behind = itertools.dropwhile(lambda tenant: tenant <= self._passed, open_)
        self._tenant = next(behind, open_[0] if open_ else None)
        self._growing = Growing()
        self._target = logs[self._tenant] if self._tenant is not None else Signed()
