import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papers import NOW_US, event

from cutover.exports.summary import gathered as summed
from cutover.exports.summary.gathered import DAY_US, FURTHER, MOST, NAMES, Times, gathered


def told(*events):
    return gathered([json.loads(one) for one in events])


def compared(**details):
    given = {
        "route": "chat",
        "attribution": "both_answered",
        "equivalence": "0.9100",
        "flags": [],
    }
    return event("comparison.scored", details=given | details)


def test_what_was_compared_is_counted_by_rollout():
    found = told(
        compared(), compared(flags=["DOSE:fail"], equivalence="0.1000"), compared(route="x")
    )
    chat = found.compared["clinic/chat"]
    assert (chat.many, chat.failed, dict(chat.scores)) == (2, 1, {18: 1, 2: 1})
    assert found.flags["DOSE:fail"] == 1 and found.types["comparison.scored"] == 3


def test_what_left_is_counted_by_day_purpose_and_place():
    details = {"purpose": "shadow", "upstream": "openai", "sent_bytes": 500}
    found = told(
        event("egress.done", details=details),
        event("egress.done", at_us=NOW_US + DAY_US, details=details),
        event("egress.intent", details=details),
    )
    today = NOW_US // DAY_US
    assert (found.left_bytes[today], found.left_bytes[today + 1]) == (500, 500)
    assert found.left["shadow"] == found.upstreams["openai"] == 2


def test_who_read_how_many_exchanges():
    actor = {"kind": "human", "name": "rita"}
    one = event("payload.viewed", actor=actor, details={"exchanges": 3})
    assert told(one, one).seen_by == {"rita": 6}


@given(st.lists(st.integers(1, 10**9), min_size=1))
def test_a_quantile_is_right_within_the_width_of_a_class(times):
    counted = Times()
    for us in times:
        counted.add(us)
    exact = sorted(times)[(len(times) - 1) // 2] / 1000
    assert counted.quantile_ms(0.5) == pytest.approx(exact, rel=0.09)


def test_no_time_has_no_quantile():
    counted = Times()
    counted.add(None)
    assert counted.quantile_ms(0.5) is None


def test_memory_does_not_grow_with_the_events():
    def peak(many):
        tracemalloc.start()
        gathered(
            json.loads(event("state.transition", object={"kind": "rollout", "id": f"c/{at}"}))
            for at in range(many)
        )
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(MOST)
    assert peak(4 * MOST) < 1.2 * peak(MOST)


def test_names_beyond_a_number_are_counted_together():
    found = told(*[compared(route=f"r{at}") for at in range(NAMES + 5)])
    assert len(found.compared) == NAMES + 1 and found.compared[FURTHER].many == 5
    assert summed.named(found.flags, "X") is None and found.flags["X"] == 1
