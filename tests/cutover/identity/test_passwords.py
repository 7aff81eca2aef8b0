"""Passwords: what is kept of them, and which are taken."""

import unicodedata

import pytest

from cutover.identity import passwords

GOOD = "correct horse battery"


def test_what_is_kept_matches_its_password_alone():
    kept = passwords.hashed(GOOD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert GOOD not in kept
    assert passwords.matches(kept, GOOD)
    assert not passwords.matches(kept, GOOD + "!")
    assert passwords.hashed(GOOD) != kept, "each has its own salt"


def test_nothing_matches_who_has_no_password():
    assert not passwords.matches("", "")
    assert not passwords.matches("", "nobody has this password")
    assert not passwords.matches("no hash at all", GOOD)


def test_what_a_keyboard_composes_otherwise_is_the_same_password():
    composed = "kata laluan \u00e9 rahsia"
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    assert passwords.matches(passwords.hashed(composed), apart)


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "12 to 256 characters"),
        ("x" * 257, "12 to 256 characters"),
        ("ANNA likes long words", "does not contain its user's name"),
        ("aaaaaaaaaaaaaaaa", "at least 6 different characters"),
        (GOOD, ""),
        (GOOD + "x" * 235, ""),
        ("密码要足够长才可以通过检查", ""),
    ],
)
def test_a_password_is_long_and_not_the_name(password, says):
    assert says in passwords.weak(password, "anna")
    assert bool(says) == bool(passwords.weak(password, "anna"))


def test_a_short_name_may_be_in_a_password_by_chance():
    assert passwords.weak("a long and good one", "an") == ""


def test_what_is_looked_at_for_nobody_takes_as_long_as_a_password():
    kept, nobodys = passwords.hashed(GOOD), passwords._NOBODYS
    assert kept.split("$")[:4] == nobodys.split("$")[:4]
    assert len(kept) == len(nobodys)


def test_a_long_password_is_looked_at_whole():
    long = GOOD + " and on" * 30
    assert not passwords.matches(passwords.hashed(long), long + "!")
