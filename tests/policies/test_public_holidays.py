"""Public holidays by code, as the package knows them."""

from datetime import date

from policies.public_holidays import name_of, unknown


def test_countries_and_their_parts_are_known_by_iso_codes():
    assert unknown("MY") == unknown("MY-10") == ""
    assert "no public holidays of `XX`" in unknown("XX")
    assert "no part `99` of MY" in unknown("MY-99")


def test_a_part_of_a_country_has_holidays_of_its_own():
    birthday = date(2026, 12, 11)  # of the Sultan of Selangor
    assert name_of("MY-10", birthday)
    assert not name_of("MY-13", birthday)
    assert name_of("MY-13", date(2026, 8, 31))  # the nation's day
    assert not name_of("MY", date(2026, 8, 30))
