"""Deadlines that follow from how long an answer may be."""

import pytest

from policies.failover import Deadlines


@pytest.mark.parametrize(
    ("tokens", "seconds"), [(None, 60), (1, 10.1), (100, 20), (500, 60), (100_000, 60)]
)
def test_the_budget_of_a_whole_answer_follows_from_its_tokens(
    tokens: int | None, seconds: float
) -> None:
    assert Deadlines().budget_s(tokens) == pytest.approx(seconds)


def test_what_is_declared_for_a_whole_answer_is_the_most() -> None:
    assert Deadlines(answer_s=3).budget_s(1) == 3
    fixed = Deadlines(answer_base_s=5, answer_per_token_s=0)
    assert fixed.budget_s(100) == 5


@pytest.mark.parametrize(
    ("upload_bytes", "seconds"), [(0, 10), (500_000, 15), (5_000_000, 60), (10**9, 60)]
)
def test_the_budget_of_a_transcript_follows_from_its_recording(
    upload_bytes: int, seconds: float
) -> None:
    assert Deadlines().budget_s(None, upload_bytes) == pytest.approx(seconds)
