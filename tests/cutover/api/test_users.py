"""Who is told who may do what."""

import pytest
from rollouts import ANNA, ERIK, ROOT, World
from starlette.testclient import TestClient

from cutover import people
from cutover.api.app import Api
from cutover.people import Role
from mirror.journal.store import Store


@pytest.fixture
def ask(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    tokens = world.add(ANNA, ERIK)
    with store.write() as conn:
        for name, tenants in (
            ("ida", ["clinic", "ward"]),
            ("tim", ["ward"]),
            ("zoe", ["other"]),
        ):
            given = {"by": ROOT, "at_us": 1, "tenants": tenants}
            tokens[name] = people.add(conn, name, [Role.LEAD], **given)
    app = Api(world.controller, world.store, world.sealer, world.clock, home.load).app()

    def ask(who):
        return TestClient(app).get(
            "/v1/users", headers={"authorization": f"Bearer {tokens[who]}"}
        )

    yield ask
    store.close()


def test_who_leads_every_tenant_is_told_of_everybody(ask):
    users = ask("anna").json()["users"]
    assert [one["name"] for one in users] == ["anna", "erik", "ida", "tim", "zoe"]
    assert users[2]["tenants"] == {"clinic": ["lead"], "ward": ["lead"]}
    assert "token" not in ask("anna").text


def test_who_leads_one_tenant_is_told_who_has_a_role_there_and_of_none_elsewhere(ask):
    users = {one["name"]: one["tenants"] for one in ask("tim").json()["users"]}
    assert users == {
        "anna": {},
        "erik": {},
        "ida": {"ward": ["lead"]},
        "tim": {"ward": ["lead"]},
    }


def test_who_leads_nothing_is_refused(ask):
    assert ask("erik").status_code == 403
