"""Everything that changes something over the API is an event: who, why, how it was, and how it is now."""

import json
import time
from types import SimpleNamespace

import pytest
from builders import REHEARSAL
from noisy import measured
from rollouts import ANNA, BEN, ERIK, KEY, PASSWORD, World, a_policy
from signing_on import Browser, a_provider, signed_policy
from sqlalchemy import update
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.approving.rejecting import Rejecting
from cutover.evidence.calibrating import FEWEST
from cutover.people import Person, Role
from mirror.journal import events
from mirror.journal.store import Store
from mirror.journal.tables import exchange
from policies.sign_off import SignOff

ONE = "/v1/rollouts/{tenant}/{route}"
WHY = "because it must be"
RITA = Person("rita", frozenset({Role.REVIEWER}))
CORA = Person("cora", frozenset({Role.COMPLIANCE}))
EXPORT = {"tenant": "clinic", "from_us": 1, "to_us": 2, "profile": "full", "purpose": WHY}
HELD = {"tenant": "clinic", "proof": PASSWORD}
PATIENT = "S" * 20
MUTATING = {"post", "put", "patch", "delete"}


@pytest.fixture
def make(home):
    """A rollout that mirrors, behind the API, with anna and ben (leads), erik (engineer), rita (reviewer) and cora (compliance)."""
    stores = []

    def make(policy=None, now_us=None):
        stores.append(Store.open(home.store_url))
        world = World(stores[-1], home, policy or a_policy())
        world.clock.now_us = now_us or world.clock.now_us
        world.tick()
        tokens = world.add(ANNA, BEN, ERIK, RITA, CORA)
        api = Api(world.controller, world.store, world.sealer, world.clock, home.load)
        client = TestClient(api.app(), base_url="http://localhost:8081")

        def ask(method, path, who="erik", **given):
            by = {"authorization": f"Bearer {tokens[who]}"} if who else {}
            where = path.format(tenant=KEY[0], route=KEY[1], number=1)
            answer = client.request(method, where, headers=by, **given)
            assert answer.is_success, answer.text
            return answer

        return SimpleNamespace(world=world, ask=ask, client=client)

    yield make
    for store in stores:
        store.close()


def told(world):
    with world.store.read() as conn:
        rows = [one for name in ("", *world.policy.tenants) for one in events.read(conn, name)]
    return [json.loads(one.body) for one in rows]


def _why(**more):
    return {"json": {"reason": WHY} | more}


def _scope(**more):
    return _why(tenant="clinic", route="", **more)


def _query(**more):
    return {"params": {"reason": WHY} | more}


def _proposal(here):
    return here.world.view().proposal["id"]


def _prepared(before, method, path, who="erik", **given):
    """An attempt with what must be there first."""

    def act(make):
        here = make()
        before(here)
        return here, lambda: here.ask(method, path, who, **given)

    return act


def _a_patient(here):
    here.world.exchange()
    with here.world.store.write() as conn:
        conn.execute(update(exchange).values(subject=PATIENT))


def _plain(method, path, who="erik", **given):
    return _prepared(lambda here: None, method, path, who, **given)


def _proposed(method, end, who, **more):
    """An attempt that is about an open proposal."""

    def act(make):
        here = make()
        here.world.until_proposed()
        said = _why(proposal=_proposal(here), **more)
        return here, lambda: here.ask(method, ONE + end, who, **said)

    return act


def _propose(make):
    here = make()
    here.world.until_proposed()
    Rejecting(here.world.controller).reject(ANNA, KEY, _proposal(here), "not yet")
    return here, lambda: here.ask("POST", ONE + "/proposals", **_why(ticket="CHG-1"))


def _withdraw(make):
    here = make()
    here.world.until_proposed()
    said = _query(proposal=_proposal(here))
    Rejecting(here.world.controller).reject(ANNA, KEY, _proposal(here), "not yet")
    return here, lambda: here.ask("DELETE", ONE + "/rejections", "anna", **said)


def _drill(make):
    here = make()
    here.world.to_canary()
    return here, lambda: here.ask("POST", ONE + "/drills", **_why(for_s=30))


