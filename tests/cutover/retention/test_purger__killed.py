"""SIGKILL of whoever erases, at any line and at any moment: what is said is done, and what is done is said once.

Purges, erasures, exchanges of keys and drainers are each begun in a process of its own, killed once or more, and begun again.
"""

import calendar
import json
import os
import random
import time
from dataclasses import dataclass, field, replace

import pytest
import yaml
from builders import accepted, replied
from click.testing import CliRunner
from killed_erasers import Nursery, nursery
from rollouts import START_US, World
from sqlalchemy import select, update

from cutover.cli.fsck import fsck
from cutover.people import Deed, Person, Role
from cutover.retention import holds
from mirror import applied
from mirror.exchange import Leg, Outcome
from mirror.journal import chosen, exchanges, tables
from mirror.journal.keys.tables import payload_key
from mirror.journal.spool import Spool
from mirror.patient import pseudonym

CARA = Person("cara", frozenset({Role.COMPLIANCE}))
DEED = Deed(CARA.actor, START_US, "court order")
DAY_US = 86_400_000_000
KEEP = 30
SIZES = (40, 3_000, 70_000, 70_000)  # the last have files of their own


@dataclass
class One:
    """An exchange of the test: what was written of it, and what may become of it."""

    id: str
    accepted_us: int
    sealed: list
    patient: bool
    pending: bool
    held: int = 0
    gone: bool = False


