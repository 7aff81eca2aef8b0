"""What a provider's token says, claim by claim."""

import pytest

from cutover.identity import claims
from cutover.identity.claims import FRESH_S, LEEWAY_S, Expected, NotTaken

NOW_S = 1_700_000_000
NOW_US = NOW_S * 1_000_000
EXPECTED = Expected("https://idp.example", "crossfade", "crossfade", "name", "groups")
GOOD = {
    "iss": "https://idp.example",
    "aud": "crossfade",
    "sub": "s-1",
    "exp": NOW_S + 60,
    "iat": NOW_S,
    "nbf": NOW_S,
    "auth_time": NOW_S - 10,
    "name": "anna",
    "groups": ["ai-leads", 7],
}
ABSENT = object()


def read(**changes):
    said = {name: value for name, value in (GOOD | changes).items() if value is not ABSENT}
    return claims.read(said, EXPECTED, NOW_US)


def test_a_good_token_says_who_came_when_and_with_which_groups():
    found = read()
    assert (found.subject, found.called, found.groups) == ("s-1", "anna", {"ai-leads"})
    assert found.auth_us == NOW_US - 10_000_000
    assert not found.service


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"iss": "https://idp.example/"}, "another issuer"),
        ({"iss": ABSENT}, "another issuer"),
        ({"aud": "other"}, "somebody else"),
        ({"aud": ["other"]}, "somebody else"),
        ({"aud": ABSENT}, "somebody else"),
        ({"aud": {"crossfade": 1}}, "somebody else"),
        ({"aud": ["crossfade", "other"]}, "azp"),
        ({"sub": ABSENT}, "of nobody"),
        ({"sub": ""}, "of nobody"),
        ({"sub": "a\x00b"}, "of nobody"),
        ({"sub": "x" * 256}, "of nobody"),
        ({"exp": ABSENT}, "when it ends"),
        ({"exp": NOW_S - LEEWAY_S}, "is over"),
        ({"exp": "9999999999"}, "is no time"),
        ({"exp": True}, "is no time"),
        ({"nbf": NOW_S + LEEWAY_S + 1}, "not good yet"),
        ({"iat": NOW_S + LEEWAY_S + 1}, "not good yet"),
        ({"auth_time": -1}, "is no time"),
    ],
)
def test_what_is_not_as_it_must_be_is_not_taken(changes, says):
    with pytest.raises(NotTaken, match=says):
        read(**changes)


def test_clocks_may_be_off_a_little():
    assert read(exp=NOW_S - LEEWAY_S + 1, nbf=NOW_S + LEEWAY_S, iat=NOW_S + LEEWAY_S)
    assert read(nbf=ABSENT, iat=ABSENT, aud=["crossfade", "x"], azp="app")


@pytest.mark.parametrize(
    "changes",
    [
        {"azp": "s-1"},
        {"client_id": "s-1"},
        {"idtyp": "app"},
        {"gty": "client-credentials"},
        {"preferred_username": "service-account-bot"},
    ],
)
def test_a_token_that_nobody_signed_in_for_is_a_services(changes):
    assert read(**changes).service


def test_groups_that_are_no_list_are_none_and_no_time_of_proof_is_long_ago():
    assert read(groups={"a": 1}).groups == frozenset()
    assert read(groups="one").groups == {"one"}
    assert read(groups=ABSENT, name=5).called == ""
    assert read(auth_time=ABSENT).auth_us == 0


def test_fresh_is_within_five_minutes_and_not_of_the_future():
    for age_s, fresh in (
        (0, True),
        (FRESH_S, True),
        (FRESH_S + 1, False),
        (-LEEWAY_S - 1, False),
    ):
        assert claims.fresh(NOW_US - age_s * 1_000_000, NOW_US) is fresh
    assert not claims.fresh(0, NOW_US)


def test_an_answer_is_to_the_sign_in_that_sent_its_nonce():
    assert claims.answers({"nonce": "n"}, "n")
    for said in ({}, {"nonce": "m"}, {"nonce": None}, {"nonce": ["n"]}):
        assert not claims.answers(said, "n")
