"""What sessions were measured by: what changes it, what does not, and which sessions fit."""

import pytest
from builders import REHEARSAL

from cutover.evidence.gates import Basis, Rules
from cutover.evidence.measure import (
    Bound,
    Measure,
    Stretch,
    fits,
    measure_of,
    measure_told,
    sentence,
)
from cutover.stages import Stage
from policies.policy import Gates, Terms

NOISE = Rules(REHEARSAL, Basis.NOISE)


def terms(gates=None, **changes):
    written = REHEARSAL.model_dump(mode="json") | changes
    for name, changed in (gates or {}).items():
        written["gates"][name] = (
            changed
            if not isinstance(changed, dict) or written["gates"].get(name) is None
            else written["gates"][name] | changed
        )
    return Terms.model_validate(written)


def differs(changed, basis=Basis.NOISE, before=None, stage=Stage.MIRROR):
    ours = measure_of(Rules(before or REHEARSAL, basis))
    return ours.differs(measure_of(Rules(changed, basis)), stage)


@pytest.mark.parametrize(
    ("gates", "key"),
    [
        ({"equivalence": {"margin": 0.2}}, "gates.equivalence.margin"),
        ({"equivalence": {"clip": 0.4}}, "gates.equivalence.clip"),
        ({"severe": {"drop": 0.4}}, "gates.severe.drop"),
        ({"severe": {"at_most": 0.2}}, "gates.severe.at_most"),
        ({"errors": {"at_most": 0.2}}, "gates.errors.at_most"),
        ({"flags": {"at_most": 0.2}}, "gates.flags.at_most"),
        ({"latency": {"at_most": 0.2}}, "gates.latency.at_most"),
        ({"latency": {"target_ms": 1}}, "gates.latency.target_ms"),
        ({"latency": {"audio_ms_per_minute": 9}}, "gates.latency.audio_ms_per_minute"),
        ({"first_token": {"target_ms": 9}}, "gates.first_token.target_ms"),
        ({"schema_validity": {"at_most": 0.2}}, "gates.schema_validity.at_most"),
        ({"unpaired_flags": {"at_most": 0.2}}, "gates.unpaired_flags.at_most"),
        ({"missing_at_most": 0.3}, "gates.missing_at_most"),
        ({"quality": {"margin": 0.02}}, "gates.quality.margin"),
        ({"quality": {"clip": 0.2}}, "gates.quality.clip"),
        ({"quality": {"drop": 0.2}}, "gates.quality.drop"),
        ({"quality": {"severe_at_most": 0.1}}, "gates.quality.severe_at_most"),
    ],
)
def test_what_a_number_means_and_what_it_is_held_against_is_of_the_measure(gates, key):
    judged = terms({"quality": {}})
    written = {name: {} for name in ("quality",)} | gates
    assert differs(terms(written), before=judged) == (key,)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"sessions": {"exchanges": 2, "open_s": 0}}, "sessions.exchanges"),
        ({"sessions": {"exchanges": 1, "open_s": 9}}, "sessions.open_s"),
        ({"mixture_every": 7}, "mixture_every"),
    ],
)
def test_so_is_what_a_session_is(changes, key):
    assert differs(terms(**changes)) == (key,)


@pytest.mark.parametrize(
    "changes",
    [
        {"alpha": {"promote": 0.01}},
        {"cooldown_s": 1},
        {"sampling": {"shadow_percent": 10}},
        {"steps": [{"percent": 50}]},
        {"gates": {"errors": {"weight": 0.9}}},
        {"gates": {"errors": {"mode": "observe"}}},
        {"gates": {"severe": {"promotion": "shown"}}},
        {
            "gates": {"equivalence": {"bar": 0.2}}
        },  # it is read without consent to ask again alone
        {"gates": {"drift": {"mode": "act"}}},
        {"gates": {"gaps_at_most": 0.5}},
    ],
)
def test_what_changes_no_number_is_no_part_of_it(changes):
    assert differs(terms(**changes)) == ()
    ours, theirs = measure_of(NOISE), measure_of(Rules(terms(**changes), Basis.NOISE))
    assert ours.digest == theirs.digest


def test_without_consent_the_bar_counts_and_margin_and_clip_do_not():
    assert differs(terms({"equivalence": {"bar": 0.2}}), Basis.BAR) == (
        "gates.equivalence.bar",
    )
    assert differs(terms({"equivalence": {"clip": 0.2, "margin": 0.1}}), Basis.BAR) == ()


def test_consent_is_the_one_difference_between_with_and_without():
    bar = measure_of(Rules(REHEARSAL, Basis.BAR))
    assert measure_of(NOISE).differs(bar, Stage.LIVE) == ("reask",)


def test_the_first_tokens_target_is_the_one_that_holds():
    both = ("gates.first_token.target_ms", "gates.latency.first_token_ms")
    assert differs(terms({"latency": {"first_token_ms": 5}})) == both


