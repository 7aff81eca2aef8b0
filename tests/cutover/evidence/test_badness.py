"""What each gate sees in one session. The four that always look are tested with `observe`."""

import pytest
from builders import REHEARSAL, failure, scored

from compare.comparison import Attribution
from cutover.evidence import badness
from cutover.evidence.gates import Basis, Rules
from policies.gates import Gates

GATES = Gates.model_validate(
    {
        "flags": {"codes": {"LATERALITY": 0.01, "EMPTY": 0.02}},
        "relative_latency": {"slower_by": 0.2},
        "first_token": {"target_ms": 300},
        "quality": {},
    }
)
RULES = Rules(REHEARSAL.model_copy(update={"gates": GATES}), Basis.NOISE)
STREAM = {"streaming": True, "candidate_us": 9_000_000}


def graded(primary, candidate, **changes):
    signals = {"judge_primary": primary, "judge_candidate": candidate}
    return scored(1, signals=signals, **changes)


ASKED = {"schema_primary": 1.0, "schema_candidate": 1.0}


def seen(*rows, rules=RULES):
    return badness.of(rules, rows)


@pytest.mark.parametrize(
    ("gate", "row", "bad"),
    [
        ("severe", scored(1, equivalence=0.5, noise_floor=1.0), 1),  # a drop of 0.5 counts
        ("severe", scored(1, equivalence=0.51, noise_floor=1.0), 0),
        ("severe", failure(scored(1)), 1),
        ("severe", scored(1, equivalence=0.0, noise_floor=None), None),
        ("severe", failure(scored(1, noise_floor=None)), None),
        ("severe", scored(1, equivalence=None), None),
        ("first_token", scored(1, candidate_us=9_000_000), None),
        ("first_token", scored(1, candidate_first_token_us=300_000, **STREAM), 0),
        ("first_token", scored(1, candidate_first_token_us=300_001, **STREAM), 1),
        ("first_token", scored(1, **STREAM), None),
        ("first_token", failure(scored(1, **STREAM)), 1),
        ("first_token", failure(scored(1, late="candidate", **STREAM)), None),
        (
            "first_token",
            scored(
                1, attribution=Attribution.BOTH_FAILED, candidate_first_token_us=1, **STREAM
            ),
            None,
        ),
        ("schema_validity", scored(1), None),
        ("schema_validity", scored(1, signals=ASKED), 0),
        ("schema_validity", scored(1, signals=ASKED | {"schema_candidate": 0.0}), 1),
        ("schema_validity", scored(1, signals={"schema_primary": 0.0}), None),
        ("schema_validity", failure(scored(1, signals=ASKED)), 1),
        ("schema_validity", failure(scored(1)), None),
        ("relative_latency", scored(1, candidate_us=600_000), 0),
        ("relative_latency", scored(1, candidate_us=600_001), 1),
        ("relative_latency", scored(1, primary_us=None), None),
        ("relative_latency", scored(1, candidate_us=9_000_000, late="primary"), None),
        ("relative_latency", failure(scored(1)), 1),
        ("relative_latency", scored(1, **STREAM), None),
        (
            "relative_latency",
            scored(1, candidate_first_token_us=90, primary_first_token_us=70, **STREAM),
            1,
        ),
        ("quality.judge", scored(1), None),
        ("quality.judge", graded(0.7, 0.7), 0.5),
        ("quality.judge", graded(0.7, 0.55), pytest.approx(0.75)),
        ("quality.judge", graded(0.9, 0.1), 1),  # clipped
        ("quality.judge", graded(0.1, 0.9), 0),
        ("quality.judge", scored(1, signals={"judge_primary": 0.9}), None),
        ("quality.judge", scored(1, signals={"judge_candidate": 0.0}), 1),  # shown to no judge
        ("quality.judge", failure(scored(1, signals={"judge_candidate": 0.0})), 1),
        ("quality.judge", failure(scored(1)), None),  # nobody would have graded it
        ("quality.judge", graded(0.9, 0.1, unpaired="no_permitted_side"), None),
        ("quality.severe", graded(0.8, 0.3), 1),
        ("quality.severe", graded(0.8, 0.35), 0),
        ("quality.severe", failure(scored(1, signals={"judge_candidate": 0.0})), 1),
        ("quality.severe", scored(1), None),
        ("quality.schema", scored(1), None),
        ("quality.schema", scored(1, signals=ASKED), 0.5),
        ("quality.schema", scored(1, signals=ASKED | {"schema_candidate": 0.0}), 1),
        ("quality.schema", scored(1, signals=ASKED | {"schema_primary": 0.0}), 0),
        ("quality.schema", scored(1, signals={"schema_candidate": 0.0}), None),
        ("quality.schema", failure(scored(1, signals=ASKED)), 1),
        ("flags.LATERALITY", scored(1, fail_codes=("EMPTY",)), 0),
        ("flags.LATERALITY", scored(1, fail_codes=("EMPTY", "LATERALITY")), 1),
        ("flags.LATERALITY", failure(scored(1)), 1),
    ],
)
def test_one_exchange_at_a_gate(gate, row, bad):
    assert seen(row).get(gate) == bad


