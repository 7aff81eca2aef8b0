"""What a number of a change ticket looks like, and who must name one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.approving import tickets
from policies.approvals import Approvals

NEEDED = Approvals(ticket="required")


@pytest.mark.parametrize("ticket", ["", "CHG-4711", " CHG0030192 ", "itsm/2026#12", "a" * 40])
def test_what_a_ticket_system_gives_is_taken(ticket):
    assert tickets.fit(ticket) == ticket.strip()


@pytest.mark.parametrize(
    "ticket", ["-x", "a b", "a" * 41, "<b>", "CHG\n1", "\u202e1", "ｆ1", "=1+1", "\x00"]
)
def test_what_is_none_is_refused_with_what_one_looks_like(ticket):
    with pytest.raises(ValueError, match="as in CHG-4711"):
        tickets.fit(ticket)


@given(st.text(max_size=60))
def test_what_is_taken_is_short_and_plain(text):
    try:
        taken = tickets.fit(text)
    except ValueError:
        return
    assert re.fullmatch(tickets.PATTERN, taken)
    assert taken.isascii()
    assert len(taken) <= tickets.LONGEST


@pytest.mark.parametrize(
    ("terms", "named", "missing"),
    [
        (Approvals(), ("", ""), False),
        (NEEDED, ("", ""), True),
        (NEEDED, ("CHG-1", ""), False),
        (NEEDED, ("", "CHG-1"), False),
    ],
)
def test_one_is_asked_for_where_the_policy_says_so_and_neither_has_one(terms, named, missing):
    assert bool(tickets.gap(terms, *named)) is missing
