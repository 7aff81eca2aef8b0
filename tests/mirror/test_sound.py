import pytest
from builders import two_sided

from mirror.routing import Asked
from mirror.sound import at_most_s, too_long_s

URL = "http://127.0.0.1:1/v1"


def terms(breaker, latency):
    policy = two_sided(
        URL, URL, terms={"breaker": breaker, "gates": {"latency": {"at_most": 0.05} | latency}}
    )
    return policy.terms_of(policy.rollouts[0])


@pytest.mark.parametrize(
    ("streaming", "latency", "breaker", "seconds"),
    [
        (False, {}, {}, 2.5),
        (
            True,
            {},
            {},
            2.5,
        ),  # the first token is due before, and people leave for other reasons too
        (False, {"target_ms": 30_000}, {}, 30),
        (True, {"target_ms": 30_000}, {}, 2.5),
        (True, {"first_token_ms": 4_000}, {}, 4),
        (True, {}, {"abandoned_after_s": 0}, 0.8),
        (False, {}, {"abandoned_after_s": 9}, 9),
    ],
)
def test_nobody_is_kept_waiting_for_too_long_before_the_answer_is_late(
    streaming, latency, breaker, seconds
):
    assert too_long_s(terms(breaker, latency), Asked("s", "big", streaming)) == seconds


def test_a_silence_in_a_begun_stream_is_too_long_once_the_whole_answer_would_be_late():
    asked = Asked("s", "big", True)
    assert too_long_s(terms({}, {"target_ms": 30_000}), asked, begun=True) == 30
    assert too_long_s(terms({}, {"target_ms": 30_000}), asked) == 2.5


def test_a_recording_is_late_by_the_longest_that_its_bytes_can_be():
    asked = Asked("s", "big", False, upload_bytes=3_600_000)
    assert at_most_s(3_600_000) == 7200
    assert too_long_s(terms({}, {"audio_ms_per_minute": 250}), asked) == 30
    assert too_long_s(terms({}, {}), asked) == 2.5
