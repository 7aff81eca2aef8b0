"""Two hundred pairs of answers written by hand, with the flags that a clinician would want.

`pairs/*.yaml` holds them: English, Malay, Chinese, and the mixtures that a clinic in Malaysia writes
every day. Half of them say the same in other words and may raise no flag of severity `fail`; the
others hold one thing that is wrong, named by `error`. A pair has

    id, route, language, why, input, primary, candidate
    error       what is wrong with the candidate; left out where nothing is
    expect      flags that must be raised, with their severity; no other `fail` may be
    forbid      flags that may not be raised, of whatever severity
    at_least, at_most   bounds of its equivalence
    missing     why it has no equivalence
"""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from compare import encoders
from compare.cases import of_texts
from compare.comparison import Pair, Severity
from compare.score import Scorer

FOLDER = Path(__file__).parent / "pairs"
PAIRS = [
    pair
    for path in sorted(FOLDER.glob("*.yaml"))
    for pair in yaml.safe_load(path.read_text("utf-8"))
]
KEYS = {"id", "route", "language", "why", "input", "primary", "candidate", "expect"}
MORE = {"error", "forbid", "at_least", "at_most", "missing"}
ERRORS = {
    "dose", "unit", "frequency", "drug", "side", "allergy", "negation", "refusal", "language",
    "repetition", "truncation", "plan", "patient", "number", "template", "injection",
}  # fmt: skip


@pytest.fixture(scope="module")
def comparisons():
    """What the real encoders and all comparators say, in one batch."""
    cases = [
        of_texts(one["id"], Pair(one["route"], one["input"], one["primary"], one["candidate"]))
        for one in PAIRS
    ]
    return Scorer(encoders.load()).score(cases)


def test_every_pair_is_flagged_as_a_clinician_would_want(comparisons):
    told = [
        f"{pair['id']} ({pair['why']}): {fault}"
        for pair, found in zip(PAIRS, comparisons, strict=True)
        for fault in deviations(pair, found)
    ]
    assert not told, "\n" + "\n".join(told)


def deviations(pair, found):
    """What a comparison says that the pair does not want, in words."""
    wanted, flags = pair["expect"], found.flags
    raised = {(flag.code, flag.severity.value) for flag in flags}
    for code, severity in wanted.items():
        if (code, severity) not in raised:
            yield f"{code} of severity {severity} was not raised, but {sorted(raised) or 'nothing'}"
    for flag in flags:
        unwanted = flag.severity is Severity.FAIL and flag.code not in wanted
        if unwanted or flag.code in pair.get("forbid", ()):
            yield f"{flag.code} was raised for {flag.evidence!r}"
    if found.missing != pair.get("missing", ""):
        yield f"its equivalence is missing for {found.missing!r}"
    elif found.equivalence is not None:
        low, high = pair.get("at_least", 0.0), pair.get("at_most", 1.0)
        if not low <= found.equivalence <= high:
            yield f"its equivalence is {found.equivalence:.2f}, not in {low} to {high}"


def test_every_pair_is_whole_and_has_a_name_of_its_own():
    for pair in PAIRS:
        assert KEYS <= pair.keys() <= KEYS | MORE, pair["id"]
        assert pair.get("error") in ERRORS | {None}, pair["id"]
        wrong = bool(pair["expect"] or "missing" in pair or "at_most" in pair)
        assert wrong >= ("error" in pair), f"{pair['id']} would let its error pass"
        assert "error" in pair or not pair["expect"], pair["id"]
    assert max(Counter(pair["id"] for pair in PAIRS).values()) == 1
