"""Attempts without a right, one after the other: each is refused, nothing changes, and the log tells of it."""

import json

import pytest
from attempting import COUNTED, DENIED, REJECTED, a_client, a_world, by, refused_and_told, told
from rollouts import BEN, PASSWORD
from signing_on import a_key, a_token
from starlette.websockets import WebSocketDisconnect

from cutover.identity.sign_ins import LASTS_S
from mirror.journal.store import Store

ONE = "/v1/rollouts/clinic/chat"
EVIL = "https://evil.example"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = a_world(store, home)
    yield world
    store.close()


@pytest.fixture
def client(world):
    return a_client(world)


def approve(client, world, *, token="", headers=None, **said):
    body = {"proposal": world.view().proposal["id"], "reason": "x", "proof": PASSWORD} | said
    given = {"authorization": f"Bearer {token}"} if token else {}
    return client.post(f"{ONE}/approvals", json=body, headers=given | (headers or {}))


def no_token(client, world):
    return approve(client, world)


def a_token_of_nobody(client, world):
    return approve(client, world, token="x" * 43)


def a_session_that_is_over(client, world):
    token = sign_in(client)
    world.clock.pass_s(LASTS_S)
    world.tick()
    world.mark()
    return client.post(f"{ONE}/rollbacks", json={"reason": "x"}, headers=by(token))


def a_session_that_was_signed_out_of(client, world):
    token = sign_in(client)
    client.delete("/v1/sessions", headers=by(token))
    world.mark()
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


def a_form_of_another_site(client, world):
    """What another site has a browser send: cookies go along, and are no right here."""
    cookies = f"token={world.tokens['anna']}; crossfade_browser={'x' * 43}"
    return approve(client, world, headers={"cookie": cookies, "origin": EVIL})


def a_page_of_another_site_with_a_token(client, world):
    return approve(client, world, token=world.tokens["anna"], headers={"origin": EVIL})


def a_sandboxed_page(client, world):
    return approve(client, world, token=world.tokens["anna"], headers={"origin": "null"})


def a_sign_in_from_another_site(client, world):
    body = {"name": "anna", "password": PASSWORD}
    return client.post("/v1/sessions", json=body, headers={"origin": EVIL})


def a_question_whether_another_site_may(client, world):
    """The preflight request of a browser."""
    return client.options(f"{ONE}/rollbacks", headers={"origin": EVIL})


def a_page_by_its_name(client, world):
    return client.get("/v1/approvals")


def another_page_by_its_name(client, world):
    return client.get("/metrics")


def a_token_in_the_address(client, world):
    body = {"proposal": world.view().proposal["id"], "reason": "x", "proof": PASSWORD}
    query = {"access_token": world.tokens["anna"], "token": world.tokens["anna"]}
    return client.post(f"{ONE}/approvals", params=query, json=body)


def somebody_without_the_role(client, world):
    return approve(client, world, token=world.tokens["erik"])


def a_viewer_who_rolls_back(client, world):
    vera = by(world.tokens["vera"])
    return client.post(f"{ONE}/rollbacks", json={"reason": "x"}, headers=vera)


def a_lead_of_another_tenant(client, world):
    return approve(client, world, token=world.tokens["otto"])


def a_reader_of_another_tenant(client, world):
    return client.get(ONE, headers=by(world.tokens["otto"]))


def a_token_without_the_password(client, world):
    return approve(client, world, token=world.tokens["anna"], proof="")


def somebody_elses_password(client, world):
    return approve(client, world, token=world.tokens["anna"], proof="another horse battery")


def evidence_that_is_not_of_now(client, world):
    """Harm came after the proposal was read, and the proposal is over."""
    id = world.view().proposal["id"]
    world.desk.hold(BEN, ("clinic", "chat"), "wait")
    world.desk.resume(BEN, ("clinic", "chat"), "go on")
    why = {"proposal": id, "reason": "I read worse"}
    client.post(f"{ONE}/rejections", json=why, headers=by(world.tokens["ben"]))
    world.mark()
    body = {"proposal": id, "reason": "x", "proof": PASSWORD}
    return client.post(f"{ONE}/approvals", json=body, headers=by(world.tokens["anna"]))


