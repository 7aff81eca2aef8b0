"""Who repeats a request that was not answered sends its key again, and nobody else does."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.keys import KEPT_S, MOST, Keys

HOLD = ("POST", "/holds", None, {"reason": "driver"})


@pytest.fixture
def keys():
    numbers, now_s = count(), [0.0]
    made = Keys(clock_s=lambda: now_s[0], fresh=lambda: f"k{next(numbers)}")
    return made, now_s


def test_the_same_request_has_the_same_key_until_it_is_answered(keys):
    made, _ = keys
    assert made.of(*HOLD) == made.of(*HOLD) == "k0"
    made.answered(replayed=False)
    assert made.of(*HOLD) == "k1"


@pytest.mark.parametrize(
    "other",
    [
        ("DELETE", *HOLD[1:]),
        (*HOLD[:3], {"reason": "driver "}),
        (*HOLD[:2], {"a": "b"}, HOLD[3]),
    ],
)
def test_another_request_has_another_key(keys, other):
    made, _ = keys
    assert made.of(*HOLD) != made.of(*other)


def test_what_is_asked_after_another_answer_is_asked_anew(keys):
    """Held without an answer, resumed, and held again: the second hold is no repetition of the first."""
    made, _ = keys
    first = made.of(*HOLD)
    made.of("DELETE", "/holds", {"reason": "done"}, None)
    made.answered(replayed=False)
    assert made.of(*HOLD) != first


def test_a_key_is_forgotten_after_as_long_as_a_proof_counts(keys):
    made, now_s = keys
    first = made.of(*HOLD)
    now_s[0] = KEPT_S - 1
    assert made.of(*HOLD) == first
    now_s[0] = KEPT_S
    assert made.of(*HOLD) != first


@given(
    st.lists(st.tuples(st.sampled_from(["POST", "DELETE"]), st.text(max_size=5)), max_size=80)
)
def test_no_two_requests_ever_share_a_key(asked):
    made = Keys()
    found = {(one, made.of(*one)) for one in asked}
    assert len({key for _, key in found}) == len(found)
    assert len(made._unanswered) <= MOST + 1


def test_what_proves_who_somebody_is_is_in_no_word_of_it(keys):
    made, _ = keys
    made.of("POST", "/approvals", None, {"proof": "correct horse battery"})
    assert "horse" not in repr(made) + str(made._unanswered)
