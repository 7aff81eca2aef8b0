import json
from dataclasses import asdict

import pytest
from builders import replied

from compare import legs
from compare.canonical import Answer, ToolCall
from compare.comparison import Performance, Timing
from compare.performance import performance, retold
from mirror.exchange import End, Leg, Side
from mirror.pace import Pacer

MINUTE_US = 60_000_000
WORDS = Answer(text="x" * 100)


def streamed(*arrivals, ready=0):
    """The pace of events at these milliseconds, of a reader who needs `ready` for each."""
    pacer = Pacer()
    for number, ms in enumerate(arrivals, start=1):
        pacer.note(ms * 1000, (ms + ready) * 1000, number)
    return {"pace": pacer.pace, "first_token_us": arrivals[0] * 1000}


def of(primary=None, candidate=None, said=WORDS):
    replies = {
        Leg.SERVED: replied(1, **primary or {}),
        Leg.SHADOW: replied(1, Leg.SHADOW, **candidate or {}),
    }
    return performance(legs.of(replies), WORDS, said)


def test_a_whole_answer_has_its_time_and_its_speed_and_no_gaps():
    found = of(candidate={"total_us": 2_000_000}).candidate
    assert found == Timing(total_ms=2000.0, chars_per_s=50.0)


def test_a_stream_has_gaps_stalls_and_its_speed_behind_the_first_words():
    arrivals = [200, *range(300, 1200, 100), 3100]
    found = of(candidate={"total_us": 3_200_000, **streamed(*arrivals)}).candidate
    assert (found.total_ms, found.first_token_ms) == (3200.0, 200.0)
    assert found.gap_p50_ms == pytest.approx(100, rel=1 / 16)
    assert (found.longest_gap_ms, found.stalls, found.longest_stall_ms) == (2000, 1, 2000)
    # 11 events; those behind the first brought 10/11 of the words within 2.9 s
    assert found.chars_per_s == pytest.approx(100 * 10 / 11 / 2.9, rel=0.01)


def test_a_stream_without_a_stall_has_no_longest_one():
    found = of(candidate={"total_us": 500_000, **streamed(100, 200, 300)}).candidate
    assert (found.stalls, found.longest_stall_ms, found.longest_gap_ms) == (0, None, 100)


def test_the_speed_of_a_stream_that_its_reader_held_up_is_not_known():
    slow = streamed(100, 200, 300, ready=90)
    found = of(candidate={"total_us": 500_000, **slow}).candidate
    assert found.chars_per_s is None and found.stalls == 0


def test_one_event_and_an_answer_that_broke_have_no_speed():
    one = of(candidate={"total_us": 500_000, **streamed(100)}).candidate
    assert (one.chars_per_s, one.gap_p50_ms, one.stalls) == (None, None, None)
    assert of(candidate={"end": End.BROKEN}).candidate.chars_per_s is None
    assert of(candidate={"total_us": 0}).candidate.chars_per_s is None
    assert of(said=Answer()).candidate.chars_per_s is None


def test_thoughts_and_calls_of_tools_are_characters_too():
    said = Answer(text="1234", reasoning="567", tool_calls=(ToolCall("f", '{"a":1}'),))
    assert of(candidate={"total_us": 1_000_000}, said=said).candidate.chars_per_s == 15


@pytest.mark.parametrize(
    ("after_us", "late"), [(MINUTE_US, ""), (MINUTE_US + 1, "candidate"), (-5, "")]
)
def test_a_copy_more_than_a_minute_behind_the_client_is_late(after_us, late):
    sent = replied(1).sent_us
    found = of(candidate={"sent_us": sent + after_us})
    assert (found.late, found.copy_after_ms) == (late, after_us / 1000)


def test_a_late_copy_of_the_primary_is_the_primarys():
    served = replied(1, side=Side.CANDIDATE)
    copy = replied(1, Leg.SHADOW, side=Side.PRIMARY, sent_us=served.sent_us + 61_000_000)
    assert legs.of({Leg.SERVED: served, Leg.SHADOW: copy}).late == "primary"


def test_without_both_legs_nothing_is_late():
    alone = performance(legs.of({Leg.SERVED: replied(1)}), WORDS, Answer())
    assert (alone.late, alone.copy_after_ms, alone.candidate) == ("", None, Timing())


def test_a_performance_is_the_same_after_it_was_kept_as_json():
    found = of(candidate={"total_us": 500_000, **streamed(100, 200, 300)})
    assert retold(json.loads(json.dumps(asdict(found)))) == found
    assert retold({}) == Performance()
