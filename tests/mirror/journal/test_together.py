"""What a batch leaves in the store is what its records leave that are moved one by one."""

import json
import random
from itertools import pairwise

import pytest
from builders import accepted, intended, replied
from sqlalchemy import select

from mirror.egress_record import Done
from mirror.exchange import Attempt, End, Leg, Outcome, Side
from mirror.journal import events, exchanges, intake, tables
from mirror.journal.exchanges import UnknownExchange
from mirror.journal.frames import Damage, Lost
from mirror.journal.segments import Entry
from mirror.journal.store import Store
from mirror.journal.together import Together, Twice

NOW = 1_700_000_000_000_000
STANDINGS = [
    {},
    {"reask": True},
    {"serving": Side.CANDIDATE},
    {"reason": "client_abort"},
    {"outcome": Outcome.UNSAMPLED, "reason": "share"},
    {"outcome": Outcome.EXCLUDED, "reason": "off", "stage": "off", "subject": "p" * 20},
    {"requested_model": "m" * 300, "session": "\0" * 250},
]
ENDS = [End.COMPLETE, End.COMPLETE, End.HTTP_ERROR, End.CLIENT_ABORT, End.AT_CAPACITY]
TRIED = (Attempt(Side.CANDIDATE, "gpu", "onprem", End.SERVED_BY_OTHER, 200, 5, "another"),)


@pytest.fixture
def batch(store, sealer):
    """A batch that is kept where nothing is raised."""

    def act(do):
        with store.write() as conn, events.together(conn):
            together = Together(conn, sealer)
            do(together)
            together.write()

    return act


def records_of(number):
    """Some records in the order of a spool; now and then one comes before what it is of, or is lost."""
    draw = random.Random(number)
    found = []
    for n in range(number * 10, number * 10 + draw.randint(1, 8)):
        tenant = draw.choice(["clinic", "dental"])
        mine = [accepted(n, tenant=tenant, **draw.choice(STANDINGS))] * (draw.random() > 0.05)
        intent = intended(n, tenant=tenant)
        mine += [intent, Done(intent, "", 200, 5)][: draw.randint(0, 2)]
        for leg in draw.sample(list(Leg), draw.randint(0, 3)):
            tried = draw.choice([(), (), TRIED])
            other = draw.choice(["", "", "another"])
            end = draw.choice(ENDS)
            mine.append(replied(n, leg, end=end, failed_over=tried, other=other))
        if draw.random() < 0.2:
            mine.insert(draw.randint(0, len(mine)), Lost(1, (f"e{n:06}",)))
        if draw.random() < 0.1:
            draw.shuffle(mine)
        found.append(mine)
    if draw.random() < 0.1:
        found.append([Damage(16, 116, "a torn end")])
    mixed = []
    while found := [one for one in found if one]:
        mixed.append(draw.choice(found).pop(0))
    return mixed


def move(store, sealer, records):
    with store.write() as conn:
        intake.take(conn, "proxy-1", [Entry(one, 0) for one in records], sealer, NOW)


def left(store):
    """All rows, but for what is drawn anew each time."""
    found = {}
    with store.read() as conn:
        for table in (tables.exchange, tables.reply, tables.in_flight, tables.egress_open):
            told = [c for c in table.c if c.name not in ("body", "headers", "commitment")]
            found[table.name] = sorted(map(repr, conn.execute(select(*told))))
        found["sighting"] = sorted(map(repr, conn.execute(select(tables.sighting))))
        told = [c for c in tables.work.c if c.name != "id"]
        found["work"] = [
            tuple(row) for row in conn.execute(select(*told).order_by(tables.work.c.id))
        ]
        for tenant in ("", "clinic", "dental"):
            bodies = [json.loads(one.body) for one in events.read(conn, tenant, limit=10**6)]
            for body in bodies:
                del body["prev"], body["seq"]
                for name in ("body_commitment", "request_commitment"):
                    body["details"].pop(name, None)
            # Those of departures stand at the end of what was moved together.
            found["egress", tenant] = [b for b in bodies if b["type"].startswith("egress.")]
            found["events", tenant] = [b for b in bodies if not b["type"].startswith("egress.")]
    return found


def test_a_batch_leaves_what_its_records_leave_one_by_one(store, sealer, tmp_path):
    apart = Store.open(f"sqlite:///{tmp_path / 'apart.db'}")
    for number in range(60):
        records = records_of(number)
        draw = random.Random(number)
        cuts = sorted(draw.randint(0, len(records)) for _ in range(number % 3))
        for start, end in pairwise([0, *cuts, len(records)]):
            move(store, sealer, records[start:end])
        for one in records:
            move(apart, sealer, [one])
        if number % 20 == 19:
            assert left(store) == left(apart)
    assert len(left(store)["work"]) > 20
    apart.close()


def test_a_record_that_the_store_has_is_told_before_anything_is_kept(store, sealer, batch):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        exchanges.record_reply(conn, replied(1), sealer)

    def again(together):
        together.accept(accepted(2))
        together.accept(accepted(1))

    def anew(together):
        together.look(["e000001"])
        together.accept(accepted(2))
        together.reply(replied(1))

    for done in (again, anew):
        with pytest.raises(Twice):
            batch(done)
        with store.read() as conn:
            assert conn.scalars(select(tables.exchange.c.id)).all() == ["e000001"]
            assert len(events.read(conn, "clinic")) == 1


def test_one_that_the_batch_brings_twice_is_told_too(batch):
    def twice(together):
        together.accept(accepted(1))
        together.accept(accepted(1))

    def two_replies(together):
        together.accept(accepted(1))
        together.reply(replied(1))
        together.reply(replied(1))

    for done in (twice, two_replies):
        with pytest.raises(Twice):
            batch(done)


def test_a_reply_to_what_comes_behind_it_is_one_without_its_accept(batch):
    def wrong_way_round(together):
        with pytest.raises(UnknownExchange):
            together.reply(replied(1))
        together.accept(accepted(1))
        assert together.reply(replied(1, Leg.SHADOW)).tenant == "clinic"

    batch(wrong_way_round)
