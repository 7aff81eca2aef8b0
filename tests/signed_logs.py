"""Logs with a signer, for tests: events are appended, clocks turned, and whatever is signed is collected."""

from dataclasses import dataclass, field

from sqlalchemy import select

from mirror.journal import events, tables
from mirror.journal.home import Home
from mirror.journal.signed import heads
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.folder import Folder
from mirror.journal.signed.merkle import Range
from mirror.journal.signed.note import Checkpoint, parse
from mirror.journal.signed.signer import Signer
from mirror.journal.store import Store

HOUR_US = 3_600_000_000
START_US = 1_764_200_000_000_000 // HOUR_US * HOUR_US


@dataclass
class Clock:
    """A wall clock and a steady one, which only go when they are told to."""

    us: int = START_US
    s: float = 0.0

    def now_us(self):
        return self.us

    def steady_s(self):
        return self.s

    def go(self, seconds):
        self.us += round(seconds * 1e6)
        self.s += seconds


def append(store, tenant="clinic", count=1, at_us=START_US, **said):
    """Appends events that say this: a type, a reason, details."""
    said = {"type": "hold.placed", "reason": "why"} | said
    with store.write() as conn:
        for _ in range(count):
            events.append(
                conn,
                tenant=tenant,
                actor={"kind": "human", "name": "aminah"},
                object={"kind": "rollout", "id": f"{tenant}/chat"},
                at_us=at_us,
                **said,
            )


@dataclass
class Logs:
    """A store's logs and the signer of a data folder."""

    home: Home
    store: Store
    clock: Clock = field(default_factory=Clock)
    _signer: Signer | None = None

    @property
    def folder(self):
        return Folder.open(self.home.path)

    @property
    def signer(self):
        if self._signer is None:
            self.restart()
        return self._signer

    def restart(self):
        """Another process, which knows what the folder has."""
        self._signer = Signer.open(
            self.store, self.folder, self.clock.now_us, self.clock.steady_s
        )
        return self._signer

    def append(self, tenant="clinic", count=1, **more):
        append(self.store, tenant, count, more.pop("at_us", self.clock.us), **more)

    def step(self, seconds=60.0, **more):
        """A pass after so long; with a minute or more there was one at its beginning too."""
        if seconds >= 60:
            self.signer.step()
        self.clock.go(seconds)
        self.signer.step(**more)

    def leaves(self, tenant="clinic"):
        query = select(tables.event.c.leaf).where(tables.event.c.tenant == tenant)
        with self.store.read() as conn:
            found = conn.scalars(query.order_by(tables.event.c.seq)).all()
        return [bytes.fromhex(one) for one in found]

    def checkpoints(self, tenant="clinic"):
        """What the store has, as it says in the notes."""
        with self.store.read() as conn:
            found = heads.checkpoints(conn, tenant)
        return [Checkpoint.read(parse(one.note).text) for one in found]

    def events(self, tenant="", type=None):
        with self.store.read() as conn:
            found = events.read(conn, tenant, limit=100_000)
        return [one for one in found if type in (None, one.type)]

    def refusals(self):
        with self.store.read() as conn:
            return {one.tenant: one.why for one in heads.refusals(conn)}

    def rows(self, name):
        with self.store.read() as conn:
            return conn.execute(select(getattr(signed_tables, name))).mappings().all()


def root(leaves):
    found = Range()
    for leaf in leaves:
        found = found.add(leaf)
    return found.root()
