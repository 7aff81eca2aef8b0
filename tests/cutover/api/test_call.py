"""Who sees and does what over the API, where roles are for one tenant alone."""

import pytest
from rollouts import ANNA, ERIK, PASSWORD, ROOT, World, a_password, a_policy
from starlette.testclient import TestClient

from cutover import people
from cutover.api.app import Api
from cutover.people import Role
from mirror.journal.store import Store

PLAN = {"name": "w", "entries": [{"name": "all", "rollouts": ["*/*"], "until": "live"}]}
MINE, THEIRS = "/v1/rollouts/clinic/chat", "/v1/rollouts/other/chat"
SAID = {"reason": "because"}


def two_tenants():
    policy = a_policy(plan=PLAN).model_dump(mode="json")
    policy["tenants"]["other"] = policy["tenants"]["clinic"] | {"identify": {"header": "other"}}
    policy["rollouts"].append(policy["rollouts"][0] | {"tenant": "other"})
    return a_policy(plan=PLAN, tenants=policy["tenants"], rollouts=policy["rollouts"])


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home, two_tenants())
    world.tick()
    world.tokens = world.add(ANNA, ERIK)
    with store.write() as conn:
        for name, role in (("ida", Role.LEAD), ("max", Role.VIEWER)):
            given = {"by": ROOT, "at_us": 1, "tenants": ["clinic"]}
            world.tokens[name] = people.add(conn, name, [role], **given)
            a_password(conn, name)
    yield world
    store.close()


@pytest.fixture
def ask(world):
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()

    def ask(who, method, path, **given):
        headers = {"authorization": f"Bearer {world.tokens[who]}"}
        return TestClient(app).request(method, path, headers=headers, **given)

    return ask


def test_the_board_shows_the_tenants_that_a_person_may_read(ask):
    def shown(who):
        return [one["tenant"] for one in ask(who, "GET", "/v1/rollouts").json()["rollouts"]]

    assert shown("ida") == shown("max") == ["clinic"]
    assert shown("anna") == ["clinic", "other"]


def test_me_tells_the_roles_by_tenant(ask):
    assert ask("ida", "GET", "/v1/me").json() == {
        "name": "ida", "roles": [], "tenants": {"clinic": ["lead"]},
        "sign_in_again": None, "fresh_until_us": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", THEIRS, "viewer"),
        ("GET", f"{THEIRS}/comparisons", "viewer"),
        ("GET", f"{THEIRS}/events", "viewer"),
        ("GET", f"{THEIRS}/drills", "viewer"),
        ("GET", f"{THEIRS}/noise", "viewer"),
        ("POST", f"{THEIRS}/proposals", "engineer"),
        ("POST", f"{THEIRS}/approvals", "viewer"),
        ("POST", f"{THEIRS}/rejections", "lead"),
        ("POST", f"{THEIRS}/holds", "engineer` or `break-glass"),
        ("DELETE", f"{THEIRS}/holds", "engineer"),
        ("POST", f"{THEIRS}/rollbacks", "engineer` or `break-glass"),
        ("POST", f"{THEIRS}/drills", "engineer"),
        ("POST", f"{THEIRS}/noise", "engineer"),
        ("GET", "/v1/rollouts/nobody/chat", "viewer"),  # nor is told who there is
    ],
)
def test_who_has_no_role_for_a_tenant_is_refused_with_the_reason(ask, method, path, needed):
    tenant = path.split("/")[3]
    answer = ask("ida", method, path, json=SAID)
    assert answer.status_code == 403
    assert answer.json()["detail"] == (
        f"ida has no role `{needed}` for tenant {tenant}, only for clinic"
    )


def test_a_lead_of_one_tenant_acts_there(world, ask):
    assert ask("ida", "POST", f"{MINE}/holds", json=SAID).status_code == 201
    assert ask("ida", "DELETE", f"{MINE}/holds", params=SAID).status_code == 200
    assert ask("ida", "GET", f"{MINE}/events").status_code == 200
    assert ask("max", "POST", f"{MINE}/holds", json=SAID).status_code == 403
    world.until_proposed()
    said = SAID | {"proposal": world.view().proposal["id"], "proof": PASSWORD}
    assert ask("ida", "POST", f"{MINE}/approvals", json=said).json()["applied"]


