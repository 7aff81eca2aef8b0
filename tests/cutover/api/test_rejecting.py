"""Proposals over the API: what is refused, with its words, and a person's no."""

import pytest
from rollouts import ANNA, BEN, ERIK, KEY, PASSWORD, VERA, World, a_policy
from sqlalchemy import update
from starlette.testclient import TestClient

from cutover import tables
from cutover.api.app import Api
from mirror.journal.store import Store

ONE = "/v1/rollouts/clinic/chat"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ANNA, BEN, ERIK, VERA)
    world.until_proposed()
    yield world
    store.close()


@pytest.fixture
def ask(world):
    def ask(method, path, person, **given):
        app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
        headers = {"authorization": f"Bearer {world.tokens[person.name]}"}
        return TestClient(app.app()).request(method, path, headers=headers, **given)

    return ask


@pytest.fixture
def approve(world, ask):
    id = world.view().proposal["id"]

    def approve(person=ANNA, id=id):
        body = {"proposal": id, "reason": "looks right", "proof": PASSWORD}
        return ask("POST", f"{ONE}/approvals", person, json=body)

    return approve


def refused(answer, status, words=""):
    return answer.status_code == status and words in answer.json()["detail"]


def test_an_approval_by_the_wrong_role_is_refused_and_on_record(world, approve):
    for person in (ERIK, VERA):
        words = f"{person.name} has no role `lead`; only a lead approves"
        assert refused(approve(person), 403, words)
    denied = world.events("approval.rejected")
    assert [one["actor"]["name"] for one in denied] == ["erik", "vera"]
    assert world.view().stage == "mirror"


def test_a_second_approval_finds_the_proposal_used(approve):
    assert approve(ANNA).json()["applied"]
    assert refused(approve(ANNA), 409, "this proposal was applied already")
    assert refused(approve(BEN), 409, "this proposal was applied already")


def test_an_approval_that_comes_late_moves_nothing(world, approve):
    world.clock.pass_s(86_401)
    world.controller.cabinet.lead()  # that nobody looked meanwhile is another matter
    late = approve()
    assert (late.status_code, late.json()["applied"]) == (201, False)
    assert late.json()["why"] == "void: the proposal expired"
    assert refused(approve(), 409, "this proposal is void: the proposal expired")
    assert world.view().stage == "mirror"


def test_an_approval_on_another_policy_or_candidate_is_void(world, approve):
    for policy, why in ((a_policy(start="off"), "policy"), (a_policy(candidate="x"), "policy")):
        world.controller = world.another(why + str(id(policy)), policy)
        world.clock.pass_s(6)
        world.controller.tick()
        assert refused(approve(), 409, "this proposal is void: the policy changed")


def test_an_approval_on_evidence_that_was_altered_is_void(world, approve):
    with world.store.write() as conn:
        conn.execute(update(tables.proposal).values(evidence='{"verdict":"promote"}'))
    said = approve().json()
    assert not said["applied"]
    assert said["why"] == "void: the evidence kept with the proposal is not what was proposed"
    assert world.view().stage == "mirror"


def test_an_approval_on_evidence_that_turned_is_void(world, approve):
    world.exchange(bad=True)
    world.exchange(bad=True)
    assert approve().json()["why"].startswith("void: the verdict is no longer promote")
    assert world.view().stage == "mirror"


def test_a_proposal_of_another_rollout_is_none(approve):
    assert refused(approve(id="nonsense"), 409, "no such proposal of this rollout")


def test_the_open_ones_are_listed_with_what_they_are_bound_to(world, ask):
    (one,) = ask("GET", "/v1/approvals", VERA).json()["open"]
    assert (one["tenant"], one["route"]) == KEY
    assert one["id"] == world.view().proposal["id"]
    assert len(one["evidence_sha256"]) == 64


def test_a_lead_rejects_and_withdraws(world, ask, approve):
    id = world.view().proposal["id"]
    said = {"proposal": id, "reason": "too early"}
    assert refused(ask("POST", f"{ONE}/rejections", ERIK, json=said), 403, "no role `lead`")
    done = ask("POST", f"{ONE}/rejections", BEN, json=said)
    assert done.status_code == 201
    assert done.json()["rejection"]["id"] == id
    assert refused(approve(), 409, "this proposal is rejected: too early")
    listed = ask("GET", "/v1/approvals", VERA).json()
    assert listed["open"] == []
    assert [(one["name"], one["reason"]) for one in listed["rejected"]] == [
        ("ben", "too early")
    ]
    query = {"proposal": id, "reason": "on a second look"}
    other = ask("DELETE", f"{ONE}/rejections", ANNA, params=query)
    assert refused(other, 403, "ben rejected it")
    assert ask("DELETE", f"{ONE}/rejections", BEN, params=query).status_code == 200
    world.tick()
    assert world.view().proposal
    events = ask("GET", f"{ONE}/events", VERA, params={"limit": 4}).json()["events"]
    assert [one["type"] for one in events] == [
        "approval.proposed",
        "proposal.rejection_withdrawn",
        "approval.rejected",  # the attempt at what was over
        "proposal.rejected",
    ]


@pytest.mark.parametrize("reason", ["", "x" * 501, "a\nb"])
def test_a_no_needs_a_reason(world, ask, reason):
    said = {"proposal": world.view().proposal["id"], "reason": reason}
    assert refused(ask("POST", f"{ONE}/rejections", BEN, json=said), 422, "`reason`")
    assert world.view().proposal
