import click
import pytest

from cutover.cli.moments import MomentType, QuarterType

DAY_US = 86_400_000_000


def test_a_day_begins_at_midnight_of_utc_unless_it_says_otherwise():
    convert = MomentType().convert
    assert convert("1970-01-02", None, None) == DAY_US
    assert convert("1970-01-02T08:00+08:00", None, None) == DAY_US
    assert convert(5, None, None) == 5


def test_a_quarter_begins_and_ends_at_malaysias_midnight():
    since, until = QuarterType().convert("2026Q4", None, None)
    convert = MomentType().convert
    assert since == convert("2026-09-30T16:00", None, None)
    assert until == convert("2026-12-31T16:00", None, None)
    assert QuarterType().convert("2026Q1", None, None)[1] == convert(
        "2026-03-31T16:00", None, None
    )
    assert QuarterType().convert((1, 2), None, None) == (1, 2)


@pytest.mark.parametrize("kind", [MomentType(), QuarterType()])
@pytest.mark.parametrize("text", ["", "2026Q5", "yesterday", "2026-13-01", "9999999Q1"])
def test_what_is_neither_is_explained(kind, text):
    with pytest.raises(click.BadParameter, match="as in 2026"):
        kind.convert(text, None, None)
