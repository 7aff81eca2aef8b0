"""Recorded sessions added up by the measure of today."""

from builders import REHEARSAL, scored

from cutover.evidence.course import Observation
from cutover.evidence.gates import Basis, Rules
from cutover.evidence.measure import Stretch, measure_of
from cutover.evidence.recorded import Part, folded
from cutover.evidence.standing import Standing
from cutover.evidence.tally import Account
from cutover.stages import Stage

RULES, OTHER = Rules(REHEARSAL, Basis.NOISE), Rules(REHEARSAL, Basis.BAR)
MIRROR, LIVE = Standing(1, Stage.MIRROR, 0), Standing(2, Stage.LIVE, 0)


def kept(rules, first, sessions):
    account = Account.begin(rules, Stage.MIRROR)
    rows = [scored(first + n, recorded_key=f"k{first + n}") for n in range(sessions)]
    account.take(rows)
    joined = account.look([], 10**15).joined
    return [
        Observation(n, one.id, one.start_us, 0, one.told()) for n, one in enumerate(joined, 1)
    ]


def test_sessions_of_todays_measure_are_added_up_and_no_others():
    mine, theirs = measure_of(RULES), measure_of(OTHER)
    mirror = Part(MIRROR, kept(RULES, 0, 5), (Stretch(1, 0, mine),))
    live = Part(LIVE, kept(OTHER, 100, 6), (Stretch(2, 0, theirs), Stretch(2, 4, mine)))
    account = folded(RULES, [mirror, live])
    assert account.closed.sessions == 2
    assert account.carried["errors"] > 0
    other = folded(OTHER, [mirror, live])
    assert other.closed.sessions == 4
    assert other.carried["errors"] == 0


def test_what_does_not_count_has_been_answered_all_the_same():
    live = Part(LIVE, kept(OTHER, 100, 6), (Stretch(2, 0, measure_of(OTHER)),))
    account = folded(RULES, [Part(MIRROR, ()), live])
    account.take([scored(102, recorded_key="k102"), scored(300, recorded_key="k103")])
    seen = account.look([], 10**15)
    assert [(one.id, one.fresh) for one in seen.joined] == [("s000300", 0)]


def test_sessions_of_which_nothing_is_known_count_as_they_always_did():
    assert folded(RULES, [Part(MIRROR, kept(OTHER, 0, 6))]).closed.sessions == 6
