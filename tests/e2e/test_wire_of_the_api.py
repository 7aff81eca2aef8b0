"""The real control API says what the dashboard reads, and the fake says nothing else."""

from __future__ import annotations

import json

import pytest
from fake_control import FakeControl
from fake_rollouts import comparison, rollouts
from fake_rollouts import frozen as fake_frozen
from rollouts import ANNA, KEY, PASSWORD, World, a_policy
from starlette.testclient import TestClient

from cutover.api import problems
from cutover.api.app import Api
from cutover.people import Person, Role
from dashboards import actions, remedy
from dashboards.calls import understood
from dashboards.clock import Clock
from dashboards.me import Me
from dashboards.pairs import Comparisons
from dashboards.questions import (
    approvals,
    audit,
    capacity,
    comparisons,
    deployment,
    freezes,
    health,
    incidents,
    plan,
    spending,
)
from dashboards.questions.approvals import Approvals, Frozen
from dashboards.questions.audit import Log
from dashboards.questions.capacity import Load, Servers
from dashboards.questions.comparisons import FoundPage, Opened, Said
from dashboards.questions.deployment import Deployment
from dashboards.questions.freezes import Freezes
from dashboards.questions.health import Health
from dashboards.questions.incidents import Incidents, Reported
from dashboards.questions.plan import Plan
from dashboards.questions.spending import Days, Spending
from dashboards.wire import Accepted, Approved, Board, Rollout
from mirror.journal.store import Store

RITA = Person("rita", frozenset({Role.REVIEWER}))
ONE = "/v1/rollouts/{}/{}".format(*KEY)


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


@pytest.fixture
def ask(world):
    return asking(world)


def asking(world, person=ANNA):
    token = world.add(person)[person.name]
    client = TestClient(
        Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    )
    client.headers["authorization"] = f"Bearer {token}"
    return client.request


def read(shape, answer):
    understood_as = understood(shape, answer.status_code, answer.content)
    assert isinstance(understood_as, shape), understood_as
    return understood_as


def test_a_rollout_with_a_proposal_is_read_and_approved(world, ask):
    world.until_proposed()
    assert read(Me, ask("GET", "/v1/me")).name == ANNA.name
    assert read(Deployment, ask("GET", deployment.PATH)).clock.place == "Kuala Lumpur"
    assert read(Board, ask("GET", "/v1/rollouts")).rollouts[0].proposal is not None
    rollout = read(Rollout, ask("GET", ONE))
    assert rollout.proposal is not None
    assert rollout.history
    assert rollout.evidence
    waiting = read(Approvals, ask("GET", approvals.PATH)).open[0]
    frozen = read(Frozen, ask("GET", approvals.frozen_path(waiting.key, waiting.id)))
    assert approvals.compared(frozen, rollout)
    assert read(Comparisons, ask("GET", f"{ONE}/comparisons?limit=5")).comparisons
    body = {"proposal": rollout.proposal.id, "reason": "looks right", "proof": PASSWORD}
    assert read(Approved, ask("POST", f"{ONE}/approvals", json=body)).applied
    read(Accepted, ask("POST", f"{ONE}/holds", json={"reason": "wait"}))
    read(Accepted, ask("DELETE", f"{ONE}/holds", params={"reason": "go on"}))
    read(Accepted, ask("POST", f"{ONE}/rollbacks", json={"reason": "odd"}))


def test_a_yes_that_ends_a_proposal_begins_with_the_word_that_the_dashboard_knows(world, ask):
    world.until_proposed()
    rollout = read(Rollout, ask("GET", ONE))
    for _ in range(2):
        world.exchange(bad=True)
    body = {"proposal": rollout.proposal.id, "reason": "looks right", "proof": PASSWORD}
    done = read(Approved, ask("POST", f"{ONE}/approvals", json=body))
    assert not done.applied
    assert done.why.startswith(actions.VOID)


