"""The paths of sessions, and that an approval is confirmed."""

import json
import threading

import pytest
from rollouts import ANNA, BEN, ERIK, KEY, PASSWORD, VERA, World
from starlette.testclient import TestClient

from cutover import people
from cutover.api import pacing, signing_in
from cutover.api.app import Api
from cutover.identity import passwords
from cutover.identity.local import WRONG
from cutover.identity.sign_ins import LASTS_S
from cutover.people import CONTROLLER
from mirror.journal import events
from mirror.journal.store import Store

ONE = "/v1/rollouts/clinic/chat"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ANNA, BEN, ERIK, VERA)
    yield world
    store.close()


@pytest.fixture
def client(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    return TestClient(api.app())


def sign_in(client, name="anna", password=PASSWORD, code=""):
    return client.post("/v1/sessions", json={"name": name, "password": password, "code": code})


def by(token):
    return {"authorization": f"Bearer {token}"}


def approve(client, world, token, **said):
    body = {"proposal": world.view().proposal["id"], "reason": "looks right"} | said
    return client.post(f"{ONE}/approvals", json=body, headers=by(token))


def test_who_signs_in_acts_as_that_person_until_signing_out(client):
    session = sign_in(client).json()
    assert session["name"] == "anna"
    assert client.get("/v1/me", headers=by(session["token"])).json()["roles"] == ["lead"]
    out = client.delete("/v1/sessions", headers=by(session["token"]))
    assert out.json() == {"name": "anna"}
    assert client.get("/v1/me", headers=by(session["token"])).status_code == 401


def test_a_session_ends_with_the_day(client, world):
    token = sign_in(client).json()["token"]
    world.clock.pass_s(LASTS_S - 1)
    assert client.get("/v1/me", headers=by(token)).status_code == 200
    world.clock.pass_s(1)
    assert client.get("/v1/me", headers=by(token)).status_code == 401


def test_who_is_removed_is_out_at_once(client, world):
    token = sign_in(client).json()["token"]
    with world.store.write() as conn:
        people.remove(conn, "anna", by=CONTROLLER, at_us=1)
    assert client.get("/v1/me", headers=by(token)).status_code == 401
    assert sign_in(client).status_code == 403


def test_signing_out_with_a_personal_token_ends_nothing(client, world):
    assert client.delete("/v1/sessions", headers=by(world.tokens["anna"])).status_code == 200
    assert client.get("/v1/me", headers=by(world.tokens["anna"])).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"name": "anna", "password": "wrong horse battery"},
        {"name": "nobody", "password": PASSWORD},
        {"name": "anna\x00", "password": PASSWORD},
        {"name": "", "password": ""},
    ],
)
def test_a_wrong_one_is_refused_and_repeated_nowhere(client, said):
    answer = client.post("/v1/sessions", json=said)
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/not-proven"
    assert answer.json()["detail"] == WRONG
    assert said["password"] == "" or said["password"] not in answer.text


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"name": "anna"},
        {"name": 1, "password": "x"},
        {"name": "a", "password": "x" * 300},
        {"name": "anna", "password": "\ud800"},
    ],
)
def test_what_is_no_sign_in_is_422(client, said):
    answer = client.post("/v1/sessions", content=json.dumps(said))
    assert answer.status_code == 422
    assert "xxx" not in answer.text


def test_many_at_once_who_are_not_known_leave_room_for_the_others(client, world, monkeypatch):
    monkeypatch.setattr(signing_in, "AT_ONCE", threading.BoundedSemaphore(1))
    with signing_in.AT_ONCE:
        assert sign_in(client).status_code == 429
        assert client.get("/v1/me", headers=by(world.tokens["anna"])).status_code == 200
    assert [sign_in(client, password="wrong").status_code for _ in range(2)] == [403, 403]
    assert sign_in(client).status_code == 201


def test_an_approval_is_confirmed_and_its_event_says_how(client, world):
    world.until_proposed()
    token = sign_in(client).json()["token"]
    for proof in ("", "wrong horse battery", "123456"):
        refused = approve(client, world, token, proof=proof)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-proven")
    assert approve(client, world, token).status_code == 403
    assert world.view().stage == "mirror"
    assert world.events("approval.given") == []
    done = approve(client, world, token, proof=PASSWORD)
    assert done.json()["applied"]
    (given,) = world.events("approval.given")
    assert given["details"]["confirmed_by"] == "password"


def test_a_personal_token_alone_approves_nothing(client, world):
    world.until_proposed()
    refused = approve(client, world, world.tokens["anna"])
    assert (refused.status_code, world.view().stage) == (403, "mirror")
    assert "your password, or a code" in refused.json()["detail"]
    assert approve(client, world, world.tokens["anna"], proof=PASSWORD).json()["applied"]


def test_who_has_no_password_is_told_how_to_get_one(client, world):
    with world.store.write() as conn:
        given = {"by": CONTROLLER, "at_us": 1}
        token = people.add(conn, "carl", ANNA.roles, **given)
    world.until_proposed()
    refused = approve(client, world, token, proof="anything at all")
    assert refused.status_code == 403
    assert "`crossfade user password NAME`" in refused.json()["detail"]


def test_who_may_not_approve_at_all_is_asked_for_no_password(client, world):
    world.until_proposed()
    refused = approve(client, world, world.tokens["erik"])
    assert "only a lead approves" in refused.json()["detail"]
    assert len(world.events("approval.rejected")) == 1


def test_guesses_at_an_approval_are_slowed_down_too(client, world):
    world.until_proposed()
    for _ in range(5):
        approve(client, world, world.tokens["anna"], proof="a wrong guess")
    refused = approve(client, world, world.tokens["anna"], proof=PASSWORD)
    assert "too many wrong ones in a row" in refused.json()["detail"]
    assert refused.json()["type"] == "/problems/locked"
    assert int(refused.headers["retry-after"]) > 0
    assert world.view().stage == "mirror"


def test_no_event_holds_a_password_or_a_token(client, world):
    token = sign_in(client).json()["token"]
    sign_in(client, password="wrong horse battery")
    world.until_proposed()
    approve(client, world, token, proof=PASSWORD)
    with world.store.read() as conn:
        kept = json.dumps(
            [one.body for tenant in ("", KEY[0]) for one in events.read(conn, tenant)]
        )
    assert "user.signed_in" in kept
    for secret in (PASSWORD, "wrong horse battery", token, *world.tokens.values()):
        assert secret not in kept


def test_wrong_ones_of_one_address_keep_nobody_out_at_another(client, monkeypatch):
    monkeypatch.setattr(passwords, "matches", lambda kept, given: kept and given != "wrong")
    for _ in range(6):
        assert sign_in(client, password="wrong").status_code == 403
    assert sign_in(client).status_code == 403
    monkeypatch.setattr(pacing, "address", lambda _: "10.0.0.2")
    assert sign_in(client).status_code == 201
