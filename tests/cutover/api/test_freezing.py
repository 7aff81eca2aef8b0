"""The paths of freezes, as clients meet them."""

import pytest
from rollouts import ANNA, ERIK, VERA, World, a_policy
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.plans.freezer import Freezer
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ANNA, ERIK, VERA)
    yield world
    store.close()


@pytest.fixture
def ask(world):
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    client = TestClient(app, raise_server_exceptions=False)

    def ask(method, path, person=ERIK, **given):
        headers = {"authorization": f"Bearer {world.tokens[person.name]}"}
        return client.request(method, path, headers=headers, **given)

    return ask


def body(**parts):
    return {"tenant": "clinic", "route": "", "for_s": "", "reason": "audit"} | parts


def test_a_freeze_is_placed_told_and_lifted(ask):
    done = ask("POST", "/v1/freezes", json=body())
    assert (done.status_code, done.json()["freeze"]["name"]) == (201, "clinic")
    found = ask("GET", "/v1/freezes", VERA).json()
    assert [one["by"] for one in found["freezes"]] == ["erik"]
    assert found["frozen"] == {"clinic/chat": "frozen until the freeze is lifted: audit (erik)"}
    (rollout,) = ask("GET", "/v1/rollouts", VERA).json()["rollouts"]
    assert rollout["waits_for"].startswith(rollout["frozen"])
    query = {"tenant": "clinic", "reason": "done"}
    assert ask("DELETE", "/v1/freezes", params=query).status_code == 200
    assert ask("DELETE", "/v1/freezes", params=query).status_code == 409
    assert ask("GET", "/v1/freezes", VERA).json() == {
        "freezes": [],
        "frozen": {},
        "next": None,
    }


def test_a_lead_breaks_it_for_an_hour_unless_said_and_an_engineer_may_not(world, ask):
    ask("POST", "/v1/freezes", json=body())
    assert ask("POST", "/v1/freezes/breaks", ERIK, json=body()).status_code == 403
    done = ask("POST", "/v1/freezes/breaks", ANNA, json=body(reason="hotfix"))
    assert done.json()["freeze"]["until_us"] == world.clock() + 3_600_000_000
    assert ask("GET", "/v1/freezes").json()["frozen"] == {}
    query = {"tenant": "clinic", "reason": "deployed"}
    assert ask("DELETE", "/v1/freezes/breaks", params=query).status_code == 200
    assert ask("GET", "/v1/freezes").json()["frozen"]


@pytest.mark.parametrize("path", ["/v1/freezes", "/v1/freezes/breaks"])
def test_a_viewer_may_set_nothing(ask, path):
    assert ask("POST", path, VERA, json=body()).status_code == 403
    assert ask("DELETE", path, VERA).status_code == 403


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/v1/freezes", body(for_s="x")),
        ("/v1/freezes", body(for_s=str(91 * 86_400))),
        ("/v1/freezes", body(reason=" ")),
        ("/v1/freezes", {"reason": "audit"}),
        ("/v1/freezes/breaks", body(for_s="86401")),
        ("/v1/freezes/breaks", body(for_s="0")),
    ],
)
def test_bad_input_sets_nothing(ask, path, given):
    assert ask("POST", path, ANNA, json=given).status_code == 422
    assert ask("GET", "/v1/freezes").json()["freezes"] == []


@pytest.fixture
def many(home):
    """Five rollouts of one tenant each, all frozen, and the API's answer to a viewer."""
    names = [f"clinic-{number}" for number in range(5)]
    one = a_policy().model_dump(mode="json")
    tenant, rollout = one["tenants"]["clinic"], one["rollouts"][0]
    headers = {name: tenant | {"identify": {"header": name}} for name in names}
    policy = a_policy(tenants=headers, rollouts=[rollout | {"tenant": name} for name in names])
    store = Store.open(home.store_url)
    world = World(store, home, policy)
    world.tick()
    token = world.add(VERA)["vera"]
    Freezer(world.controller).place(ERIK, ("", ""), 0, "audit")
    app = Api(world.controller, store, world.sealer, world.clock, home.load).app()
    client = TestClient(app, headers={"authorization": f"Bearer {token}"})
    yield lambda **query: client.get("/v1/freezes", params=query)
    store.close()


def test_rollouts_that_are_frozen_come_a_page_at_a_time_and_each_once(many):
    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = many(**query).json()
        seen += page["frozen"]
        cursor = page["next"]
    assert (seen, cursor) == ([f"clinic-{number}/chat" for number in range(5)], None)
    assert many(cursor="nonsense").status_code == 422
    assert many(limit=0).status_code == 422
