"""Another that answered in the candidate's name is told once, and kept until a person answers."""

import json

import pytest
from builders import SECOND, accepted, replied

from mirror.exchange import Attempt, End, Leg, Side
from mirror.journal import events, exchanges, sightings
from mirror.journal.seal import Sealer
from mirror.journal.sightings import Sighting

AT = 1_700_000_000 * SECOND
WHAT = "the gateway fell back"


@pytest.fixture
def sealer(home):
    return Sealer.open(home)


def seen(store, sealer, number, leg=Leg.SHADOW, **changes):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(number), sealer)
        exchanges.record_reply(conn, replied(number, leg, **changes), sealer)


def told(store):
    with store.read() as conn:
        rows = [json.loads(row.body) for row in events.read(conn, "clinic")]
        return [
            row["reason"] for row in rows if row["type"] == "candidate.served_by_other"
        ], sightings.unanswered(conn)


def test_many_replies_of_one_deployment_are_one_event(store, sealer):
    for number in range(3):
        seen(store, sealer, number, other=WHAT)
    reasons, waiting = told(store)
    assert reasons == [WHAT]
    assert waiting == {("clinic", "chat"): Sighting("clinic", "chat", "gpu", WHAT)}
    seen(store, sealer, 4, other="model 'x' answered")
    assert told(store)[0] == [WHAT, "model 'x' answered"]


def test_an_answer_that_was_replaced_is_seen_too(store, sealer):
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.SERVED_BY_OTHER, 200, 9, WHAT)
    seen(store, sealer, 1, Leg.SERVED, failed_over=(tried,))
    assert told(store)[0] == [WHAT]


def test_a_good_answer_is_no_sighting(store, sealer):
    seen(store, sealer, 1)
    assert told(store) == ([], {})


def test_what_a_person_answered_waits_until_it_happens_again(store, sealer):
    seen(store, sealer, 1, other=WHAT)
    with store.write() as conn:
        sightings.answer(conn, "clinic", "chat", AT + SECOND)
    assert told(store)[1] == {}
    seen(store, sealer, 2, other=WHAT)  # sent before the answer, stored after it
    assert told(store)[1] == {}
    seen(store, sealer, 3, other=WHAT, sent_us=AT + 2 * SECOND)
    assert ("clinic", "chat") in told(store)[1]
    assert len(told(store)[0]) == 1


def test_a_reply_that_is_recorded_twice_is_one_sighting(store, sealer):
    for _ in range(2):
        seen(store, sealer, 1, other=WHAT)
    assert told(store)[0] == [WHAT]