def _reindex(make):
    here = make(a_policy(route="embed"))
    here.world.key = (KEY[0], "embed")
    path = "/v1/rollouts/clinic/embed/reindexes"
    return here, lambda: here.ask("POST", path, **_why(index="texts-2"))


def _calibrate(make):
    here = make()
    measured(here.world, FEWEST)
    return here, lambda: here.ask("POST", ONE + "/noise", **_why())


def _sign_off(make):
    asked = SignOff(pairs=2, routes=("chat",))
    here = make(a_policy(terms=REHEARSAL.model_copy(update={"sign_off": asked})))
    while not here.world.events("signoff.drawn"):
        here.world.good(1)
    said = {"pair": 1, "label": "not_acceptable", "note": WHY}
    return here, lambda: here.ask("POST", ONE + "/signoff", "rita", json=said)


def _label(make):
    here = make()
    here.world.exchange()
    said = {"label": "worse", "note": WHY}
    return here, lambda: here.ask("POST", "/v1/comparisons/{number}/labels", "rita", json=said)


def _export(act, who, **more):
    """An act on an export that cora asked for."""

    def prepared(make):
        here = make()
        id = here.ask("POST", "/v1/exports", "cora", json=EXPORT).json()["id"]
        return here, lambda: here.ask("POST", f"/v1/exports/{id}/{act}", who, **_why(**more))

    return prepared


def _report(make):
    here = make()
    id = here.world.exchange()
    return here, lambda: here.ask("POST", "/v1/incidents", **_why(exchange=id))


def _close(make):
    here = make()
    here.ask("POST", "/v1/incidents", **_why(exchange=here.world.exchange()))
    return here, lambda: here.ask("DELETE", "/v1/incidents", **_query(id=1))


def _sign_in(make):
    here = make()
    said = {"name": "erik", "password": PASSWORD}
    return here, lambda: here.ask("POST", "/v1/sessions", None, json=said)


def _sign_out(make):
    here, sign_in = _sign_in(make)
    by = {"authorization": f"Bearer {sign_in().json()['token']}"}
    return here, lambda: here.client.delete("/v1/sessions", headers=by)


