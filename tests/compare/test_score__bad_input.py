"""Every row of the table of answers in docs/bad-input.md, and texts that wear out patterns."""

import re
import time
import tracemalloc
from pathlib import Path

import pytest
from bad_answers import ANSWER, ASKED, CASES, PIECES

from compare import encoders, sentences
from compare.cases import LONGEST_ANSWER, of_texts
from compare.comparators import OF_TEXT
from compare.comparison import Pair
from compare.score import Scorer

PAGE = Path(__file__).parents[2] / "docs" / "bad-input.md"
ROUTES = ("chat", "reason")
LOW = 0.5
CPU_S = 10  # of all comparators; one that tries every way through 20,000 signs takes minutes
MEMORY = 100 << 20


def of_pair(route, primary, candidate):
    return of_texts("e1", Pair(route, ASKED, primary, candidate))


@pytest.fixture(scope="module")
def comparisons():
    """By route and name, what the real encoders and all comparators say of every case."""
    scorer = Scorer(encoders.load())
    return {
        (route, name): found
        for route in ROUTES
        for name, found in zip(
            CASES, scorer.score([of_pair(route, *case) for case in CASES.values()]), strict=True
        )
    }


def told(found):
    """How the page tells of an equivalence."""
    if found.equivalence is None:
        return f"none: `{found.missing}`"
    return "low" if found.equivalence < LOW else "scored"


def page():
    """The page's rows: flags that are raised, and the equivalence, by name of the case."""
    table = PAGE.read_text().partition("## Answers")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|[^|]+\| ([^|]+) \| ([^|]+) \|$", table, re.M)
    return {
        name: (set(re.findall(r"`(\w+)` (\w+)", flags)), score) for name, flags, score in rows
    }


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_told_as_the_page_says(comparisons, route):
    assert page().keys() == CASES.keys()
    for name, (flags, score) in page().items():
        found = comparisons[route, name]
        raised = {(flag.code, str(flag.severity)) for flag in found.flags}
        assert flags <= raised and told(found) == score, (name, raised, told(found))


def test_nothing_that_says_nothing_is_alike_and_nothing_odd_goes_unseen(comparisons):
    for (_, name), found in comparisons.items():
        assert found.missing or found.flags or found.equivalence < LOW, name


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_a_text_that_wears_out_patterns_takes_bounded_time(piece):
    worn = (piece * LONGEST_ANSWER)[: LONGEST_ANSWER - 1] + "x"
    pairs = [Pair("reason", worn, ANSWER, worn), Pair("reason", ASKED, worn, ANSWER)]
    before = time.process_time()
    for pair in pairs:
        for comparator in OF_TEXT:
            comparator(pair)
    sentences.split(worn)
    assert time.process_time() - before < CPU_S


def test_a_megabyte_takes_bounded_memory(words):
    for name in ("megabyte-of-words", "megabyte-of-a-letter", "megabyte-of-new-lines"):
        tracemalloc.start()
        try:
            Scorer((words,)).score([of_pair("reason", *CASES[name])])
            assert tracemalloc.get_traced_memory()[1] < MEMORY
        finally:
            tracemalloc.stop()
