"""Signing in at a real provider, step by step."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from rollouts import Clock
from signing_on import API, Browser, a_provider, part

from cutover.identity import sign_ins
from cutover.identity.claims import NotTaken
from cutover.identity.provider import NotReached, Provider
from cutover.identity.single_sign_on import BEGUN_S, HANDOVER_S, SingleSignOn
from cutover.people import Role
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from policies.oidc import Oidc

MINE = "the secret of this browser, of 43 characters"


@pytest.fixture(scope="module")
def issuer():
    with a_provider() as issuer:
        yield issuer


@pytest.fixture
def clock():
    # The provider's tokens are stamped with the time of day.
    return Clock(time.time_ns() // 1000)


@pytest.fixture
def sso(home, clock, issuer):
    store = Store.open(home.store_url)
    oidc = Oidc.model_validate(part(issuer)["oidc"])
    yield SingleSignOn(oidc, Provider(), store, Sealer.open(home), clock)
    store.close()


def begun(sso, back="/", browser=MINE, *, sub="s-anna"):
    """The cookie of a sign-in, and what the provider says on the way back."""
    where, cookie = sso.begin(back, browser, anew=False)
    came = Browser(None).at_the_provider(where, sub)
    return cookie, {name: value for name, (value,) in parse_qs(urlsplit(came).query).items()}


def code_of(where):
    return parse_qs(urlsplit(where).query)["signed-in"][0]


def test_a_sign_in_asks_for_a_code_bound_to_it_and_a_new_proof_where_it_must(sso):
    where, cookie = sso.begin("/", MINE, anew=False)
    asked = parse_qs(urlsplit(where).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{API}/v1/sign-in/oidc/callback"]
    assert "max_age" not in asked
    again, other = sso.begin("/", MINE, anew=True)
    anew = parse_qs(urlsplit(again).query)
    assert (anew["max_age"], anew["prompt"]) == (["0"], ["login"])
    for name in ("state", "nonce", "code_challenge"):
        assert asked[name] != anew[name]
        assert asked[name][0] not in cookie + other, "the cookie is sealed"


def test_who_comes_back_is_handed_over_once_to_the_browser_that_began(sso, clock):
    cookie, query = begun(sso, "/rollout?tenant=clinic")
    where = sso.come_back(cookie, query, MINE)
    assert where.startswith("http://localhost:8501/rollout?tenant=clinic&signed-in=")
    with pytest.raises(NotTaken, match="of another browser"):
        sso.take_over(code_of(where), "another browser")
    token, made = sso.take_over(code_of(where), MINE)
    assert made.name == "anna@localhost"
    assert abs(made.auth_us - clock()) < 60_000_000
    with sso.store.read() as conn:
        assert sign_ins.find(conn, token, clock()) == made
    with pytest.raises(NotTaken):
        sso.take_over(code_of(where), MINE)


def test_what_comes_back_again_is_refused_even_with_a_new_code(sso):
    cookie, query = begun(sso)
    sso.take_over(code_of(sso.come_back(cookie, query, MINE)), MINE)
    with pytest.raises(NotTaken):
        sso.come_back(cookie, query, MINE)
    where, cookie = sso.begin("/", MINE, anew=False)
    answers = [Browser(None).at_the_provider(where, "s-anna") for _ in range(2)]
    first, second = (
        {n: v for n, (v,) in parse_qs(urlsplit(one).query).items()} for one in answers
    )
    sso.come_back(cookie, first, MINE)
    with pytest.raises(NotTaken, match="came back already"):
        sso.come_back(cookie, second, MINE)


@pytest.mark.parametrize(
    ("changes", "cookie_of", "browser", "says"),
    [
        ({"state": "made-up"}, None, MINE, "began no such sign-in"),
        ({"state": "ä\ud800"}, None, MINE, "began no such sign-in"),
        ({}, "", MINE, "began no such sign-in"),
        ({}, "bm90IHNlYWxlZA==", MINE, "began no such sign-in"),
        ({}, None, "another", "began no such sign-in"),
        ({}, None, "", "began no such sign-in"),
        ({"iss": "https://other.example"}, None, MINE, "another provider"),
        ({"code": ""}, None, MINE, "signed nobody in"),
        ({"code": "made-up"}, None, MINE, "gave no token for this sign-in .invalid_grant"),
    ],
)
def test_what_was_made_up_signs_nobody_in(sso, changes, cookie_of, browser, says):
    cookie, query = begun(sso)
    with pytest.raises(NotTaken, match=says):
        sso.come_back(cookie if cookie_of is None else cookie_of, query | changes, browser)


def test_a_code_of_another_sign_in_is_refused(sso):
    """Somebody's own code in another's browser would sign that one in as somebody else."""
    _, theirs = begun(sso, browser="of the attacker")
    cookie, mine = begun(sso)
    with pytest.raises(NotTaken):
        sso.come_back(cookie, mine | {"code": theirs["code"]}, MINE)


def test_ten_minutes_to_sign_in_and_one_to_be_handed_over(sso, clock):
    cookie, query = begun(sso)
    clock.pass_s(BEGUN_S)
    with pytest.raises(NotTaken, match="ten minutes"):
        sso.come_back(cookie, query, MINE)
    cookie, query = begun(sso)
    clock.now_us = time.time_ns() // 1000
    where = sso.come_back(cookie, query, MINE)
    clock.pass_s(HANDOVER_S)
    with pytest.raises(NotTaken, match="or over"):
        sso.take_over(code_of(where), MINE)


def test_a_token_of_the_provider_says_who_calls(sso, monkeypatch):
    kept = []
    exchange = Provider.exchange
    monkeypatch.setattr(
        Provider, "exchange", lambda *asked: kept.append(exchange(*asked)) or kept[-1]
    )
    cookie, query = begun(sso, sub="s-carl")
    sso.come_back(cookie, query, MINE)
    person, auth_us = sso.person(kept[0])
    assert (person.name, person.roles) == ("carl@clinic.example", {Role.ENGINEER})
    assert auth_us > 0
    with pytest.raises(NotTaken):
        sso.person(kept[0][:-8] + "AAAAAAAA")


def test_a_secret_that_is_not_set_is_told_by_its_name(sso, issuer):
    oidc = Oidc.model_validate(part(issuer, client_secret="NOT_SET_IN_TESTS")["oidc"])
    with pytest.raises(NotReached, match="NOT_SET_IN_TESTS is not set"):
        SingleSignOn(oidc, sso.provider, sso.store, sso.sealer, sso.now_us).come_back(
            *begun(sso), MINE
        )


def test_a_provider_that_is_down_begins_nothing(sso):
    oidc = Oidc.model_validate(part("http://localhost:1")["oidc"])
    down = SingleSignOn(oidc, Provider(), sso.store, sso.sealer, sso.now_us)
    for ask in (lambda: down.begin("/", MINE, anew=False), lambda: down.person("a.b.c")):
        with pytest.raises((NotReached, NotTaken)):
            ask()
