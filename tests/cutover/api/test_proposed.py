"""A proposal's frozen evidence, over the API."""

import pytest
from rollouts import ANNA, VERA, World
from sqlalchemy import update
from starlette.testclient import TestClient

from cutover import tables
from cutover.api.app import Api

ONE = "/v1/rollouts/clinic/chat"


@pytest.fixture
def world(store, home):
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ANNA, VERA)
    world.until_proposed()
    return world


@pytest.fixture
def ask(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    client = TestClient(api.app())

    def ask(path, person="vera"):
        return client.get(path, headers={"authorization": f"Bearer {world.tokens[person]}"})

    return ask


def test_it_is_what_was_told_when_the_proposal_was_made(world, ask):
    proposal = world.view().proposal
    told = ask(f"{ONE}/proposals/{proposal['id']}").json()
    assert (told["verdict"], told["state"], told["intact"]) == ("promote", "open", True)
    assert told["evidence_sha256"] == proposal["evidence_sha256"]
    assert told["evidence"]
    assert all(gate["for"] >= gate["needed"] for gate in told["evidence"] if gate["asked"])


def test_it_stays_so_whatever_comes_after(world, ask):
    path = f"{ONE}/proposals/{world.view().proposal['id']}"
    before = ask(path).json()
    body = {"proposal": before["id"], "reason": "not on a Friday"}
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    headers = {"authorization": f"Bearer {world.tokens['anna']}"}
    rejected = TestClient(app).post(f"{ONE}/rejections", json=body, headers=headers)
    assert rejected.status_code == 201
    after = ask(path).json()
    assert after["state"] == "rejected"
    assert after["evidence"] == before["evidence"]


def test_evidence_that_was_changed_in_the_store_is_said_to_be(world, ask):
    proposal = tables.proposal
    with world.store.write() as conn:
        text = conn.execute(proposal.select()).mappings().one()["evidence"]
        conn.execute(update(proposal).values(evidence=text.replace("promote", "Promote")))
    assert not ask(f"{ONE}/proposals/{world.view().proposal['id']}").json()["intact"]


def test_there_is_none_of_another_rollout_or_name(world, ask):
    assert ask(f"{ONE}/proposals/nothing").status_code == 404
    id = world.view().proposal["id"]
    assert ask(f"/v1/rollouts/clinic/audio/proposals/{id}").status_code == 404
