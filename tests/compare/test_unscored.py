import pytest
from builders import accepted, replied

from compare.comparison import Attribution
from compare.unscored import unscored
from mirror.exchange import Attempt, End, Leg, Side
from mirror.journal.exchanges import Exchange

SERVED = replied(1, side=Side.CANDIDATE)
COPY = replied(1, Leg.SHADOW, side=Side.PRIMARY)
TRIED = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 9)


@pytest.mark.parametrize(
    ("legs", "changes", "who"),
    [
        ((replied(1), replied(1, Leg.SHADOW)), {}, Attribution.BOTH_ANSWERED),
        (
            (replied(1), replied(1, Leg.SHADOW, end=End.BROKEN)),
            {},
            Attribution.CANDIDATE_FAILED,
        ),
        ((replied(1), replied(1, Leg.SHADOW, other="x")), {}, Attribution.CANDIDATE_FAILED),
        ((replied(1),), {"reason": "backlog"}, Attribution.NOT_COPIED),
        ((SERVED,), {"reason": "backlog"}, Attribution.CANDIDATE_ALONE),
        ((SERVED, COPY), {}, Attribution.BOTH_ANSWERED),
        (
            (replied(1, failed_over=(TRIED,)),),
            {"reason": "drained"},
            Attribution.CANDIDATE_FAILED,
        ),
    ],
)
def test_who_answered_is_known_of_what_nobody_can_score(legs, changes, who):
    served = next(one for one in legs if one.leg is Leg.SERVED)
    serving = Side.CANDIDATE if served.failed_over else served.side
    accept = accepted(1, serving=serving, **changes)
    found = unscored(Exchange(accept, {one.leg: one for one in legs}), "words-1")
    assert found.attribution is who
    assert (found.missing, found.flags, found.read) == ("score_error", (), False)
    assert (found.comparators, found.unpaired) == ("words-1", changes.get("reason", ""))