def test_a_catastrophe_is_not_hidden_by_good_answers_of_its_session():
    rows = [scored(n, equivalence=0.0 if n == 0 else 1.0) for n in range(5)]
    assert seen(*rows)["severe"] == pytest.approx(0.2)


def test_without_a_first_token_target_that_of_latency_holds():
    rules = Rules(REHEARSAL, Basis.NOISE)
    stream = scored(1, candidate_first_token_us=800_000, **STREAM)
    assert seen(stream, rules=rules)["first_token"] == 0
    later = scored(1, candidate_first_token_us=800_001, **STREAM)
    assert seen(later, rules=rules)["first_token"] == 1


@pytest.mark.parametrize("basis", [Basis.BAR, Basis.NEIGHBOURS])
def test_without_re_asks_nothing_is_known_to_be_a_severe_drop(basis):
    rules = Rules(RULES.terms, basis)
    assert "severe" not in seen(scored(1, equivalence=0.0), rules=rules)


def test_gates_that_the_policy_does_not_name_see_nothing():
    found = seen(scored(1), rules=Rules(REHEARSAL, Basis.NOISE))
    assert set(found) == {"equivalence", "errors", "latency", "flags", "severe"}


@pytest.mark.parametrize(
    ("minutes", "took_ms", "bad"),
    [
        (10, 2_500, 0),  # 2.5 s for ten minutes of sound
        (10, 2_501, 1),
        (40, 10_000, 0),
        (1, 2_000, 0),  # a short one as any other answer
        (1, 2_001, 1),
        (None, 2_001, 1),  # nobody told how long it is
    ],
)
def test_a_recording_has_its_target_by_its_length(minutes, took_ms, bad):
    latency = {"target_ms": 2000, "audio_ms_per_minute": 250}
    terms = REHEARSAL.model_copy(update={"gates": Gates.model_validate({"latency": latency})})
    signals = {} if minutes is None else {"audio_s": minutes * 60.0}
    row = scored(1, candidate_us=took_ms * 1000, signals=signals)
    assert seen(row, rules=Rules(terms, Basis.NOISE))["latency"] == bad


def test_without_a_target_by_length_a_recording_is_as_any_answer():
    row = scored(1, candidate_us=2_500_000, signals={"audio_s": 600.0})
    assert seen(row, rules=Rules(REHEARSAL, Basis.NOISE))["latency"] == 1


def gave_up(after_ms, **values):
    """A client that left the candidate's answer after so long."""
    told = {"attribution": "client_left", "equivalence": None, "noise_floor": None}
    told |= {"serving": "candidate", "unpaired": "client_abort", "primary_us": None}
    return scored(1, candidate_us=after_ms * 1000, **told | values)


@pytest.mark.parametrize(
    ("row", "bad"),
    [
        (gave_up(3_000), {"latency": 1.0}),
        (gave_up(1_900), {}),
        (gave_up(1_900, streaming=True), {"latency": 1.0, "first_token": 1.0}),
        (gave_up(700, streaming=True), {}),
        (
            gave_up(9_000, streaming=True, candidate_first_token_us=300_000),
            {"latency": 0.0, "first_token": 0.0},
        ),
        (
            gave_up(9_000, streaming=True, candidate_first_token_us=900_000),
            {"latency": 1.0, "first_token": 1.0},
        ),
        # Flags and fields of what had come by then are not asked.
        (
            gave_up(3_000, fail_codes=("EMPTY",), signals={"schema_primary": 1.0}),
            {"latency": 1.0},
        ),
    ],
)
def test_a_client_that_gives_up_tells_of_speed_what_is_known_and_of_nothing_else(row, bad):
    rules = Rules(REHEARSAL, Basis.NOISE)
    assert badness.of(rules, [row]) == bad
    assert badness.silent(rules, row) is not bool(bad)


@pytest.mark.parametrize(
    ("signals", "bad"),
    [
        ({"audio_at_most_s": 2400.0}, {}),  # it may be of forty minutes, which may take 10 s
        ({"audio_at_most_s": 2300.0}, {"latency": 1.0}),
        ({"audio_at_most_s": 2400.0, "audio_s": 60.0}, {"latency": 1.0}),
    ],
)
def test_of_a_recording_whose_length_nobody_told_the_longest_possible_counts(signals, bad):
    latency = {"target_ms": 2000, "audio_ms_per_minute": 250}
    terms = REHEARSAL.model_copy(update={"gates": Gates.model_validate({"latency": latency})})
    row = gave_up(10_000, signals=signals)
    assert badness.of(Rules(terms, Basis.NOISE), [row]) == bad