def their_own_proposal(client, world):
    why = {"proposal": world.view().proposal["id"], "reason": "again, by a person"}
    client.post(f"{ONE}/rejections", json=why, headers=by(world.tokens["ben"]))
    anna = by(world.tokens["anna"])
    made = client.post(f"{ONE}/proposals", json={"reason": "x"}, headers=anna)
    assert made.status_code == 201, made.text
    world.mark()
    return approve(
        client, world, token=world.tokens["anna"], headers={"x-forwarded-user": "ben"}
    )


def a_guess_at_the_password(client, world):
    return client.post("/v1/sessions", json={"name": "anna", "password": "a guess at it"})


def a_guess_at_a_name(client, world):
    return client.post("/v1/sessions", json={"name": "root", "password": "a guess at it"})


@pytest.mark.parametrize(
    ("attempt", "status", "type", "kind"),
    [
        (no_token, 401, COUNTED, "no token"),
        (a_token_of_nobody, 401, COUNTED, "unknown token"),
        (a_session_that_is_over, 401, COUNTED, "expired token"),
        (a_session_that_was_signed_out_of, 401, COUNTED, "unknown token"),
        (a_signed_token_without_a_provider, 401, COUNTED, "unknown token"),
        (headers_that_name_somebody, 401, COUNTED, "forged header"),
        (a_form_of_another_site, 403, COUNTED, "foreign origin"),
        (a_page_of_another_site_with_a_token, 403, COUNTED, "foreign origin"),
        (a_sandboxed_page, 403, COUNTED, "foreign origin"),
        (a_sign_in_from_another_site, 403, COUNTED, "foreign origin"),
        (a_question_whether_another_site_may, 403, COUNTED, "foreign origin"),
        (a_page_by_its_name, 401, COUNTED, "no token"),
        (another_page_by_its_name, 401, COUNTED, "no token"),
        (a_token_in_the_address, 401, COUNTED, "no token"),
        (somebody_without_the_role, 403, REJECTED, None),
        (a_viewer_who_rolls_back, 403, DENIED, "missing role"),
        (a_lead_of_another_tenant, 403, DENIED, "wrong tenant"),
        (a_reader_of_another_tenant, 403, DENIED, "wrong tenant"),
        (a_token_without_the_password, 403, DENIED, "not proven"),
        (somebody_elses_password, 403, "user.confirm_failed", None),
        (evidence_that_is_not_of_now, 409, REJECTED, None),
        (their_own_proposal, 403, REJECTED, None),
        (a_guess_at_the_password, 403, "user.sign_in_failed", None),
        (a_guess_at_a_name, 403, COUNTED, "sign-in"),
    ],
)
def test_an_attempt_without_a_right_is_refused_and_an_event_and_changes_nothing(
    client, world, attempt, status, type, kind
):
    world.mark()
    answer = attempt(client, world)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    refused_and_told(world, type, kind)
    secrets = (PASSWORD, *world.tokens.values())
    assert not [one for one in secrets if one in json.dumps(told(world)) + answer.text]


def test_evidence_that_turned_since_moves_nobody(client, world):
    """The proposal is open, and what was compared since it was read is harm."""
    world.exchange(bad=True)
    world.exchange(bad=True)
    answer = approve(client, world, token=world.tokens["anna"])
    assert (answer.status_code, answer.json()["applied"]) == (201, False)
    (void,) = world.events("approval.void")
    assert "no longer promote" in void["reason"]
    assert world.view().stage == "mirror"


def test_a_raw_websocket_is_closed_and_counted(client, world):
    world.mark()
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"{ONE}/approvals", headers=by(world.tokens["anna"])),
    ):
        pass
    refused_and_told(world, COUNTED, "websocket")


def sign_in(client):
    body = {"name": "anna", "password": PASSWORD}
    return client.post("/v1/sessions", json=body).json()["token"]
