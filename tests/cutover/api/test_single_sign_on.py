"""Signing in at a provider over the control API, and what such a person may do."""

import time
from dataclasses import replace

import pytest
from rollouts import ANNA, ERIK, PASSWORD, World
from signing_on import Browser, a_key, a_provider, a_token, signed_policy
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.identity.claims import FRESH_S
from cutover.identity.provider import Provider, Told
from cutover.identity.single_sign_on import LASTS_S
from mirror.journal.store import Store

ONE = "/v1/rollouts/clinic/chat"


@pytest.fixture(scope="module")
def issuer():
    with a_provider() as issuer:
        yield issuer


@pytest.fixture
def world(home, issuer):
    store = Store.open(home.store_url)
    world = World(store, home, policy=signed_policy(issuer))
    world.clock.now_us = time.time_ns() // 1000  # as the provider's tokens are stamped
    world.tick()
    world.tokens = world.add(ANNA, ERIK)
    yield world
    store.close()


@pytest.fixture
def client(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    return TestClient(api.app(), base_url="http://localhost:8081")


@pytest.fixture
def browser(client):
    return Browser(client)


def by(token):
    return {"authorization": f"Bearer {token}"}


def approve(client, world, headers, **said):
    body = {"proposal": world.view().proposal["id"], "reason": "looks right"} | said
    return client.post(f"{ONE}/approvals", json=body, headers=headers)


def test_a_person_signs_in_reads_and_approves_within_five_minutes(browser, client, world):
    told = client.get("/v1/sign-in").json()
    assert told == {"oidc": "http://localhost:8081/v1/sign-in/oidc", "provider": "localhost"}
    world.until_proposed()
    world.clock.now_us = time.time_ns() // 1000
    session = browser.sign_in("s-anna")
    me = client.get("/v1/me", headers=session).json()
    assert (me["name"], me["roles"]) == ("anna@localhost", ["lead"])
    assert me["sign_in_again"] == "http://localhost:8081/v1/sign-in/oidc?anew=true"
    assert me["fresh_until_us"] > world.clock()
    assert approve(client, world, session).json()["applied"]
    (given,) = world.events("approval.given")
    assert given["actor"] == {"kind": "human", "name": "anna@localhost", "roles": "lead"}
    assert given["details"]["confirmed_by"] == "sign-in"
    # The provider tells whole seconds, and its own clock: a second is no contradiction.
    assert 0 < given["details"]["auth_us"] <= given["at_us"] + 1_000_000


def test_after_five_minutes_an_approval_asks_to_sign_in_again(browser, client, world):
    world.until_proposed()
    world.clock.now_us = time.time_ns() // 1000
    session = browser.sign_in("s-anna")
    world.clock.pass_s(FRESH_S + 60)
    world.tick()
    refused = approve(client, world, session, proof=PASSWORD)
    assert refused.status_code == 401
    assert refused.json()["type"] == "/problems/sign-in-again"
    assert "sign in again to confirm" in refused.json()["detail"]
    assert 'max_age="300"' in refused.headers["www-authenticate"]
    assert world.events("approval.given") == []


def test_who_is_local_approves_and_proposes_nothing_where_there_is_a_provider(client, world):
    world.until_proposed()
    refused = approve(client, world, by(world.tokens["anna"]), proof=PASSWORD)
    assert refused.status_code == 403
    assert "sign in there" in refused.json()["detail"]
    assert len(world.events("approval.rejected")) == 1
    why = {"reason": "x"}
    proposed = client.post(f"{ONE}/proposals", json=why, headers=by(world.tokens["anna"]))
    assert proposed.status_code in (403, 409)
    held = client.post(f"{ONE}/holds", json=why, headers=by(world.tokens["anna"]))
    assert held.status_code == 201, "who stops something is let"


def test_a_session_of_the_provider_ends_within_the_hour(browser, client, world):
    session = browser.sign_in("s-anna")
    world.clock.pass_s(LASTS_S + 1)
    assert client.get("/v1/me", headers=session).status_code == 401


def test_a_session_ends_with_its_provider(browser, client, world):
    session = browser.sign_in("s-anna")
    world.controller.policy = signed_policy("http://localhost:1")
    assert client.get("/v1/me", headers=session).status_code == 401
    world.controller.policy = signed_policy("http://localhost:1").model_copy(
        update={"identity": type(world.controller.policy.identity)()}
    )
    assert client.get("/v1/me", headers=session).status_code == 401
    assert client.get("/v1/sign-in").json() == {"oidc": None, "provider": None}
    assert client.get("/v1/sign-in/oidc").status_code == 404


def test_who_is_in_no_group_reads_nothing(browser, client):
    session = browser.sign_in("s-nobody")
    assert client.get("/v1/rollouts", headers=session).status_code == 403


def test_break_glass_stops_and_does_nothing_else(browser, client, world):
    session = browser.sign_in("s-gina")
    why = {"reason": "fire"}
    assert client.post(f"{ONE}/holds", json=why, headers=session).status_code == 201
    declared = {"tenant": "clinic", "route": "", "reason": "fire"}
    assert client.post("/v1/emergencies", json=declared, headers=session).status_code == 201
    for path in ("proposals", "rollbacks"):
        answer = client.post(f"{ONE}/{path}", json=why, headers=session)
        assert (answer.status_code == 403) is (path == "proposals"), answer.text
    ended = client.delete(f"{ONE}/holds", params=why, headers=session)
    assert ended.status_code == 403


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/a/../..//evil",
        "/x#y",
        "/x?a=b\r\nset-cookie: c",
        "",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(client, back):
    answer = client.get("/v1/sign-in/oidc", params={"back": back}, follow_redirects=False)
    assert answer.status_code == 422
    assert "location" not in answer.headers


def test_the_cookies_are_for_this_browser_alone(client):
    answer = client.get("/v1/sign-in/oidc", follow_redirects=False)
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for each in cookies:
        assert "HttpOnly" in each
        assert "SameSite=lax" in each
        assert "Max-Age=600" in each
    assert "Path=/v1/sign-in/oidc/callback" in cookies[1]
    assert answer.headers["cache-control"] == "no-store"


def test_a_browser_that_began_nothing_is_signed_in_by_nobody(browser, client):
    """Somebody sends a link with their own sign-in in it."""
    came = browser.at_the_provider(browser.begin(), "s-carl")
    client.cookies.clear()
    answer = browser.come_back(came)
    assert answer.status_code == 401
    assert "began no such sign-in" in answer.json()["detail"]


def test_a_code_that_was_seen_on_the_way_is_of_no_use(browser, client):
    code = browser.code("s-anna")
    assert browser.take_over(code, "another browser's secret").status_code == 401
    assert browser.take_over(code).status_code == 201
    assert browser.take_over(code).status_code == 401


def known(world):
    """An API whose provider is known already, with a key of ours: what tokens say is the test's."""
    oidc = world.controller.policy.identity.oidc
    provider = Provider()
    key = {"k1": a_key()}
    provider._told = Told(oidc.issuer, "", "", by_post=False, keys=key, at_s=provider.clock())
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    return TestClient(replace(api, provider=provider).app())


def claims(world, **changes):
    now_s = world.clock() // 1_000_000
    said = {
        "iss": world.controller.policy.identity.oidc.issuer,
        "aud": "crossfade",
        "sub": "s-9",
        "iat": now_s,
        "exp": now_s + 300,
        "auth_time": now_s - 5,
        "preferred_username": "lena",
        "groups": ["ai-leads"],
    }
    return said | changes


def test_a_token_of_the_provider_is_a_persons_own(world):
    client = known(world)
    world.until_proposed()
    headers = by(a_token(claims(world)))
    assert client.get("/v1/me", headers=headers).json()["name"] == "lena@localhost"
    assert approve(client, world, headers).json()["applied"]


@pytest.mark.parametrize("stale", [{"auth_time": None}, {"auth_time": 1}])
def test_a_token_of_long_ago_approves_nothing(world, stale):
    client = known(world)
    world.until_proposed()
    refused = approve(client, world, by(a_token(claims(world, **stale))))
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/sign-in-again")


def test_a_service_reads_and_holds_and_approves_nothing(world):
    client = known(world)
    world.until_proposed()
    headers = by(a_token(claims(world, azp="s-9", preferred_username="bot")))
    refused = approve(client, world, headers)
    assert refused.status_code == 403
    assert "a service approves nothing" in refused.json()["detail"]
    (rejected,) = world.events("approval.rejected")
    assert (rejected["actor"]["kind"], rejected["actor"]["name"]) == (
        "service",
        "bot@localhost",
    )
    assert client.post(f"{ONE}/holds", json={"reason": "x"}, headers=headers).status_code == 201


def test_keys_that_cannot_be_had_let_nobody_in(world):
    world.controller.policy = signed_policy("http://localhost:1")
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    client = TestClient(api.app())
    answer = client.get("/v1/me", headers=by(a_token(claims(world))))
    assert answer.status_code == 503
    assert "cannot be asked who signs in" in answer.json()["detail"]
    assert client.get("/v1/me", headers=by(world.tokens["erik"])).status_code == 200
