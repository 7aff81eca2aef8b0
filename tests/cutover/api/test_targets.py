"""What candidates must reach beside what was measured last, as clients read it."""

import pytest
from rollouts import VERA, World, a_policy
from starlette.testclient import TestClient

from cutover import accepted, people
from cutover.acceptance import measured
from cutover.accepted import Report, targets_digest
from cutover.api.app import Api
from cutover.people import CONTROLLER, Deed, Role
from mirror.journal.store import Store

ROW = {
    "name": "first token, median",
    "target": {"at_most": 120.0},
    "unit": "ms",
    "measured": 84.0,
    "interval_95": [80.0, None],
    "n": 40,
    "says": "not enough requests to say",
    "note": "one at a time",
}


@pytest.fixture
def world(home):
    one = a_policy().model_dump(mode="json")
    rollout = one["rollouts"][0]
    tenants = one["tenants"] | {
        "ward": one["tenants"]["clinic"] | {"identify": {"header": "w"}}
    }
    rollouts = [rollout, rollout | {"route": "reason"}, rollout | {"tenant": "ward"}]
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(tenants=tenants, rollouts=rollouts))
    world.tick()
    world.tokens = world.add(VERA)
    with store.write() as conn:
        given = {"by": CONTROLLER, "at_us": 1, "tenants": ["ward"]}
        world.tokens["otto"] = people.add(conn, "otto", [Role.VIEWER], **given)
    yield world
    store.close()


@pytest.fixture
def ask(world):
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    client = TestClient(app, raise_server_exceptions=False)

    def ask(who="vera", **query):
        headers = {"authorization": f"Bearer {world.tokens[who]}"}
        return client.get("/v1/targets", headers=headers, params=query)

    return ask


def reported(world, targets):
    candidate = world.controller.cabinet.candidate(world.policy.rollouts[0])
    report = Report("clinic", "chat", candidate, targets, "5" * 64, True, 7)
    with world.store.write() as conn:
        accepted.keep(conn, [report], Deed(CONTROLLER, 7, ""), {})
        measured.keep(conn, report.sha256, 16, 40, [ROW])


def test_each_candidate_is_told_once_with_how_many_rollouts_it_is_of(ask):
    found = ask().json()
    told = [(one["route"], one["upstream"], one["rollouts"]) for one in found["candidates"]]
    assert told == [("chat", "gpu", 2), ("reason", "gpu", 1)]
    assert [one["report"] for one in found["candidates"]] == [None, None]
    assert (found["targets"]["first_token_ms"], found["next"]) == (120, None)


def test_what_was_measured_stands_beside_its_target(world, ask):
    reported(world, targets_digest(world.policy))
    report = ask().json()["candidates"][0]["report"]
    assert (report["passed"], report["by_these_targets"], report["at_us"]) == (True, True, 7)
    assert (report["requests"], report["concurrency"]) == (40, 16)
    (row,) = report["rows"]
    assert (row["at_most"], row["at_least"], row["measured"]) == (120, None, 84)
    assert (row["interval_95"], row["unit"]) == ([80, None], "ms")


def test_a_report_by_other_targets_says_so(world, ask):
    reported(world, "t" * 64)
    assert ask().json()["candidates"][0]["report"]["by_these_targets"] is False


def test_only_candidates_of_tenants_that_one_may_read_of_are_told(ask):
    found = ask("otto").json()["candidates"]
    assert [(one["route"], one["rollouts"]) for one in found] == [("chat", 1)]


def test_they_come_a_page_at_a_time(ask):
    first = ask(limit=1).json()
    assert [one["route"] for one in first["candidates"]] == ["chat"]
    second = ask(limit=1, cursor=first["next"]).json()
    assert [one["route"] for one in second["candidates"]] == ["reason"]
    assert second["next"] is None
    assert ask(cursor="nonsense").status_code == 422
