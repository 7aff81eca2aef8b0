import pytest
from builders import replied

from compare import legs
from compare.answer import Answer
from compare.comparators.protocol import protocol
from compare.comparison import Attribution, Severity
from mirror.exchange import Attempt, End, Leg, Side

SAID = Answer("Take it with food.", "stop")


def flags(shadow, attribution, candidate=SAID, primary=SAID, served=None):
    sides = legs.of(
        {Leg.SERVED: served or replied(1), **({Leg.SHADOW: shadow} if shadow else {})}
    )
    return protocol(sides, attribution, primary=primary, candidate=candidate).flags


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (End.HTTP_ERROR, "HTTP_ERROR"),
        (End.CONNECT, "HTTP_ERROR"),
        (End.BLOCKED, "HTTP_ERROR"),
        (End.TIMEOUT, "TIMEOUT"),
        (End.ERROR_EVENT, "STREAM_ERROR"),
        (End.BROKEN, "STREAM_ERROR"),
        (End.MALFORMED, "MALFORMED"),
        (End.NO_TERMINAL, "STREAM_TRUNCATED"),
        (End.CLIENT_ABORT, "STREAM_TRUNCATED"),
        (End.DIVERTED, "BREAKER_OPEN"),
        (End.AT_CAPACITY, "AT_CAPACITY"),
    ],
)
def test_every_end_of_the_candidate_alone_fails_with_its_code(end, code):
    shadow = replied(1, Leg.SHADOW, end=end, status=503, error="busy")
    (flag,) = flags(shadow, Attribution.CANDIDATE_FAILED)
    assert (flag.code, flag.severity) == (code, Severity.FAIL)
    assert flag.evidence == f"{end.value} 503 busy"


def test_another_that_answered_in_its_place_fails_whatever_the_primary_did():
    shadow = replied(1, Leg.SHADOW, other="model 'gpt-4o' answered")
    for attribution in (Attribution.CANDIDATE_FAILED, Attribution.BOTH_FAILED):
        (flag,) = flags(shadow, attribution)
        assert (flag.code, flag.severity) == ("SERVED_BY_OTHER", Severity.FAIL)
        assert "gpt-4o" in flag.evidence


def test_another_whose_answer_was_replaced_fails_too():
    tried = Attempt(
        Side.CANDIDATE, "gpu", "onprem", End.SERVED_BY_OTHER, 200, 9, "it fell back"
    )
    (flag,) = flags(None, Attribution.CANDIDATE_FAILED, served=replied(1, failed_over=(tried,)))
    assert (flag.code, flag.evidence) == ("SERVED_BY_OTHER", "it fell back")


def test_a_failure_of_both_is_information():
    shadow = replied(1, Leg.SHADOW, end=End.HTTP_ERROR, status=400)
    (flag,) = flags(shadow, Attribution.BOTH_FAILED)
    assert (flag.code, flag.severity) == ("HTTP_ERROR", Severity.INFO)
    assert flags(shadow, Attribution.PRIMARY_FAILED) == ()


def test_garbage_in_a_whole_body_and_no_reply_at_all_are_failures():
    garbage = Answer(problem="not_json")
    (flag,) = flags(replied(1, Leg.SHADOW), Attribution.CANDIDATE_FAILED, candidate=garbage)
    assert flag.code == "MALFORMED" and "not_json" in flag.evidence
    (flag,) = flags(None, Attribution.CANDIDATE_FAILED)
    assert flag.code == "HTTP_ERROR"


def test_a_failover_is_the_candidate_s_failure():
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 9)
    (flag,) = flags(None, Attribution.CANDIDATE_FAILED, served=replied(1, failed_over=(tried,)))
    assert flag.code == "TIMEOUT" and "the primary took over" in flag.evidence


def test_an_empty_and_a_cut_answer_fail_only_where_the_primary_s_is_neither():
    whole, both = replied(1, Leg.SHADOW), Attribution.BOTH_ANSWERED
    cut = Answer("Take it wi", "length")
    assert [flag.code for flag in flags(whole, both, candidate=Answer())] == ["EMPTY"]
    assert [flag.code for flag in flags(whole, both, candidate=cut)] == ["TRUNCATED_LENGTH"]
    assert flags(whole, both, candidate=Answer(), primary=Answer()) == ()
    assert flags(whole, both, candidate=cut, primary=cut) == ()
    assert flags(whole, both) == ()


def test_what_the_candidate_lacks_is_for_people_to_look_at_and_no_failure():
    shadow = replied(
        1, Leg.SHADOW, end=End.CAPABILITY_GAP, status=None, error="`n`: one choice"
    )
    (flag,) = flags(shadow, Attribution.CAPABILITY_GAP)
    assert (flag.code, flag.severity) == ("CAPABILITY_GAP", Severity.REVIEW)
    assert flag.evidence == "`n`: one choice"


def test_every_end_has_a_code():
    for end in set(End) - {End.COMPLETE, End.CAPABILITY_GAP}:
        assert flags(replied(1, Leg.SHADOW, end=end), Attribution.CANDIDATE_FAILED)
