"""Sessions in which the candidate's answer stood alone: what they say, and what they do not."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, failure, rollout, scored

from compare.comparison import Attribution
from cutover.evidence.gates import Basis, Rules
from cutover.evidence.judge import judge
from cutover.evidence.observation import observe
from cutover.evidence.tally import Account
from cutover.evidence.verdict import Kind
from cutover.stages import Stage

ALONE = replace(REHEARSAL_RULES, alone="no_permitted_side")
PAIRS = {"equivalence", "flags", "severe", "schema_validity"}


def lone(number, **values):
    """One that the candidate answered, with nobody asked beside it."""
    given = {
        "serving": "candidate",
        "attribution": Attribution.CANDIDATE_ALONE.value,
        "equivalence": None,
        "noise_floor": None,
        "primary_us": None,
        "unpaired": "sampling",
    }
    return scored(number, **given | values)


def paired(number, **values):
    return scored(number, serving="candidate", **values)


def seen(*rows, rules=REHEARSAL_RULES):
    return observe(rules, "s", 0, rows, set())


def verdict(rows, rules=REHEARSAL_RULES, stage=Stage.LIVE, alarm=1_000.0):
    account = Account.begin(rules, stage)
    account.take(rows)
    views = account.look((), 10**12)
    return judge(rules, rollout(stage), views, now_us=10**12, alarm=alarm)


def gate(found, name):
    return next(one for one in found.gates if one.gate == name)


def test_a_lone_answer_is_evidence_of_errors_speed_and_its_own_flags_alone():
    found = seen(lone(1))
    assert found.badness == {"errors": 0.0, "latency": 0.0, "unpaired_flags": 0.0}
    assert (found.fresh, found.answered, found.unpaired) == (1, 1, 1)
    assert (found.scored, found.unscored) == (0, 0)


@pytest.mark.parametrize("basis", [Basis.NOISE, Basis.BAR])
def test_a_lone_failure_never_counts_where_a_lone_success_would_not(basis):
    rules = Rules(REHEARSAL, basis)
    good = seen(lone(1), rules=rules)
    bad = seen(failure(lone(1, signals={"schema_primary": 1.0})), rules=rules)
    assert bad.badness.keys() == good.badness.keys()
    assert set(bad.badness.values()) == {1.0}


def test_flags_of_lone_answers_and_of_pairs_are_counted_apart():
    alone, pair = (seen(one(1, fail_codes=("REPETITION",))).badness for one in (lone, paired))
    assert alone["unpaired_flags"] == 1.0 and "flags" not in alone
    assert pair["flags"] == 1.0 and "unpaired_flags" not in pair


def test_lone_answers_do_not_water_down_what_pairs_show():
    mixed = seen(lone(1), lone(2), paired(3, fail_codes=("DOSE_CONFLICT",), equivalence=0.1))
    pair = seen(paired(3, fail_codes=("DOSE_CONFLICT",), equivalence=0.1))
    assert {name: mixed.badness[name] for name in PAIRS & mixed.badness.keys()} == {
        name: pair.badness[name] for name in PAIRS & pair.badness.keys()
    }


def test_errors_are_found_at_the_rate_of_all_sessions_however_few_are_pairs():
    rows = [failure(lone(n)) if n % 3 == 0 else lone(n) for n in range(60)]
    found = verdict(rows)
    assert found.kind is Kind.ROLL_BACK
    errors = gate(found, "errors")
    assert errors.n == 60
    assert errors.sentence.startswith("errors: the candidate alone failed in 33.3 %")
    assert errors.against_log10 > errors.roll_back_at_log10


def test_a_looping_model_is_rolled_back_though_nobody_is_asked_beside_it():
    rows = [lone(n, fail_codes=("REPETITION",)) for n in range(40)]
    found = verdict(rows, rules=ALONE)
    assert found.kind is Kind.ROLL_BACK
    assert found.reasons[0].startswith("unpaired flags: 100 % of answers that stood alone")


def test_a_verdict_says_on_how_many_sessions_agreement_is_measured():
    found = verdict([lone(1), lone(2), paired(3)])
    assert found.unpaired == 2
    assert found.reasons == (
        "live: no harm shown",
        "the primary was asked beside 1 of 3 sessions: agreement is measured on those, "
        "errors and speed on all",
    )
    assert gate(found, "equivalence").n == 1


def test_where_the_primary_is_never_asked_equivalence_says_so():
    found = verdict([lone(n, unpaired="no_permitted_side") for n in range(3)], rules=ALONE)
    why = "not measured after the cutover: no permitted other side"
    assert gate(found, "equivalence").sentence == f"equivalence: {why}"
    assert gate(found, "flags").sentence == f"flags: {why}"
    assert "no harm shown" in gate(found, "errors").sentence
    assert found.reasons[1] == f"unpaired: equivalence is {why}"
    assert (found.unpaired, found.kind) == (3, Kind.HOLD)


def test_before_the_cutover_nothing_is_said_of_it():
    found = verdict([scored(1)], rules=ALONE, stage=Stage.MIRROR)
    assert all("cutover" not in one.sentence for one in found.gates)
