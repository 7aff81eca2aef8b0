from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.yardstick import SETTLED, Yardstick


@dataclass(frozen=True)
class Row:
    comparators: str
    number: int = 0


def rows(*names):
    return [Row(name, number) for number, name in enumerate(names)]


def test_the_first_comparison_names_it_and_only_its_own_are_evidence():
    stick = Yardstick()
    assert stick.measured(rows("a", "a", "b", "a")) == [Row("a", 0), Row("a", 1), Row("a", 3)]
    assert (stick.name, stick.replaced, stick.mixed) == ("a", False, "")


@pytest.mark.parametrize(("run", "says"), [(SETTLED - 1, False), (SETTLED, True)])
def test_it_is_replaced_where_another_came_in_alone_for_long(run, says):
    stick = Yardstick("a")
    assert stick.measured(rows(*["b"] * run)) == []
    assert stick.replaced is says
    assert "`a`" in stick.mixed and "`b`" in stick.mixed


def test_while_workers_are_exchanged_nothing_is_replaced():
    stick = Yardstick("a")
    stick.measured(rows(*["b", "a"] * 100, *["b", "c"] * 100))
    assert not stick.replaced and stick.mixed


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(0, 60))
def test_it_does_not_matter_in_how_many_looks_comparisons_come_in(names, cut):
    whole, parts = Yardstick(), Yardstick()
    found = whole.measured(rows(*names))
    halves = rows(*names)
    assert parts.measured(halves[:cut]) + parts.measured(halves[cut:]) == found
    assert parts == whole


def test_the_next_standing_of_an_attempt_is_measured_with_the_same():
    stick = Yardstick("a", "b", 50)
    assert stick.renewed() == Yardstick("a")
