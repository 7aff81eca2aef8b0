"""Whose widening is undone first, over every set of rollouts of one candidate."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.verdict import GateEvidence, Kind, Verdict, Words
from cutover.rollback.blame import Charge, Suspect, charge, ruling
from cutover.stages import Stage
from policies.blame import Blame

SECOND = 1_000_000
WAIT_S = 120
NOW = 10_000 * SECOND
DAY = 86_400 * SECOND
EDGE = Charge(slow=True, harmful=True)
CLEAR = Charge(slow=True, harmful=True, clear=True)
LIKELY = Charge(slow=True)
FINE = Charge()
BAD = Charge(harmful=True, clear=True, answers=True)


def suspect(name, charged, widened_s=-3600, since_s=None, wait_s=WAIT_S):
    return Suspect(
        (name, "chat"),
        NOW + widened_s * SECOND,
        charged,
        wait_us=wait_s * SECOND,
        within_us=DAY,
        since_us=None if since_s is None else NOW + since_s * SECOND,
    )


def ruled(*suspects, relieved_s=None, now=NOW):
    relieved_us = None if relieved_s is None else NOW + relieved_s * SECOND
    found = ruling(suspects, relieved_us, now)
    waiting = {key[0]: (until - NOW) // SECOND for key, until in found.waiting.items()}
    return sorted(key[0] for key in found.undone), waiting


CASES = {
    "alone": ([suspect("a", EDGE)], {}, (["a"], {})),
    "with others that are fine": (
        [suspect("a", EDGE), suspect("b", FINE, -60)],
        {},
        (["a"], {}),
    ),
    "a newer one is likely slow too": (
        [suspect("a", EDGE, -9000), suspect("b", LIKELY, -60)],
        {},
        (["b"], {"a": 120}),
    ),
    "it is itself the newest": (
        [suspect("a", EDGE, -60), suspect("b", EDGE, -9000), suspect("c", LIKELY, -9000)],
        {},
        (["a"], {"b": 120}),
    ),
    "nobody is harmful": ([suspect("a", LIKELY), suspect("b", LIKELY)], {}, ([], {})),
    "one is clear": (
        [suspect("a", CLEAR, -9000), suspect("b", EDGE, -60)],
        {},
        (["a"], {"b": 120}),
    ),
    "bad answers relieve nobody": (
        [suspect("a", BAD, -9000), suspect("b", EDGE, -60), suspect("c", EDGE, -70)],
        {},
        (["a", "b"], {"c": 120}),
    ),
    "all were widened long ago": (
        [suspect("a", EDGE, -200_000), suspect("b", LIKELY, -100_000)],
        {},
        (["a"], {}),
    ),
    "one was undone a minute ago": (
        [suspect("a", EDGE, since_s=-60), suspect("b", LIKELY, -60)],
        {"relieved_s": -60},
        ([], {"a": 60}),
    ),
    "its wait is over": (
        [suspect("a", EDGE, -9000, since_s=-120), suspect("b", LIKELY, -60)],
        {"relieved_s": -90},
        (["a"], {}),
    ),
    "the effect had its time, and the next newest is undone": (
        [suspect("a", EDGE, -9000, since_s=-100), suspect("b", LIKELY, -60)],
        {"relieved_s": -120},
        (["b"], {"a": 20}),
    ),
    "its policy lets nothing wait": (
        [suspect("a", EDGE, -9000, wait_s=0), suspect("b", LIKELY, -60)],
        {},
        (["a", "b"], {}),
    ),
    "two widened at the same moment": (
        [suspect("a", EDGE, -60), suspect("b", EDGE, -60)],
        {},
        (["b"], {"a": 120}),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_newest_widening_is_undone_first(case):
    suspects, given_, expected = case
    assert ruled(*suspects, **given_) == expected


CHARGES = st.sampled_from([EDGE, CLEAR, LIKELY, FINE, BAD])
SUSPECTS = st.lists(
    st.builds(
        suspect,
        st.sampled_from("abcdefgh"),
        CHARGES,
        widened_s=st.integers(-200_000, 0),
        since_s=st.none() | st.integers(-300, 0),
        wait_s=st.sampled_from([0, 60, WAIT_S]),
    ),
    max_size=8,
    unique_by=lambda one: one.key,
)
RELIEVED = st.none() | st.integers(-400, 0)


@given(SUSPECTS, RELIEVED, st.randoms())
def test_the_order_of_arrival_does_not_matter(suspects, relieved_s, chance):
    shuffled = list(suspects)
    chance.shuffle(shuffled)
    assert ruled(*suspects, relieved_s=relieved_s) == ruled(*shuffled, relieved_s=relieved_s)


@given(SUSPECTS, RELIEVED)
def test_what_is_harmful_is_undone_or_waits_within_its_bound_and_nothing_else_waits(
    suspects, relieved_s
):
    relieved_us = None if relieved_s is None else NOW + relieved_s * SECOND
    found = ruling(suspects, relieved_us, NOW)
    for one in suspects:
        if one.charge.harmful:
            assert (one.key in found.undone) != (one.key in found.waiting)
        else:
            assert one.key not in found.waiting
            assert one.key not in found.undone or one.key == found.blamed
        if one.charge.clear:
            assert one.key in found.undone
        if one.key in found.waiting:
            assert NOW < found.waiting[one.key] <= one.until_us(NOW)


@given(SUSPECTS)
def test_where_something_is_harmful_and_nothing_was_undone_at_least_one_is(suspects):
    if any(one.charge.harmful for one in suspects):
        assert ruled(*suspects)[0]


@given(SUSPECTS)
def test_one_that_is_slow_alone_is_never_delayed(suspects):
    alone = suspect("z", EDGE)
    others = [one for one in suspects if not one.charge.slow]
    assert "z" in ruled(alone, *others)[0]


@given(st.lists(st.tuples(CHARGES, st.integers(-9000, 0)), min_size=1, max_size=6))
def test_second_by_second_none_stays_harmful_for_longer_than_its_wait(fleet):
    """Those that are undone leave; the rest stay as they are charged."""
    standing = {str(n): [one, widened_s, None] for n, (one, widened_s) in enumerate(fleet)}
    relieved_s = None
    for now_s in range(0, 2 * WAIT_S, 10):
        suspects = [suspect(name, *of) for name, of in standing.items()]
        shifted = None if relieved_s is None else NOW + relieved_s * SECOND
        found = ruling(suspects, shifted, NOW + now_s * SECOND)
        for key in found.undone:
            one, _, since_s = standing.pop(key[0])
            assert now_s - (now_s if since_s is None else since_s) <= WAIT_S
            relieved_s = now_s if one.slow else relieved_s
        for key in found.waiting:
            if standing[key[0]][2] is None:
                standing[key[0]][2] = now_s
    assert not any(one.harmful for one, _, _ in standing.values())


LEVEL = 4.0
WEIGHTS = {"equivalence": 0.3, "errors": 0.3, "latency": 0.2, "flags": 0.2}


def verdict(kind=Kind.ROLL_BACK, harm=None, **against):
    gates = tuple(
        GateEvidence(
            name,
            0.0,
            1.3,
            against.get(name, 0.0),
            LEVEL - math.log10(weight),
            50,
            0.5,
            str,
        )
        for name, weight in WEIGHTS.items()
    )
    if harm is None:
        harm = math.log10(sum(10 ** against.get(n, 0.0) * w for n, w in WEIGHTS.items()))
    return Verdict(kind, lambda: Words(("why",)), lambda: gates, harm, LEVEL, 50, 50, 0, 0.0)


def charged(found, stage=Stage.CANARY):
    return charge(found, stage, Blame())


@pytest.mark.parametrize(
    ("against", "expected"),
    [
        ({"latency": 4.8}, (True, True, False, False)),  # slow, at the edge
        ({"latency": 5.8}, (True, True, True, False)),  # slow, beyond it by ten
        (
            {"latency": 4.62, "errors": 4.5},
            (False, True, True, False),
        ),  # it fails, for the most part
        ({"flags": 4.8}, (False, True, True, True)),  # wrong answers
        ({"flags": 4.8, "errors": 6.0, "equivalence": 5.0}, (False, True, True, False)),
    ],
)
def test_only_slowness_at_the_edge_waits(against, expected):
    found = charged(verdict(**against))
    assert (found.slow, found.harmful, found.clear, found.answers) == expected


def test_slowness_is_likely_before_it_is_shown():
    assert charged(verdict(Kind.HOLD, latency=2.0)).slow
    assert not charged(verdict(Kind.HOLD, latency=1.0)).slow
    assert not charged(verdict(Kind.HOLD, latency=2.0, errors=3.0)).slow


def test_in_live_it_is_likely_where_the_detectors_warn():
    assert not charged(verdict(Kind.HOLD, latency=2.0), Stage.LIVE).slow
    assert charged(verdict(Kind.HOLD, latency=4.0), Stage.LIVE).slow


@given(st.floats(0, 9), st.floats(0, 9), st.floats(0, 9), st.floats(0, 9))
def test_harm_of_anything_else_never_waits(equivalence, errors, latency, flags):
    found = charged(
        verdict(equivalence=equivalence, errors=errors, latency=latency, flags=flags)
    )
    others = {"equivalence": equivalence, "errors": errors, "flags": flags}
    if sum(10**log * WEIGHTS[name] for name, log in others.items()) >= 10**LEVEL * 1.000001:
        assert found.clear
