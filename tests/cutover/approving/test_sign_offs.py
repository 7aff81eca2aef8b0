"""What labels come to, and what the store keeps of a sample."""

from dataclasses import replace

import pytest
from builders import accepted, rollout
from rollouts import BEN
from sqlalchemy.exc import IntegrityError

from cutover.approving import sign_offs
from cutover.approving.draw import Candidate, Why, lots
from cutover.approving.sign_offs import Given, Label, Pair, Sample
from cutover.people import CONTROLLER, Deed
from mirror.journal import exchanges
from mirror.journal.seal import Sealer
from policies.sign_off import SignOff

TERMS = SignOff(pairs=4, not_acceptable_at_most=1)
GOOD, BAD, HARM = Label.ACCEPTABLE, Label.NOT_ACCEPTABLE, Label.HARMFUL


def sample(*labels):
    """A sample of pairs, each with the labels given."""
    return Sample(1, "seed", 50, tuple([
        Pair(n, f"e{n}", Why.RANDOM, tuple([Given(f"r{m}", one, "", 1) for m, one in enumerate(each)]))
        for n, each in enumerate(labels, start=1)
    ]))  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "gap"),
    [
        ([[], [], [], []], "clinical sign-off: 0 of 4 pairs signed off"),
        ([[GOOD], [BAD], [], []], "clinical sign-off: 2 of 4 pairs signed off"),
        ([[GOOD], [BAD], [GOOD], [GOOD]], ""),
        ([[GOOD], [GOOD], [GOOD], [GOOD]], ""),
        ([[BAD], [BAD], [], []], "2 of 4 pairs are not acceptable, at most 1 may be"),
        ([[GOOD, HARM], [], [], []], "r1 found pair 1 harmful; this attempt goes no further"),
        ([[GOOD], [GOOD], [GOOD], [HARM]], "r0 found pair 4 harmful"),
    ],
)
def test_what_is_missing_is_said_and_the_worst_label_of_a_pair_counts(labels, gap):
    said = sample(*labels).gap(TERMS)
    assert (gap in said) if gap else said == ""


def test_one_harmful_pair_outweighs_any_number_that_may_be_wanting():
    many = SignOff(pairs=4, not_acceptable_at_most=3)
    assert sample([HARM], [GOOD], [GOOD], [GOOD]).gap(many)
    assert not sample([BAD], [BAD], [BAD], [GOOD]).gap(many)


@pytest.fixture
def drawn(store, home):
    sealer = Sealer.open(home)
    with store.write() as conn:
        for n in range(6):
            exchanges.record_accept(conn, accepted(n), sealer)
        ids = [accepted(n).id for n in range(6)]
        pairs = [Candidate(id, 0, 0, 0.9) for id in ids]
        deed = Deed(CONTROLLER, 500, "all else is shown")
        made = sign_offs.begin(conn, rollout(), lots(pairs, 4, "seed"), deed)
    return made


def test_a_sample_comes_back_as_it_was_drawn(store, drawn):
    with store.read() as conn:
        assert sign_offs.read(conn, rollout()) == drawn
        assert sign_offs.read(conn, rollout(attempt=2)) is None
    assert (len(drawn.pairs), drawn.of) == (4, 6)


def test_an_attempt_has_one_sample(store, drawn):
    deed = Deed(CONTROLLER, 600, "again")
    with pytest.raises(IntegrityError), store.write() as conn:
        again = lots([Candidate("x", 0, 0, 0.1)], 1, "other")
        sign_offs.begin(conn, rollout(), again, deed)


def test_a_reviewers_later_label_takes_the_place_of_the_earlier(store, drawn):
    first, second = Given("ben", BAD, "no dose", 600), Given("ben", GOOD, "I misread", 700)
    other = Given("anna", BAD, "too long", 650)
    with store.write() as conn:
        for given in (first, other, second):
            deed = Deed(replace(BEN.actor, name=given.name), given.at_us, given.note)
            sign_offs.give(conn, rollout(), drawn.pairs[0], given, deed)
        (pair, *rest) = sign_offs.read(conn, rollout()).pairs
    assert pair.labels == (other, second)
    assert pair.label is BAD
    assert [one.label for one in rest] == [None] * 3