def test_an_approval_by_a_lead_of_another_tenant_does_not_count(world, ask):
    world.until_proposed()
    said = SAID | {"proposal": world.view().proposal["id"], "proof": PASSWORD}
    with world.store.write() as conn:
        given = {"by": ROOT, "at_us": 1}
        people.grant(conn, "ida", [Role.VIEWER], **given)
        people.grant(conn, "ida", [Role.LEAD], **given, tenants=["other"])
        people.revoke(conn, "ida", **given, tenants=["clinic"])
    answer = ask("ida", "POST", f"{MINE}/approvals", json=said)
    assert answer.status_code == 403
    assert answer.json()["detail"] == (
        "ida has no role `lead` for tenant clinic, only for other; only a lead approves"
    )
    assert world.view().stage == "mirror"


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/v1/emergencies", {"tenant": "{}", "route": "", "reason": "x"}),
        ("DELETE", "/v1/emergencies", {"tenant": "{}", "reason": "x"}),
        ("POST", "/v1/freezes", {"tenant": "{}", "route": "", "for_s": "", "reason": "x"}),
        ("DELETE", "/v1/freezes", {"tenant": "{}", "reason": "x"}),
        ("POST", "/v1/freezes/breaks", {"tenant": "{}", "route": "", "for_s": "", "reason": "x"}),
        ("DELETE", "/v1/freezes/breaks", {"tenant": "{}", "reason": "x"}),
    ],
)  # fmt: skip
def test_what_holds_beyond_a_rollout_needs_the_role_for_all_that_it_concerns(
    ask, method, path, given
):
    for tenant, named in (("other", "tenant other"), ("", "every tenant")):
        of = {name: value.format(tenant) for name, value in given.items()}
        answer = ask("ida", method, path, **{"json" if method == "POST" else "params": of})
        assert answer.status_code == 403
        assert f"for {named}, only for clinic" in answer.json()["detail"]
    of = {name: value.format("clinic") for name, value in given.items()}
    answer = ask("ida", method, path, **{"json" if method == "POST" else "params": of})
    assert answer.status_code in (200, 201, 409)  # done, or there is nothing to end


def test_an_upstream_is_every_tenants(ask):
    said = {"upstream": "gpu", "for_s": "", "reason": "x"}
    for method, given in (("POST", {"json": said}), ("DELETE", {"params": said})):
        answer = ask("ida", method, "/v1/drains", **given)
        assert "for every tenant, only for clinic" in answer.json()["detail"]
    assert ask("ida", "GET", "/metrics").status_code == 403
    assert ask("anna", "GET", "/metrics").status_code == 200


def test_lists_leave_out_what_is_other_tenants(world, ask):
    for tenant in ("clinic", "other"):
        said = {"tenant": tenant, "route": "", "reason": "x"}
        ask("erik", "POST", "/v1/emergencies", json=said)
        ask("erik", "POST", "/v1/freezes", json=said | {"for_s": ""})
    world.tick()

    def listed(path, name):
        return [[one["tenant"] for one in ask(who, "GET", path).json()[name]] for who in ("ida", "erik")]  # fmt: skip

    assert listed("/v1/switches", "emergencies") == [["clinic"], ["clinic", "other"]]
    assert listed("/v1/freezes", "freezes") == [["clinic"], ["clinic", "other"]]
    assert listed("/v1/plan", "rollouts") == [["clinic"], ["clinic", "other"]]
    plan = ask("ida", "GET", "/v1/plan").json()
    assert plan["entries"][0]["rollouts"] == ["clinic/chat"]
    frozen = ask("ida", "GET", "/v1/freezes").json()["frozen"]
    assert frozen.keys() == {"clinic/chat"}


def test_proposals_and_backlogs_of_other_tenants_are_not_told(world, ask):
    world.until_proposed()
    world.exchange(pending=True)
    with world.store.write() as conn:
        people.revoke(conn, "ida", by=ROOT, at_us=1, tenants=["clinic"])
        people.grant(conn, "ida", [Role.LEAD], by=ROOT, at_us=1, tenants=["other"])
    assert ask("anna", "GET", "/v1/approvals").json()["open"]
    assert ask("ida", "GET", "/v1/approvals").json() == {"open": [], "rejected": []}
    assert ask("anna", "GET", "/v1/load").json()["backlog"]
    assert ask("ida", "GET", "/v1/load").json()["backlog"] == []


def test_incidents_are_those_of_ones_tenants(world, ask):
    id = world.exchange()
    with world.store.write() as conn:
        people.add(conn, "otto", [Role.LEAD], by=ROOT, at_us=1, tenants=["other"])
    with world.store.write() as conn:
        people.remove(conn, "otto", by=ROOT, at_us=1)
        given = {"by": ROOT, "at_us": 1, "tenants": ["other"]}
        world.tokens["otto"] = people.add(conn, "otto", [Role.LEAD], **given)
    said = {"exchange": id, "reason": "wrong dose"}
    assert ask("otto", "POST", "/v1/incidents", json=said).status_code == 403
    made = ask("ida", "POST", "/v1/incidents", json=said).json()
    assert made["held"] == ["clinic/chat"]  # and other/chat, which is not ida's to know
    assert ask("otto", "GET", "/v1/incidents").json()["incidents"] == []
    query = {"id": str(made["incident"]["id"]), "reason": "done"}
    assert ask("otto", "DELETE", "/v1/incidents", params=query).status_code == 403
    assert ask("ida", "DELETE", "/v1/incidents", params=query).status_code == 200


def test_the_beginning_of_an_id_tells_nothing_of_other_tenants(world, ask):
    first, second = world.exchange(), world.exchange()
    begin = next(first[:n] for n in range(36) if first[: n + 1] != second[: n + 1])
    said = {"exchange": begin, "reason": "x"}
    assert first in ask("anna", "POST", "/v1/incidents", json=said).json()["detail"]
    told = ask("ida", "POST", "/v1/incidents", json=said).json()["detail"]
    assert told.startswith("this id tells of no exchange of your tenants; write all of it")
