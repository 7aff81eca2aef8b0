"""What was told is told once; what was not is not lost; on both engines."""

import pytest
from rollouts import ANNA, START_US
from told import destination

from cutover.emergency.switches import drain
from cutover.notices import outbox
from cutover.people import Deed
from mirror.journal import events

TO = destination()
DAY = outbox.OLDEST_US


def happen(store, upstream, at_us=START_US + 1, tenant=""):
    """One event that people are told of, and many that they are not."""
    with store.write() as conn:
        events.append(
            conn, tenant=tenant, type="request.served", actor={}, object={}, at_us=at_us
        )
        if tenant:
            about = {"kind": "rollout", "id": f"{tenant}/chat"}
            events.append(
                conn, tenant=tenant, type="hold.lifted", actor=ANNA.actor.body(), object=about, at_us=at_us
            )  # fmt: skip
        else:
            drain(conn, upstream, 0, Deed(ANNA.actor, at_us, "fans"))


def untold(store, now_us=START_US + 2, **given):
    with store.read() as conn:
        return [(one.tenant, one.seq) for one in outbox.untold(conn, "OPS", now_us, **given)]


@pytest.fixture
def new(store):
    """A store that knows the destination since the start."""
    with store.write() as conn:
        outbox.state(conn, "OPS", START_US)
    return store


def test_a_destination_is_told_of_nothing_before_it_was_known(store):
    happen(store, "gpu", START_US - 1)
    with store.write() as conn:
        assert not outbox.known(conn, "OPS")
        outbox.state(conn, "OPS", START_US)
        assert outbox.known(conn, "OPS")
    assert untold(store) == []
    happen(store, "gpu")
    assert untold(store) == [("", 4)]
    with store.write() as conn:
        assert outbox.state(conn, "OPS", START_US + 99).since_us == START_US


def test_what_was_accepted_is_told_and_on_record(new):
    happen(new, "gpu")
    happen(new, "", tenant="clinic")
    assert untold(new) == [("", 2), ("clinic", 2)]
    with new.write() as conn:
        seen = outbox.untold(conn, "OPS", START_US + 2)
        outbox.accepted(conn, TO, seen, 2, START_US + 2)
        sent = events.read(conn, "")[-1]
    assert (sent.type, untold(new)) == ("notice.sent", [])
    assert '"details":{"location":"onprem","notices":2}' in sent.body
    happen(new, "", tenant="clinic")
    assert untold(new) == [("clinic", 4)]


def test_what_was_not_accepted_waits_and_the_first_refusal_is_an_event(new):
    happen(new, "gpu")
    with new.write() as conn:
        assert outbox.refused(conn, "OPS", "is it up?", START_US + 2) == 1
        assert outbox.refused(conn, "OPS", "is it up?", START_US + 3) == 2
        failed = [one for one in events.read(conn, "") if one.type == "notice.failed"]
        assert outbox.state(conn, "OPS", START_US + 4) == outbox.State(
            START_US, 2, START_US + 2
        )
    assert len(failed) == 1
    assert untold(new) == [("", 2)]


def test_what_is_a_day_old_is_dropped_and_that_is_known(new):
    happen(new, "gpu")
    with new.write() as conn:
        outbox.refused(conn, "OPS", "is it up?", START_US + 2)
        state = outbox.state(conn, "OPS", START_US + 3)
    assert untold(new, START_US + 1 + DAY) == []
    assert state.untold_since_us(START_US + 2 + DAY) == 0
    assert state.untold_since_us(START_US + 3 + DAY) == START_US + 2


def test_a_mark_moves_past_no_event_that_was_not_read(new):
    for number in range(3):  # the later event has the earlier time
        happen(new, "", START_US + 10 - number, tenant="clinic")
    first = untold(new, START_US + 20, most=2)
    assert sorted(first) == [("clinic", 2), ("clinic", 4)]
    with new.write() as conn:
        outbox.skip(conn, "OPS", outbox.untold(conn, "OPS", START_US + 20, most=2))
    assert untold(new, START_US + 20) == [("clinic", 6)]


def test_a_mark_never_moves_back(new):
    happen(new, "", tenant="clinic")
    with new.write() as conn:
        early = outbox.untold(conn, "OPS", START_US + 2)
    happen(new, "", tenant="clinic")
    with new.write() as conn:
        outbox.skip(conn, "OPS", outbox.untold(conn, "OPS", START_US + 2))
        outbox.skip(conn, "OPS", early)
    assert untold(new) == []


def test_one_sender_has_a_destination_to_itself_for_a_while(new):
    def claim(owner, now_us):
        with new.write() as conn:
            return outbox.claim(conn, "OPS", owner, now_us)

    assert claim("a", START_US)
    assert not claim("b", START_US + outbox.CLAIM_US - 1)
    assert claim("a", START_US + 1)
    assert claim("b", START_US + 1 + outbox.CLAIM_US)
    assert claim("a", START_US - DAY)  # the clock was put back
    with new.write() as conn:
        outbox.release(conn, "OPS")
    assert claim("b", START_US - DAY + 1)
