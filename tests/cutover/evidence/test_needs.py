"""What a promotion needs of gates that watch and of scores. All other needs are tested with `judge`."""

import pytest
from builders import REHEARSAL, SECOND, missed, rollout, scored

from cutover.evidence.gates import Basis, Rules
from cutover.evidence.hearing import Hearing
from cutover.evidence.needs import needs
from cutover.evidence.tally import Account
from cutover.stages import Stage
from policies.gates import Gates

TARDY = {"streaming": True, "candidate_us": 100_000, "candidate_first_token_us": 900_000}
QUICK = TARDY | {"candidate_first_token_us": 100_000}


def wanting(rows, stage=Stage.MIRROR, step=0, pending=(), **gates):
    written = Gates.model_validate(REHEARSAL.gates.model_dump() | gates)
    rules = Rules(REHEARSAL.model_copy(update={"gates": written}), Basis.NOISE)
    account = Account.begin(rules, stage, step)
    account.take(rows)
    hearing = Hearing(
        rules,
        rollout(stage, step),
        account.look(pending, 10**15),
        99.0,
        10**15,
        (),
    )
    return [need.short for need in needs(hearing)]


def streams(tardy_of_ten, count=90):
    return [
        scored(n, serving="candidate", **(TARDY if n % 10 < tardy_of_ten else QUICK))
        for n in range(count)
    ]


@pytest.mark.parametrize(("stage", "step"), [(Stage.MIRROR, 0), (Stage.CANARY, 0)])
def test_likely_harm_at_a_gate_that_watches_holds_a_promotion(stage, step):
    lenient = {"latency": {"at_most": 0.6, "weight": 0.2}}
    assert wanting(streams(0), stage, step, **lenient) == []
    assert wanting(streams(3), stage, step, **lenient) == [
        "a better result at the gate first token"
    ]


def test_a_gate_of_a_policy_that_asks_it_to_be_shown_holds_until_it_is():
    shown = {"schema_validity": {"at_most": 0.02, "promotion": "shown"}}
    form = {"schema_primary": 1.0, "schema_candidate": 1.0}
    asked = [scored(n, signals=form) for n in range(60)]
    assert wanting([scored(n) for n in range(60)], **shown) == []
    (need,) = wanting(asked, **shown)
    assert need.startswith("schema validity needs about")
    assert wanting([scored(n, signals=form) for n in range(240)], **shown) == []


def test_scores_that_went_missing_lately_hold_though_few_are_missing_of_all():
    good = [scored(n, equivalence=0.95) for n in range(900)]
    lost = [scored(n, equivalence=None) for n in range(900, 915)]
    assert wanting(good) == []
    assert wanting(good + lost) == ["scores that are missing"]  # 1.6 % of all
    assert wanting(good + [missed(n) for n in range(900, 915)]) == ["scores that are missing"]
    scattered = [scored(n, equivalence=None if n % 65 == 7 else 0.95) for n in range(915)]
    assert wanting(scattered) == []
    assert wanting(good + lost, missing_at_most=1.0) == []


def test_open_sessions_are_not_taken_for_missing_scores():
    good = [scored(n) for n in range(60)]
    pending = [(f"open{n}", (100 + n) * SECOND) for n in range(30)]
    assert "scores that are missing" not in wanting(good, pending=pending)
