"""Tallies as JSON and back: the same number for number, and never into another shape."""

import json
from dataclasses import fields, replace

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, scored
from hypothesis import given, settings
from hypothesis import strategies as st

from compare.comparison import Attribution
from cutover.evidence import folding
from cutover.evidence.folding import OtherShape, basis, retold, told
from cutover.evidence.gates import Basis
from cutover.evidence.observation import Rules
from cutover.evidence.tally import Account, Tally
from cutover.stages import Stage
from policies.gates import Mode, Promotion
from policies.policy import Terms

LATE = 10**15
USUAL = Rules(Terms(), Basis.NOISE)
KINDS = (
    {},
    {"equivalence": None},
    {"serving": "candidate"},
    {"equivalence": 0.31, "fail_codes": ("DOSE_CONFLICT",)},
    {"attribution": Attribution.CANDIDATE_FAILED, "equivalence": None},
)


def tally(stage, step, kinds, rules=REHEARSAL_RULES):
    account = Account.begin(rules, stage, step)
    account.take([scored(n, **kind) for n, kind in enumerate(kinds)])
    account.look([], LATE)
    return account.closed


def back(stage, step, kept, rules=REHEARSAL_RULES):
    return retold(Tally.begin(rules, stage, step), json.loads(json.dumps(told(kept))))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([(Stage.MIRROR, 0), (Stage.CANARY, 1), (Stage.LIVE, 0)]),
    st.lists(st.sampled_from(KINDS), max_size=40),
    st.lists(st.sampled_from(KINDS), max_size=5),
)
def test_a_tally_comes_back_number_for_number_and_goes_on_alike(where, kinds, more):
    kept = tally(*where, kinds)
    found = back(*where, kept)
    assert found == kept
    account = Account.begin(REHEARSAL_RULES, *where)
    account.take([scored(n, **kind) for n, kind in enumerate(more, start=100)])
    line = account.look([], LATE).joined
    assert found.after(line) == kept.after(line)


def kept_of(value):
    """Every part of what is kept that is of a kind of its own."""
    if isinstance(value, dict):
        yield from [value] if "is" in value else []
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from kept_of(one)


def test_every_kind_of_what_is_kept_tells_all_of_its_fields():
    told_of = [
        told(tally(stage, 0, [*KINDS] * 3, rules))
        for stage in (Stage.MIRROR, Stage.LIVE)
        for rules in (REHEARSAL_RULES, USUAL)
    ]
    seen = {one["is"]: one.keys() - {"is"} for one in kept_of(told_of)}
    for name, names in seen.items():
        assert names == {one.name for one in fields(folding._KEPT[name])}
    assert seen.keys() == folding._KEPT.keys()


def test_strata_come_back_with_the_week_of_the_policy():
    kept = tally(Stage.MIRROR, 0, [*KINDS] * 5, USUAL)
    assert kept.strata is not None and kept.strata.week.minutes
    assert back(Stage.MIRROR, 0, kept, USUAL) == kept


def test_what_is_of_another_version_or_of_other_gates_is_not_taken_back():
    kept = told(tally(Stage.MIRROR, 0, [{}] * 3))
    empty = Tally.begin(REHEARSAL_RULES, Stage.MIRROR)
    for broken in (
        {name: one for name, one in kept.items() if name != "served"},
        kept | {"more": 1},
        kept | {"is": "Account"},
        kept | {"gates": kept["gates"][1:]},
        kept | {"gates": [kept["gates"][0]["shown"], *kept["gates"][1:]]},
    ):
        with pytest.raises(OtherShape):
            retold(empty, json.loads(json.dumps(broken)))


def test_what_decides_what_sessions_come_to_is_in_the_basis_and_what_does_not_is_stable():
    def of(stage=Stage.MIRROR, step=0, weights=None, **terms):
        rules = Rules(REHEARSAL.model_copy(update=terms), Basis.NOISE)
        return basis(rules, stage, step, weights or {})

    gates = REHEARSAL.gates
    errors = gates.model_copy(
        update={"errors": gates.errors.model_copy(update={"at_most": 0.2})}
    )
    weights = {"errors": (0.19, *[0.09] * 9)}
    sessions = REHEARSAL.sessions.model_copy(update={"exchanges": 3})
    others = [
        of(Stage.CANARY),
        of(Stage.LIVE),
        of(weights=weights),
        of(gates=errors),
        of(sessions=sessions),
        of(mixture_every=7),
    ]
    assert len({of(), *others}) == 1 + len(others)
    assert (
        of()
        == of(cooldown_s=5)
        == of(alpha=REHEARSAL.alpha.model_copy(update={"promote": 0.01}))
    )


def watching(rules, **gates):
    """The rules with some keys of some gates written otherwise."""
    given = rules.terms.gates
    changed = {
        name: getattr(given, name).model_copy(update=keys) for name, keys in gates.items()
    }
    return replace(
        rules,
        terms=rules.terms.model_copy(update={"gates": given.model_copy(update=changed)}),
    )


@pytest.mark.parametrize(
    "gates",
    [
        {"errors": {"weight": 0.31}},
        {"latency": {"mode": Mode.HOLD}},
        {"severe": {"promotion": Promotion.SHOWN}},
        {"drift": {"mode": Mode.ACT, "weight": 0.2}},
    ],
)
@pytest.mark.parametrize("stage", [Stage.MIRROR, Stage.LIVE])
def test_what_only_a_verdict_asks_leaves_what_was_kept_and_is_taken_from_today(stage, gates):
    today = watching(REHEARSAL_RULES, **gates)
    assert basis(today, stage, 0, {}) == basis(REHEARSAL_RULES, stage, 0, {})
    kept = tally(stage, 0, [*KINDS] * 30)
    found = back(stage, 0, kept, today)
    assert found != kept
    assert found == tally(stage, 0, [*KINDS] * 30, today)


def test_what_each_bound_may_cost_is_in_the_basis():
    """A bound that is frozen already would otherwise be of another level than its sessions say."""
    alpha = REHEARSAL.alpha.model_copy(update={"roll_back": 0.04})
    cheaper = replace(REHEARSAL_RULES, terms=REHEARSAL.model_copy(update={"alpha": alpha}))
    assert basis(cheaper, Stage.LIVE, 0, {}) != basis(REHEARSAL_RULES, Stage.LIVE, 0, {})


def test_a_policy_of_the_other_basis_has_another_basis_here():
    there = replace(REHEARSAL_RULES, basis=Basis.BAR)
    assert basis(there, Stage.MIRROR, 0, {}) != basis(REHEARSAL_RULES, Stage.MIRROR, 0, {})
