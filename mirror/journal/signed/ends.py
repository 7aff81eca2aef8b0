"""Until when each of the signer's keys was good: by the store's list of them, and by the events that say so.

Whoever can write to the store can take a revocation out of the list; the log keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from mirror.journal.chain import Broken
from mirror.journal.signed import heads
from mirror.journal.signed.heads import Key
from mirror.journal.signed.note import Note, key_fault
from mirror.journal.signed.signing import is_signed
from mirror.journal.tables import event

DRAWN, ROTATED, REVOKED = "signer.key_drawn", "signer.key_rotated", "signer.key_revoked"


@dataclass(frozen=True, slots=True)
class Told:
    """What an event of the deployment's log says of a key: which one, the event's number and its moment."""

    key_id: str
    seq: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Ends:
    """The keys that the store lists, and what the log tells of them: which began, ended and were revoked by which event."""

    keys: Sequence[Key] = ()
    begun: Mapping[str, Told] = field(default_factory=dict)
    ended: Mapping[str, Told] = field(default_factory=dict)
    revoked: Mapping[str, Told] = field(default_factory=dict)

    @classmethod
    def read(cls, conn: Connection) -> Ends:
        """As the store has it now; a key that is exchanged meanwhile is read with its event."""
        keys: Sequence[Key] | None = None
        while keys != (now := heads.keys(conn)):
            keys, told = now, [*_told(conn)]
        begun = [one for type, one, _ in told if type != REVOKED]
        ended = [replace(one, key_id=old) for type, one, old in told if type == ROTATED and old]
        revoked = [one for type, one, _ in told if type == REVOKED]
        return cls(now, _by_key(begun), _by_key(ended), _by_key(revoked))

    def signers(self, note: Note) -> list[Key]:
        """The keys of the list that signed a note."""
        return [
            one for one in self.keys if is_signed(note, one.name, bytes.fromhex(one.public))
        ]

    def fault(self, signers: Sequence[Key], tenant: str, size: int, at_us: int) -> str:
        """Why none of these can have signed what a log came to with so many events, the last of them then; "" where one can."""
        faults = [self._fault(one, tenant, size, at_us) for one in signers]
        return faults[0] if faults and all(faults) else ""

    def _fault(self, key: Key, tenant: str, size: int, at_us: int) -> str:
        id, ended, revoked = (
            key.key_id,
            self.ended.get(key.key_id),
            self.revoked.get(key.key_id),
        )
        for one, how in ((ended, "exchanged"), (revoked, "revoked")):
            if one is not None and not tenant and size >= one.seq:  # no clock is asked here
                return f"key {id} was {how} by event {one.seq} of the same log"
        until_us = _first(key.until_us, ended)
        return key_fault(id, until_us, _first(key.revoked_us, revoked), at_us)

    def unlike(self) -> Iterator[Broken]:
        """Where the store's list says otherwise than the log."""
        for key in self.keys:
            if key.key_id not in self.begun:
                yield Broken(
                    "", 1, f"the store lists key {key.key_id}, of which no event tells"
                )
                continue
            yield from _unlike(key.key_id, "exchanged", key.until_us, self.ended)
            yield from _unlike(key.key_id, "revoked", key.revoked_us, self.revoked)
        listed = {key.key_id for key in self.keys}
        for id, one in self.begun.items():
            if id not in listed:
                what = f"the store does not list key {id}, of which this event tells"
                yield Broken("", one.seq, what)


def _first(listed_us: int, told: Told | None) -> int:
    """The earlier of two moments; 0 for neither."""
    return min(filter(None, (listed_us, told.at_us if told else 0)), default=0)


def _by_key(told: Iterable[Told]) -> dict[str, Told]:
    """The first event of each key."""
    found: dict[str, Told] = {}
    for one in told:
        found.setdefault(one.key_id, one)
    return found


def _unlike(id: str, how: str, listed_us: int, told: Mapping[str, Told]) -> Iterator[Broken]:
    """Whether the list and the log both say that it was done to a key, or neither does."""
    one = told.get(id)
    if one is not None and not listed_us:
        what = f"key {id} was {how} by this event, and the store's list of keys does not say so"
        yield Broken("", one.seq, what)
    if one is None and listed_us:
        yield Broken("", 1, f"the store lists key {id} as {how}, of which no event tells")


def _told(conn: Connection) -> Iterator[tuple[str, Told, str]]:
    """What events say of keys, in order: their type, which key, and the one whose place it took."""
    query = (
        select(event.c.seq, event.c.at_us, event.c.type, event.c.body)
        .where(event.c.tenant == "", event.c.type.in_((DRAWN, ROTATED, REVOKED)))
        .order_by(event.c.seq)
    )
    for row in conn.execute(query):
        try:
            said = json.loads(row.body)
            id, old = str(said["object"]["id"]), str(said["details"].get("old", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # the chain's own check says so
        yield row.type, Told(id, row.seq, row.at_us), old
