"""Attempts without a right, one after the other: each is refused, nothing moves, and what the log must tell is told."""

import json
from dataclasses import replace

import pytest
from rollouts import ANNA, BEN, ERIK, PASSWORD, VERA, World
from signing_on import a_key, a_token
from starlette.testclient import TestClient

from cutover import people
from cutover.api.app import Api
from cutover.identity.sign_ins import LASTS_S
from cutover.people import CONTROLLER, Role
from mirror.journal import events
from mirror.journal.store import Store

ONE = "/v1/rollouts/clinic/chat"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ANNA, BEN, ERIK, VERA)
    with store.write() as conn:
        given = {"by": CONTROLLER, "at_us": 1, "tenants": ["elsewhere"]}
        world.tokens["otto"] = people.add(conn, "otto", [Role.LEAD], **given)
    world.until_proposed()
    yield world
    store.close()


@pytest.fixture
def client(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    return TestClient(replace(api, paced=False).app())


def approve(client, world, *, token="", headers=None, **said):
    body = {"proposal": world.view().proposal["id"], "reason": "x", "proof": PASSWORD} | said
    given = {"authorization": f"Bearer {token}"} if token else {}
    return client.post(f"{ONE}/approvals", json=body, headers=given | (headers or {}))


def no_token(client, world):
    return approve(client, world)


def a_token_of_nobody(client, world):
    return approve(client, world, token="x" * 43)


def a_session_that_is_over(client, world):
    body = {"name": "anna", "password": PASSWORD}
    token = client.post("/v1/sessions", json=body).json()["token"]
    world.clock.pass_s(LASTS_S)
    world.tick()
    return client.post(f"{ONE}/rollbacks", json={"reason": "x"}, headers=_by(token))


def a_session_that_was_signed_out_of(client, world):
    body = {"name": "anna", "password": PASSWORD}
    token = client.post("/v1/sessions", json=body).json()["token"]
    client.delete("/v1/sessions", headers=_by(token))
    return approve(client, world, token=token)


def a_signed_token_without_a_provider(client, world):
    return approve(client, world, token=a_token({"sub": "anna", "iss": "me"}, key=a_key("own")))


def headers_that_name_somebody(client, world):
    names = (
        "x-user",
        "x-forwarded-user",
        "x-crossfade-user",
        "remote-user",
        "x-forwarded-email",
    )
    return approve(client, world, headers=dict.fromkeys(names, "anna"))


def a_cookie_of_another_site(client, world):
    """A form that another site has a browser send: cookies go along, and are no right here."""
    cookies = f"token={world.tokens['anna']}; crossfade_browser={'x' * 43}"
    return approve(client, world, headers={"cookie": cookies, "origin": "https://evil.example"})


def a_token_in_the_address(client, world):
    body = {"proposal": world.view().proposal["id"], "reason": "x", "proof": PASSWORD}
    query = {"access_token": world.tokens["anna"], "token": world.tokens["anna"]}
    return client.post(f"{ONE}/approvals", params=query, json=body)


def somebody_without_the_role(client, world):
    return approve(client, world, token=world.tokens["erik"])


def a_lead_of_another_tenant(client, world):
    return approve(client, world, token=world.tokens["otto"])


def a_token_without_the_password(client, world):
    return approve(client, world, token=world.tokens["anna"], proof="")


def somebody_elses_password(client, world):
    return approve(client, world, token=world.tokens["anna"], proof="another horse battery")


def a_proposal_that_there_is_not(client, world):
    return approve(client, world, token=world.tokens["anna"], proposal="made-up")


def a_guess_at_the_password(client, world):
    return client.post("/v1/sessions", json={"name": "anna", "password": "a guess at it"})


@pytest.mark.parametrize(
    ("attempt", "status", "told"),
    [
        (no_token, 401, None),
        (a_token_of_nobody, 401, None),
        (a_session_that_is_over, 401, None),
        (a_session_that_was_signed_out_of, 401, None),
        (a_signed_token_without_a_provider, 401, None),
        (headers_that_name_somebody, 401, None),
        (a_cookie_of_another_site, 401, None),
        (a_token_in_the_address, 401, None),
        (somebody_without_the_role, 403, "approval.rejected"),
        (a_lead_of_another_tenant, 403, None),
        (a_token_without_the_password, 403, None),
        (somebody_elses_password, 403, "user.confirm_failed"),
        (a_proposal_that_there_is_not, 409, None),
        (a_guess_at_the_password, 403, "user.sign_in_failed"),
    ],
)
def test_an_attempt_without_a_right_moves_nothing(client, world, attempt, status, told):
    before = world.view().stage
    answer = attempt(client, world)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.view().stage == before == "mirror"
    assert world.events("approval.given") == []
    with world.store.read() as conn:
        kept = [
            json.loads(one.body) for name in ("", "clinic") for one in events.read(conn, name)
        ]
    if told is not None:
        (refused,) = [one for one in kept if one["type"] == told]
        assert told == "approval.rejected" or refused["outcome"] == "refused"
    for secret in (PASSWORD, *world.tokens.values()):
        assert secret not in json.dumps(kept) + answer.text


def test_nobody_approves_what_they_proposed_whoever_else_they_say_they_are(client, world):
    why = {"proposal": world.view().proposal["id"], "reason": "again, by a person"}
    client.post(f"{ONE}/rejections", json=why, headers=_by(world.tokens["ben"]))
    made = client.post(
        f"{ONE}/proposals", json={"reason": "x"}, headers=_by(world.tokens["anna"])
    )
    assert made.status_code == 201, made.text
    refused = approve(
        client, world, token=world.tokens["anna"], headers={"x-forwarded-user": "ben"}
    )
    assert refused.status_code == 403
    assert "their own proposal" in refused.json()["detail"]
    assert len(world.events("approval.rejected")) == 1
    assert world.view().stage == "mirror"


def _by(token):
    return {"authorization": f"Bearer {token}"}