@dataclass
class Ward:
    """A store with exchanges of months, and the processes that erase some of them."""

    world: World
    nursery: Nursery
    chance: random.Random
    ones: list = field(default_factory=list)
    count: int = 0

    def admit(self):
        """An exchange, a day or some after the last one."""
        chance, world = self.chance, self.world
        world.clock.pass_s(chance.uniform(0, 8) * 86_400)
        size, patient, pending = (
            chance.choice(SIZES),
            chance.random() < 0.3,
            chance.random() < 0.1,
        )
        body = chance.randbytes(size // 2).hex().encode()
        id = world.exchange(
            bad=True, pending=pending, replied=lambda one: replace(one, body=body)
        )
        of = tables.exchange.c.id == id
        with world.store.write() as conn:
            if patient:
                subject = pseudonym(world.sealer.ring.keys.pepper("clinic"), "880512105233")
                conn.execute(update(tables.exchange).where(of).values(subject=subject))
            at_us = conn.scalar(select(tables.exchange.c.accepted_us).where(of))
            sealed = [column for column, _ in self.columns(conn, id)]
            one = One(id, at_us, sealed, patient, pending)
            if chance.random() < 0.2:
                one.held = holds.place(conn, "clinic", DEED, exchange_id=id).id
        self.ones.append(one)

    def drained(self):
        """Exchanges that a drainer brings, which is killed on its way; some are of long ago."""
        chance, world, brought = self.chance, self.world, []
        spool = Spool.open(world.home, world.sealer, "proxy")
        with world.store.read() as conn:
            gone = destroyed(conn)
        for _ in range(chance.randint(1, 4)):
            self.count += 1
            at_us = chance.choice((world.clock() - DAY_US, *map(fifteenth_us, set(gone))))
            body = chance.randbytes(chance.choice(SIZES) // 2).hex().encode()
            asked = accepted(
                self.count,
                accepted_us=at_us,
                body=body,
                outcome=Outcome.EXCLUDED,
                reason="test",
            )
            assert spool.accept(asked) and spool.reply(replied(self.count, body=body))
            brought.append((asked.id, at_us))
        spool.close()
        for killed in (True, False):
            self.nursery.begin(["drain"], world.clock(), killed=killed)
        with world.store.read() as conn:
            for id, at_us in brought:
                sealed = [column for column, _ in self.columns(conn, id)]
                self.ones.append(One(id, at_us, sealed, False, False, gone=sealed[0] == b""))

    def columns(self, conn, id):
        """What is sealed of an exchange, and the file of each."""
        found = [conn.scalar(select(tables.exchange.c.body).where(tables.exchange.c.id == id))]
        of = tables.reply.c.exchange_id == id
        found += conn.scalars(select(tables.reply.c.body).where(of))
        return [(one, self.world.sealer.file_of(one)) for one in found]

    def let_go(self):
        """Holds are lifted, and what is under way ends, in half of the rounds."""
        if self.chance.random() < 0.5:
            return
        for one in self.ones:
            with self.world.store.write() as conn:
                if one.held:
                    holds.lift(conn, one.held, DEED)
                if one.pending:
                    exchanges.abandon(conn, one.id, Outcome.FAILED, "shadow_lost")
            one.held, one.pending = 0, False

    def worth(self):
        """An order by which something goes, where one is soon found."""
        found = [self.order() for _ in range(10)]
        return next((one for one in found if one[1] or one[0][0] == "keys"), found[0])

    def order(self):
        """Something to do, and of which exchanges the words go by it."""
        chance, now_us = self.chance, self.world.clock()
        free = [one for one in self.ones if not (one.held or one.pending or one.gone)]
        erase = ["erase", "--tenant", "clinic", "--as", "cara", "--reason", "asked", "--yes"]
        match chance.choice(["purge"] * 3 + ["exchanges", "patient", "before", "rotate"]):
            case "purge":
                before_us = now_us - KEEP * DAY_US
                return ["purge"], [one for one in free if one.accepted_us < before_us]
            case "exchanges" if self.ones:
                named = chance.sample(self.ones, min(5, len(self.ones)))
                words = [word for one in named for word in ("--exchange", one.id)]
                return erase + words, [one for one in named if one in free]
            case "patient":
                words = ["--patient", "880512-10-5233"]
                return erase + words, [one for one in free if one.patient]
            case "before":
                day_us = (
                    (START_US + chance.uniform(0, 1) * (now_us - START_US)) // DAY_US * DAY_US
                )
                day = time.strftime("%Y-%m-%d", time.gmtime(day_us / 1e6))
                words = ["--before", day]
                return erase + words, [one for one in free if one.accepted_us < day_us]
        words = ["keys", "rotate", "--tenant", "clinic", "--reason", "asked", "--destroy-old"]
        return words, []


def destroyed(conn):
    """The months whose keys were destroyed, each as often as it was."""
    gone = select(payload_key.c.month).where(payload_key.c.destroyed_us.is_not(None))
    return conn.scalars(gone).all()


def fifteenth_us(month):
    return calendar.timegm((month // 100, month % 100, 15, 0, 0, 0)) * 1_000_000


def told_once(ward, seen):
    """What events say is what rows and keys show, each once: whenever anybody looks."""
    erased = seen.told("payload.erased") + seen.told("retention.purged")
    with ward.world.store.read() as conn:
        gone = conn.scalars(
            select(tables.exchange.c.id).where(tables.exchange.c.purged_us.is_not(None))
        ).all()
        ended = destroyed(conn)
    overdue = [one["details"]["month"] for one in seen.told("retention.overdue")]
    assert sum(one["details"]["count"] for one in erased) + len(overdue) == len(gone)
    assert set(overdue) <= set(ended)
    erased += seen.told("retention.months_ended")
    months = [month for one in erased for month in one["details"]["months_destroyed"]]
    assert sorted(months) == sorted(ended)
    return set(gone)


def nothing_lost(ward, seen, gone):
    """All others can be read."""
    for one in ward.ones:
        if one.id not in gone:
            assert seen.kept(one.id)


def all_done(ward, seen):
    """After the last one was let do it all: every word of what is gone is, and nothing waits."""
    world = ward.world
    gone = told_once(ward, seen)
    assert gone == {one.id for one in ward.ones if one.gone}
    assert not any(seen.kept(one.id) for one in ward.ones if one.gone)
    nothing_lost(ward, seen, gone)
    with world.store.read() as conn:
        pointed = {file for one in ward.ones for _, file in ward.columns(conn, one.id) if file}
    assert pointed <= {one for one in world.sealer.blobs.rglob("*") if one.is_file()}
    parts = [f"{one}/{part}" for one in gone for part in ("request", *Leg)]
    assert world.sealer.files_of(parts) == set()
    assert list(world.sealer.blobs.with_name("going").glob("*")) == []
    destroyed = [one["object"]["id"] for one in seen.told("key.destroyed")]
    assert len(destroyed) == len(set(destroyed))
    assert not set(destroyed) & set(world.sealer.ring.keys.ids("clinic"))


def no_byte_is_left(ward):
    """Of what is gone: not in the file of the store either."""
    if ward.world.store.shared:
        return  # PostgreSQL keeps old rows until it vacuums: docs/payloads.md says so
    with ward.world.store.read() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = ward.world.home.path
    found = b"".join(one.read_bytes() for one in folder.glob("store.db*"))
    for one in ward.ones:
        if one.gone:
            assert not any(
                sealed[21:53] in found for sealed in one.sealed if sealed[:1] == b"\4"
            )


def whole(home):
    done = CliRunner().invoke(fsck, ["--payloads", "--data", str(home.path)])
    assert done.exit_code == 0, done.output


@pytest.fixture
def ward(store, store_url, home, keeping, seen, monkeypatch):
    """A tenant that keeps words for thirty days."""
    world = seen.world
    if store.shared:
        monkeypatch.setenv(chosen.VARIABLE, store_url)
        chosen.settled(home, os.environ)
    policy = keeping(KEEP)
    for name, token in world.add(CARA).items():
        (home.tokens / name).write_text(token)
    text = json.dumps(policy.model_dump(mode="json", exclude_none=True))
    applied.apply(home.policies, yaml.safe_dump(json.loads(text)).encode())
    chance = random.Random(7)
    with nursery(text, home, store_url, chance) as one:
        yield Ward(world, one, chance)


def survives(ward, seen, home, rounds):
    number = 0
    while rounds(number):
        number += 1
        for _ in range(ward.chance.randint(2, 6)):
            ward.admit()
        if ward.chance.random() < 0.6:
            ward.drained()
        ward.let_go()
        words, goes = ward.worth()
        for _ in range(ward.chance.randint(1, 4)):
            ward.nursery.begin(words, ward.world.clock(), killed=True)
            nothing_lost(ward, seen, told_once(ward, seen))
        ward.nursery.begin(words, ward.world.clock(), killed=False)
        for one in goes:
            one.gone = True
        all_done(ward, seen)
    no_byte_is_left(ward)
    whole(home)
    assert ward.nursery.kills >= number / 2


def test_whoever_erases_is_killed_and_nothing_is_half_said_lost_or_said_twice(ward, seen, home):
    survives(ward, seen, home, lambda done: done < 2)


@pytest.mark.deep
@pytest.mark.timeout(400)
def test_of_very_many_kills_none_leaves_anything_half_said(ward, seen, home):
    ends = time.monotonic() + 24  # on each engine
    ward.chance.seed(11)
    survives(ward, seen, home, lambda _: time.monotonic() < ends)
