"""Attempts at exports without a right, one after the other: none succeeds, nothing changes, and the log tells of each."""

import pytest
from exported_orders import ASK, FULL, PATH, a_client, a_world, by, done, expired, told
from rollouts import PASSWORD

from cutover.exports import orders
from mirror.journal.store import Store

WHY = {"reason": "x"}
YES = WHY | {"proof": PASSWORD}
DENIED = "access.denied"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = a_world(store, home)
    world.client = a_client(world)
    yield world
    store.close()


def post(world, person, path="", **body):
    return world.client.post(f"{PATH}{path}", json=body, headers=by(world, person))


def asked(world, person="cora", **more):
    return post(world, person, **FULL, **more).json()["id"]


def approved(world):
    id = asked(world)
    assert post(world, "lena", f"/{id}/approve", **YES).status_code == 200
    return id


def a_viewer_asks(world):
    return lambda: post(world, "vera", **ASK), "missing role", ""


def a_lead_asks(world):
    return lambda: post(world, "lena", **ASK), "missing role", ""


def somebody_of_another_tenant_asks(world):
    return lambda: post(world, "otto", **ASK), "wrong tenant", ""


def one_of_a_tenant_asks_for_the_deployments_own(world):
    return lambda: post(world, "ines", **ASK | {"tenant": ""}), "wrong tenant", ""


def somebody_of_another_tenant_reads(world):
    id = asked(world)
    read = lambda: world.client.get(f"{PATH}/{id}", headers=by(world, "otto"))  # noqa: E731
    return read, "wrong tenant", id


def an_engineer_lists(world):
    return lambda: world.client.get(PATH, headers=by(world, "erik")), "missing role", ""


def who_asked_approves(world):
    id = asked(world)
    return lambda: post(world, "cora", f"/{id}/approve", **YES), "their own export", id


def who_asked_refuses(world):
    id = asked(world)
    return lambda: post(world, "cora", f"/{id}/refuse", **WHY), "their own export", id


def an_engineer_approves(world):
    id = asked(world)
    return lambda: post(world, "erik", f"/{id}/approve", **YES), "missing role", id


def somebody_of_another_tenant_approves(world):
    id = asked(world)
    return lambda: post(world, "otto", f"/{id}/approve", **YES), "wrong tenant", id


def an_approval_without_proof(world):
    id = asked(world)
    return lambda: post(world, "lena", f"/{id}/approve", **WHY), "not proven", id


def an_approval_with_a_wrong_password(world):
    id = asked(world)
    wrong = WHY | {"proof": "another horse battery"}
    return lambda: post(world, "lena", f"/{id}/approve", **wrong), "user.confirm_failed", id


def an_approval_with_no_token_at_all(world):
    id = asked(world)
    return lambda: world.client.post(f"{PATH}/{id}/approve", json=YES), "counted", id


def somebody_else_withdraws(world):
    id = asked(world)
    return lambda: post(world, "carl", f"/{id}/withdraw", **WHY), "missing role", id


def an_approved_one_is_approved_again(world):
    id = approved(world)
    return lambda: post(world, "carl", f"/{id}/approve", **YES), "ended export", id


def a_done_one_is_approved_again(world):
    id = approved(world)
    done(world, id)
    return lambda: post(world, "carl", f"/{id}/approve", **YES), "ended export", id


def a_done_one_is_refused(world):
    id = approved(world)
    done(world, id)
    return lambda: post(world, "carl", f"/{id}/refuse", **WHY), "ended export", id


def an_expired_one_is_approved(world):
    id = asked(world)
    expired(world, id)
    return lambda: post(world, "lena", f"/{id}/approve", **YES), "ended export", id


def a_lead_takes_a_bundle(world):
    return _takes(world, "lena", "missing role")


def somebody_of_another_tenant_takes_a_bundle(world):
    return _takes(world, "otto", "wrong tenant")


def a_bundle_that_is_not_made_is_taken(world):
    id = approved(world)
    take = lambda: world.client.get(f"{PATH}/{id}/bundle", headers=by(world, "cora"))  # noqa: E731
    return take, "ended export", id


def _takes(world, person, kind):
    id = approved(world)
    done(world, id)
    take = lambda: world.client.get(f"{PATH}/{id}/bundle", headers=by(world, person))  # noqa: E731
    return take, kind, id


ATTEMPTS = [
    a_viewer_asks,
    a_lead_asks,
    somebody_of_another_tenant_asks,
    one_of_a_tenant_asks_for_the_deployments_own,
    somebody_of_another_tenant_reads,
    an_engineer_lists,
    who_asked_approves,
    who_asked_refuses,
    an_engineer_approves,
    somebody_of_another_tenant_approves,
    an_approval_without_proof,
    an_approval_with_a_wrong_password,
    an_approval_with_no_token_at_all,
    somebody_else_withdraws,
    an_approved_one_is_approved_again,
    a_done_one_is_approved_again,
    a_done_one_is_refused,
    an_expired_one_is_approved,
    a_lead_takes_a_bundle,
    somebody_of_another_tenant_takes_a_bundle,
    a_bundle_that_is_not_made_is_taken,
]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda one: one.__name__)
def test_nobody_without_a_right_gets_an_export(world, attempt):
    act, kind, id = attempt(world)
    before = _orders(world), told(world), told(world, "")
    answer = act()
    assert answer.status_code in {401, 403, 409}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (_orders(world), told(world), told(world, "")) == before
    assert _noted(world, kind, id)


def test_a_key_that_was_used_for_another_order_orders_nothing(world):
    headers = by(world, "cora") | {"idempotency-key": "k"}
    assert world.client.post(PATH, json=ASK, headers=headers).status_code == 201
    before = _orders(world)
    assert world.client.post(PATH, json=FULL, headers=headers).status_code == 422
    assert _orders(world) == before


def _noted(world, kind, id):
    """Whether the log has exactly this attempt: in the tenant's own log where it is about one of its exports."""
    if kind == "counted":  # of who nobody knows only the number is told, later
        return True
    if kind.startswith("user."):
        return [one["type"] for one in told(world, "", "user.confirm")] == [kind]
    found = told(world, "clinic", DENIED) + told(world, "", DENIED)
    if id:
        assert len(told(world, "clinic", DENIED)) == 1
    return [one["details"]["kind"] for one in found] == [kind]


def _orders(world):
    with world.store.read() as conn:
        return orders.page(conn, None, (), None, 100)