def _take_over(make):
    with a_provider() as issuer:
        here = make(signed_policy(issuer), time.time_ns() // 1000)
        browser = Browser(here.client)
        code = browser.code("s-carl")
    return here, lambda: browser.take_over(code)


SPAN = {"tenant": "clinic"}
DRAIN, BREAK = {"upstream": "cloud"}, "/v1/freezes/breaks"
CHANGES = {
    ("POST", ONE + "/proposals"): (_propose, "approval.proposed"),
    ("POST", ONE + "/approvals"): (
        _proposed("POST", "/approvals", "anna", proof=PASSWORD),
        "approval.given",
    ),
    ("POST", ONE + "/rejections"): (_proposed("POST", "/rejections", "anna"), "proposal.rejected"),
    ("DELETE", ONE + "/rejections"): (_withdraw, "proposal.rejection_withdrawn"),
    ("POST", ONE + "/holds"): (_plain("POST", ONE + "/holds", **_why()), "hold.placed"),
    ("DELETE", ONE + "/holds"): (
        _prepared(
            lambda here: here.ask("POST", ONE + "/holds", **_why()),
            "DELETE", ONE + "/holds", **_query(),
        ),
        "hold.lifted",
    ),
    ("POST", ONE + "/rollbacks"): (
        _plain("POST", ONE + "/rollbacks", **_why()),
        "state.transition",
    ),
    ("POST", ONE + "/reindexes"): (_reindex, "index.rebuilt"),
    ("POST", ONE + "/drills"): (_drill, "drill.begun"),
    ("POST", ONE + "/noise"): (_calibrate, "noise.calibrated"),
    ("POST", ONE + "/signoff"): (_sign_off, "signoff.labelled"),
    ("POST", "/v1/comparisons/{number}/labels"): (_label, "comparison.labelled"),
    ("POST", "/v1/drains"): (_plain("POST", "/v1/drains", **_why(**DRAIN)), "upstream.drained"),
    ("DELETE", "/v1/drains"): (
        _prepared(
            lambda here: here.ask("POST", "/v1/drains", **_why(**DRAIN)),
            "DELETE", "/v1/drains", **_query(**DRAIN),
        ),
        "upstream.returned",
    ),
    ("POST", "/v1/emergencies"): (_plain("POST", "/v1/emergencies", **_scope()), "emergency.on"),
    ("DELETE", "/v1/emergencies"): (
        _prepared(
            lambda here: here.ask("POST", "/v1/emergencies", **_scope()),
            "DELETE", "/v1/emergencies", **_query(**SPAN),
        ),
        "emergency.off",
    ),
    ("POST", "/v1/freezes"): (_plain("POST", "/v1/freezes", **_scope()), "freeze.placed"),
    ("DELETE", "/v1/freezes"): (
        _prepared(
            lambda here: here.ask("POST", "/v1/freezes", **_scope()),
            "DELETE", "/v1/freezes", **_query(**SPAN),
        ),
        "freeze.lifted",
    ),
    ("POST", BREAK): (_plain("POST", BREAK, "anna", **_scope(for_s=60)), "freeze.broken"),
    ("DELETE", BREAK): (
        _prepared(
            lambda here: here.ask("POST", BREAK, "anna", **_scope(for_s=60)),
            "DELETE", BREAK, "anna", **_query(**SPAN),
        ),
        "freeze.mended",
    ),
    ("POST", "/v1/legal-holds"): (_plain("POST", "/v1/legal-holds", "cora", **_why(**HELD)), "legal_hold.placed"),
    ("POST", "/v1/legal-holds/{number}/lift"): (
        _prepared(
            lambda here: here.ask("POST", "/v1/legal-holds", "cora", **_why(**HELD)),
            "POST", "/v1/legal-holds/{number}/lift", "cora", **_why(proof=PASSWORD),
        ),
        "legal_hold.lifted",
    ),
    ("POST", "/v1/erasures"): (
        _prepared(_a_patient, "POST", "/v1/erasures", "cora", **_why(pseudonym=PATIENT, **HELD)),
        "payload.erased",
    ),
    ("POST", "/v1/exports"): (_plain("POST", "/v1/exports", "cora", json=EXPORT), "export.asked"),
    ("POST", "/v1/exports/{id}/approve"): (_export("approve", "anna", proof=PASSWORD), "export.approved"),
    ("POST", "/v1/exports/{id}/refuse"): (_export("refuse", "anna"), "export.refused"),
    ("POST", "/v1/exports/{id}/withdraw"): (_export("withdraw", "cora"), "export.withdrawn"),
    ("POST", "/v1/incidents"): (_report, "incident.reported"),
    ("DELETE", "/v1/incidents"): (_close, "incident.closed"),
    ("POST", "/v1/sessions"): (_sign_in, "user.signed_in"),
    ("DELETE", "/v1/sessions"): (_sign_out, "user.signed_out"),
    ("POST", "/v1/sessions/handovers"): (_take_over, "user.signed_in"),
}  # fmt: skip
"""By method and path: what does it, and the event that tells it."""
WITHOUT_REASON = {"user.signed_in", "user.signed_out"}
NOBODYS = {("POST", "/v1/refusals")}
"""No deed of a person: what it tells is counted with the attempts of strangers."""


def test_every_path_that_changes_something_is_in_the_table(make):
    described = make().client.get("/v1/openapi.json").json()["paths"]
    changing = {
        (method.upper(), path)
        for path, operations in described.items()
        for method in operations.keys() & MUTATING
    }
    assert changing - NOBODYS == CHANGES.keys()


@pytest.mark.parametrize("which", CHANGES, ids=" ".join)
def test_what_changes_something_is_an_event_with_actor_reason_before_and_after(make, which):
    prepared, type = CHANGES[which]
    here, act = prepared(make)
    before = told(here.world)
    assert act().is_success
    new = [one for one in told(here.world) if one not in before]
    (event,) = [one for one in new if one["type"] == type]
    assert event["actor"]["kind"] == "human"
    assert event["actor"]["name"]
    assert event["reason"] == ("" if type in WITHOUT_REASON else WHY)
    details = event["details"]
    assert details["before"] != details["after"]
    assert len(json.dumps([details["before"], details["after"]])) < 200
    for one in new:
        assert PASSWORD not in json.dumps(one)