def test_what_an_unsafe_label_led_to_is_read(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.good(1)
    ask, said = asking(world, RITA), {"label": "unsafe", "note": "ten times the dose"}
    made = read(Said, ask("POST", f"{comparisons.PATH}/1/labels", json=said))
    store.close()
    assert (made.incident, made.held) == (1, ("/".join(KEY),))


def test_the_kinds_of_problems_that_have_a_next_step_are_those_that_the_api_names():
    named = {problems.type_of(kind).removeprefix("/problems/") for kind in problems.KINDS}
    others = {problems.UNPROVEN, problems.AGAIN}
    named |= {one.removeprefix("/problems/") for one in others}
    assert named == remedy.KINDS.keys() - {"done"}


def test_the_fake_has_the_keys_of_the_real_one(world, ask):
    world.until_proposed()
    real = ask("GET", ONE).json()
    fake = rollouts()[0]
    assert fake.keys() == real.keys()
    for name in ("ledger", "latency", "flags", "primary"):
        assert fake[name].keys() == real[name].keys(), name
    for name in ("evidence", "steps", "transitions"):
        assert fake[name][0].keys() == real[name][0].keys(), name
    assert fake["proposal"].keys() <= real["proposal"].keys()
    told = ask("GET", f"{ONE}/comparisons?limit=1").json()["comparisons"][0]
    assert comparison(1).keys() == told.keys()
    assert FakeControl().board().keys() == ask("GET", "/v1/rollouts").json().keys()
    frozen = f"{ONE}/proposals/{real['proposal']['id']}"
    assert fake_frozen(fake).keys() == ask("GET", frozen).json().keys()
    for name, rows in FakeControl().approvals().items():
        real_rows = ask("GET", "/v1/approvals").json()[name]
        assert not (rows and real_rows) or set(real_rows[0]) <= set(rows[0]), name
    assert json.dumps(real)


def test_what_is_told_of_the_fleet_is_read(world, ask):
    world.until_proposed()
    exchange = ask("GET", f"{ONE}/comparisons?limit=1").json()["comparisons"][0]["exchange_id"]
    report = {"exchange": exchange, "reason": "wrong dose"}
    made = read(Reported, ask("POST", incidents.PATH, json=report))
    assert read(Incidents, ask("GET", incidents.PATH)).incidents == (made.incident,)
    assert read(Spending, ask("GET", spending.PATH)).resumes_us > 0
    assert read(Days, ask("GET", spending.DAYS)).days == ()
    freeze = {"tenant": KEY[0], "route": "", "for_s": 3600, "reason": "audit"}
    read(Accepted, ask("POST", freezes.PATH, json=freeze))
    frozen = read(Freezes, ask("GET", freezes.PATH))
    assert (frozen.freezes[0].by, list(frozen.frozen)) == (ANNA.name, ["/".join(KEY)])
    lift = {"tenant": KEY[0], "route": "", "reason": "done"}
    read(Accepted, ask("DELETE", freezes.PATH, params=lift))
    assert read(Servers, ask("GET", capacity.SERVERS)).servers == ()
    assert read(Load, ask("GET", capacity.LOAD)).breakers == ()
    assert read(Health, ask("GET", health.PATH)).ledger is not None
    asked = comparisons.Search(tenant=KEY[0], days="30").asked(world.clock())
    found = read(FoundPage, ask("GET", comparisons.PATH, params=asked)).comparisons[0]
    one = read(Opened, ask("GET", f"{comparisons.PATH}/{found.number}"))
    assert (one.number, one.tenant) == (found.number, KEY[0])
    log = read(Log, ask("GET", audit.PATH, params={"kind": "incident.reported"}))
    assert [one.reason for one in log.events] == ["wrong dose"]


def test_a_plan_is_read(home):
    store = Store.open(home.store_url)
    entries = [{"name": "first", "rollouts": ["*/*"], "not_before": "2023-11-20"}]
    world = World(store, home, a_policy(plan={"name": "winter", "entries": entries}))
    world.tick(2)
    told = read(Plan, asking(world)("GET", plan.PATH))
    store.close()
    (row,) = plan.rows(told, Clock("Asia/Kuala_Lumpur"))
    assert row.begins == "begins 2023-11-20 00:00 UTC (08:00 Kuala Lumpur)"
    assert (row.state, row.reached, row.of) == ("○ its day has not come", 0, 1)
    assert plan.waiting(told, "")[0]["waits for"].startswith("the plan's `first` begins")