def test_a_gate_that_only_one_policy_has_changes_nothing_of_the_others():
    more = terms({"relative_latency": {"slower_by": 0.1}, "flags": {"codes": {"EMPTY": 0.1}}})
    assert differs(more) == ()
    other = terms({"relative_latency": {"slower_by": 0.3}, "flags": {"codes": {"EMPTY": 0.2}}})
    keys = ("gates.flags.codes.EMPTY", "gates.relative_latency.slower_by")
    assert differs(other, before=more) == keys


NO_NUMBER = {"weight", "mode", "promotion", "shown_on"}
NONE_OF_IT = {"gaps_at_most", "drift", "sample_ratio"}
"""Held against as it stands; a bound that is taken anew; how sessions were given out."""


def test_every_key_of_every_gate_is_of_a_measure_or_known_to_change_no_number():
    some = terms(
        {
            "relative_latency": {"slower_by": 0.1},
            "quality": {"margin": 0.02},
            "flags": {"codes": {"EMPTY": 0.1}},
        }
    )
    known = {
        key.removeprefix("gates.")
        for basis in (Basis.NOISE, Basis.BAR)
        for key in measure_of(Rules(some, basis)).says
    }
    for name in Gates.model_fields.keys() - NONE_OF_IT:
        gate = getattr(some.gates, name)
        keys = type(gate).model_fields if hasattr(gate, "model_dump") else {"": None}
        for key in keys.keys() - NO_NUMBER:
            path = f"{name}.{key}".rstrip(".")
            assert any(one == path or one.startswith(f"{path}.") for one in known), path


def test_strata_are_of_the_measure_in_mirror_alone():
    asked = terms(coverage={"hours": 24})
    wider = terms(coverage={"hours": 24, "margins": {"errors": 0.3}})
    assert differs(wider, before=asked) == ("coverage.margins.errors",)
    assert differs(wider, before=asked, stage=Stage.CANARY) == ()
    assert differs(asked) == ()  # none were asked before


def test_a_measure_is_the_same_after_json():
    told = measure_of(NOISE)
    assert measure_told(told.told()) == told
    assert measure_told(told.told()).differs(told, Stage.MIRROR) == ()


def test_the_keys_are_named_in_words():
    assert sentence(()) == ""
    assert sentence(("reask", "b")) == "the policy changed how sessions count: `reask`, `b`"


A, B, A2 = Measure({"x": 1}), Measure({"x": 2}), Measure({"x": 1, "y": 3})


def test_sessions_of_another_measure_do_not_fit_and_those_of_an_unknown_one_do():
    stretches = (Stretch(1, 0, A), Stretch(1, 3, B), Stretch(1, 5, A2))
    one_of = fits(stretches, A, Stage.LIVE)
    assert [number for number in range(1, 8) if one_of(number)] == [1, 2, 3, 6, 7]
    assert all(fits((), A, Stage.LIVE)(number) for number in range(1, 8))
    later = fits(stretches[1:], A, Stage.LIVE)
    assert [number for number in range(1, 8) if later(number)] == [1, 2, 3, 6, 7]


def bound(stage, *taken, measure=A):
    found = Bound(measure, stage, "p")
    for epoch, (of, stretches, sessions) in enumerate(taken, start=1):
        found.take(of, stretches, sessions)
        found.begin(epoch, sessions) if epoch == len(taken) else None
    return found


def test_what_mirror_recorded_by_another_measure_is_named():
    found = bound(Stage.CANARY, (Stage.MIRROR, (Stretch(1, 0, B),), 9), (Stage.CANARY, (), 0))
    assert (found.unlike, found.changed) == (("x",), ("x",))
    assert found.begins == (Stretch(2, 0, A, "p"),)


def test_a_stretch_of_another_measure_without_sessions_changes_nothing():
    found = bound(Stage.MIRROR, (Stage.MIRROR, (Stretch(1, 0, B), Stretch(1, 0, A)), 9))
    assert (found.unlike, found.begins) == ((), ())


def test_in_mirror_nobody_is_served_and_the_move_says_what_changed():
    found = bound(Stage.MIRROR, (Stage.MIRROR, (Stretch(1, 0, B),), 9))
    assert (found.unlike, found.changed) == (("x",), ())
    assert found.begins == (Stretch(1, 9, A, "p"),)


def test_a_standing_begins_with_the_measure_of_today():
    found = bound(Stage.MIRROR, (Stage.MIRROR, (Stretch(1, 0, A),), 9))
    then = found.next(2, Stage.CANARY)
    assert (then.begins, then.changed) == ((Stretch(2, 0, A, "p"),), ())
    assert then.next(3, Stage.CANARY).begins == (Stretch(3, 0, A, "p"),)
