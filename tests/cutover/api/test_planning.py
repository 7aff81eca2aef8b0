"""The path of the plan, as clients read it."""

import pytest
from rollouts import VERA, World, a_policy
from starlette.testclient import TestClient

from cutover.api.app import Api
from mirror.journal.store import Store

PLAN = {
    "name": "winter",
    "entries": [
        {"name": "mirror-all", "rollouts": ["*/*"], "until": "mirror"},
        {
            "name": "first",
            "rollouts": ["clinic/*"],
            "not_before": "2023-11-20",
            "until": "step 1",
        },
        {"name": "rest", "rollouts": ["clinic/*"], "if_held": ["first"]},
    ],
}
FREEZE = {"start": "2023-11-20", "end": "2023-11-21", "reason": "audit"}


@pytest.fixture
def ask(home, request):
    store = Store.open(home.store_url)
    policy = a_policy(
        **getattr(request, "param", {"plan": PLAN, "calendar": {"freezes": [FREEZE]}})
    )
    world = World(store, home, policy)
    world.tick(2)
    token = world.add(VERA)["vera"]
    app = Api(world.controller, store, world.sealer, world.clock, home.load).app()
    client = TestClient(app, raise_server_exceptions=False)

    def ask(**query):
        by = {"authorization": f"Bearer {token}"}
        return client.get("/v1/plan", headers=by, params=query)

    ask.fleet = world.controller.cabinet.fleet
    yield ask
    store.close()


def test_the_plan_is_told_with_whose_turn_it_is(ask):
    found = ask().json()
    assert (found["name"], found["declared"], found["zone"]) == ("winter", 1, "UTC")
    mirror, first, rest = found["entries"]
    assert (mirror["done"], mirror["reached"], mirror["waits"]) == (True, 1, "")
    assert mirror["of"] == 1
    assert first["begins"] == "2023-11-20 00:00 UTC"
    assert first["waits"] == "begins 2023-11-20 00:00 UTC"
    assert first["frozen"] == "frozen until 2023-11-22 00:00 UTC: audit"
    assert rest["waits"] == "waits for `first`: clinic/chat is in mirror, not at step 1"
    assert rest["if_held"] == ["first"]
    (rollout,) = found["rollouts"]
    assert (rollout["stands"], rollout["shown"]) == ("in mirror", 0.0)
    assert rollout["needed"] == pytest.approx(1.0)  # 1/0.10, alone
    assert rollout["waits"] == "the plan's `first` begins 2023-11-20 00:00 UTC"


def test_who_joined_a_declared_plan_is_told_without_a_figure(ask):
    ask.fleet.declared = frozenset({("another", "chat")})
    (rollout,) = ask().json()["rollouts"]
    assert rollout["needed"] is None
    assert "joined after the plan `winter` was declared with 1 rollouts" in rollout["waits"]


@pytest.mark.parametrize("ask", [{}], indirect=True)
def test_where_there_is_no_plan_that_is_said(ask):
    assert ask().status_code == 404
    assert "has no `plan`" in ask().json()["detail"]


def test_its_rollouts_come_a_page_at_a_time(ask):
    found = ask(limit=1).json()
    assert (len(found["rollouts"]), found["found"], found["next"]) == (1, 1, None)
    assert ask(limit=201).status_code == 422
    assert ask(cursor="nonsense").status_code == 422
