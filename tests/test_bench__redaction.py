"""The measurement of the recognisers: marks are read as they are written, and what the docs say of them holds."""

import benches
import pytest


@pytest.fixture(scope="module")
def bench():
    """bench/redaction.py, as a module."""
    with benches.bench("redaction") as module:
        yield module


def test_a_mark_is_taken_out_of_the_text_and_its_place_kept(bench):
    case = bench.case_of("IC {mykad:880512105233}, tel {phone:0123456789}.")
    assert case.text == "IC 880512105233, tel 0123456789."
    assert case.marks == (("mykad", 3, 15), ("phone", 21, 31))


def test_the_same_seed_gives_the_same_texts(bench):
    assert list(bench.generated(3, 50)) == list(bench.generated(3, 50))
    assert list(bench.generated(3, 50)) != list(bench.generated(4, 50))


def test_a_miss_and_a_false_finding_are_counted(bench):
    cases = [bench.case_of("{mykad:not one} and 880512-10-5233")]
    assert bench.measured(cases)["mykad"] == (1, 0, 1, 1)


@pytest.mark.parametrize("of", ["written", "generated"])
def test_of_each_kind_nine_in_ten_are_found_and_little_else_is(bench, of):
    cases = list(bench.written() if of == "written" else bench.generated(11, 600))
    for kind, (marks, hits, found, false) in bench.measured(cases).items():
        assert marks and hits >= 0.9 * marks, kind
        assert false <= max(1, 0.1 * found), kind
