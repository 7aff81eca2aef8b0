"""What people are told where something went wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import remedy
from dashboards.calls import Failure, Trouble

DEED = "Your rollback of klinik / chat"
FAILURES = st.builds(
    Failure, st.sampled_from(Trouble), st.text(), st.sampled_from(["", *remedy.KINDS])
)


@pytest.mark.parametrize(
    ("trouble", "deed", "step"),
    [
        (Trouble.DOWN, "", "asked for again every few seconds"),
        (Trouble.MISSING, "", "the board has all that there are"),
        (Trouble.REFUSED, DEED, "Nothing was done by this"),
        (Trouble.FORBIDDEN, DEED, "Ask somebody whose role allows it"),
    ],
)
def test_a_failure_is_told_with_the_next_step(trouble, deed, step):
    said = remedy.told(Failure(trouble, "the proposal was applied already"), deed=deed)
    assert said.startswith("the proposal was applied already. ")
    assert step in said


def test_what_was_not_sent_and_what_may_have_arrived_are_told_apart():
    down = remedy.told(Failure(Trouble.DOWN, "Nothing answers."), deed=DEED)
    lost = remedy.told(Failure(Trouble.UNHEARD, "No answer in 5 s."), deed=DEED)
    assert down.startswith(f"{DEED} was not sent. Nothing answers. Nothing was done.")
    assert lost.startswith(
        f"{DEED} may or may not have arrived. No answer in 5 s. Pressing again"
    )
    assert "Nothing was done" not in lost
    assert all("comes back by itself" in said for said in (down, lost))


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("not-proven", "Type your password, or a code that your app shows now"),
        ("locked", "Holding and rolling back need no password"),
        ("missing-role", "`crossfade user list` names them"),
        ("wrong-tenant", "Your role is for other tenants"),
        ("own-proposal", "every other lead"),
        ("approved-already", "waits for another lead"),
        ("proposal-over", "the move is proposed again"),
        ("unpublished", "Do not press again"),
        ("done", "do not do it again"),
    ],
)
def test_each_kind_of_refusal_has_its_own_next_step(kind, step):
    told = {
        one: remedy.told(Failure(Trouble.FORBIDDEN, "no", one), deed=DEED)
        for one in remedy.KINDS
    }
    assert step in told[kind]
    assert [one for one, said in told.items() if step in said] == [kind]


def test_a_wrong_password_is_not_told_as_a_missing_role():
    told = remedy.told(Failure(Trouble.FORBIDDEN, "wrong", "not-proven"), deed=DEED)
    assert "role" not in told


def test_how_long_one_is_locked_out_is_told_as_a_moment():
    why = Failure(Trouble.FORBIDDEN, "too many; try again in 14 s", "locked", 14)
    assert "try again in 14 s, at 10:00:14 UTC. " in remedy.told(
        why, deed=DEED, until="10:00:14 UTC"
    )


def test_where_the_sentence_says_the_step_nothing_is_added():
    assert remedy.told(Failure(Trouble.BROKEN, "Try again.")) == "Try again."


@given(FAILURES)
def test_only_what_may_not_have_been_done_is_offered_again(failure):
    offered = remedy.may_try_again(failure)
    if failure.kind in ("done", "unpublished"):
        assert not offered
    elif failure.trouble in (Trouble.FORBIDDEN, Trouble.REFUSED, Trouble.MISSING):
        assert offered is (failure.kind == "under-way")
    elif failure.trouble is not Trouble.TOKEN:
        assert offered


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("", "Write a reason"),
        ("x" * 501, "The reason has 501 characters; at most 500"),
        ("wrong doses\u200b seen", "(U+200B) after “wrong doses”"),
        ("\u202ewrong", "(U+202E) at its beginning"),
        ("x" * 500, ""),
        ("dos berganda: 500 mg → 5 g", ""),
    ],
)
def test_what_is_no_reason_is_said_before_anything_is_sent(reason, says):
    found = remedy.unfit(reason)
    assert (says in found) if says else found == ""


@given(st.text())
def test_what_goes_out_as_a_reason_is_what_the_api_takes(reason):
    fits = 1 <= len(reason) <= remedy.MOST and reason.isprintable()
    assert (remedy.unfit(reason) == "") is fits
