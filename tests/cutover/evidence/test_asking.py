"""How long every session is asked again where severe drops must be shown to be rare."""

import pytest
from builders import REHEARSAL, rollout, scored
from clinic_clock import at

from cutover.evidence.asking import MOST, burst_of, goes_on
from cutover.evidence.gates import Basis, Gate, Rules, log_promote_at
from cutover.evidence.judge import judge
from cutover.evidence.tally import Account
from cutover.stages import Stage
from policies.gates import Mode, Promotion
from policies.policy import Coverage, Sampling

FEW = Sampling(reask_burst=10)
LATE = 10**17


def rules(basis=Basis.NOISE, sampling=FEW, coverage=REHEARSAL.coverage, **severe):
    gate = REHEARSAL.gates.severe.model_copy(update={"promotion": Promotion.SHOWN, **severe})
    gates = REHEARSAL.gates.model_copy(update={"severe": gate})
    changes = {"gates": gates, "sampling": sampling, "coverage": coverage}
    return Rules(REHEARSAL.model_copy(update=changes), basis)


def closed(rows, these):
    account = Account.begin(these, Stage.MIRROR)
    account.take(rows)
    return account.look([], LATE).closed


def severe_of(tally):
    return next(gate for gate in tally.gates if gate.demand.gate is Gate.SEVERE)


def test_the_burst_goes_on_until_severe_is_shown_and_not_a_session_longer():
    these = rules()
    shown = next(
        n
        for n in range(20, 100)
        if severe_of(closed([scored(k) for k in range(n)], these)).shown.log_e
        >= log_promote_at(these.terms)
    )
    for n in (0, 10, shown - 1, shown):
        tally = closed([scored(k) for k in range(n)], these)
        assert goes_on(these, Stage.MIRROR, tally) is (n < shown)
    assert not goes_on(these, Stage.CANARY, closed([scored(1)], these))


@pytest.mark.parametrize(
    "these",
    [
        rules(promotion=Promotion.NO_HARM),
        rules(mode=Mode.OBSERVE),
        rules(basis=Basis.BAR),
        rules(sampling=Sampling(reask_burst=0)),  # who wants no burst gets none
    ],
)
def test_elsewhere_the_burst_is_the_policys(these):
    assert not goes_on(these, Stage.MIRROR, closed([scored(1)], these))
    assert burst_of(these) == these.terms.sampling.reask_burst


def test_a_candidate_that_shows_nothing_costs_no_more_than_so_many_re_asks():
    these = rules()
    bad = [scored(n, equivalence=0.0 if n % 5 == 0 else 0.95) for n in range(MOST)]
    assert goes_on(these, Stage.MIRROR, closed(bad[:-1], these))
    assert not goes_on(these, Stage.MIRROR, closed(bad, these))
    assert burst_of(these) == MOST


def test_a_part_of_the_week_that_must_show_it_by_itself_is_waited_for():
    these = rules(coverage=Coverage(hours=24))
    first = at("2026-11-23 14:00") // 1_000_000
    peak = [scored(n, at_s=first + n) for n in range(55)]
    night = [scored(200 + n, at_s=first + 36_000 + n) for n in range(16)]
    assert not goes_on(these, Stage.MIRROR, closed(peak, these))
    assert goes_on(these, Stage.MIRROR, closed(peak + night, these))
    more = [scored(300 + n, at_s=first + 36_100 + n) for n in range(30)]
    assert not goes_on(these, Stage.MIRROR, closed(peak + night + more, these))


def test_what_is_still_to_be_shown_says_when_by_the_longer_burst():
    these = rules()
    account = Account.begin(these, Stage.MIRROR)
    account.take([scored(n, at_s=n * 3_600) for n in range(20)])
    views = account.look([], 20 * 3_600_000_000)
    found = judge(these, rollout(), views, now_us=20 * 3_600_000_000, alarm=50)
    (said,) = [one.sentence for one in found.gates if one.gate == "severe"]
    assert "not shown yet, needs about" in said and "24 sessions a day" in said
    assert (
        "days" not in said.partition("about")[2].partition(" at ")[0]
    )  # one an hour, all asked again
