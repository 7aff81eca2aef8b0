"""Clinical sign-off over the API: who reads and labels, and what is refused."""

import pytest
from builders import REHEARSAL
from rollouts import ANNA, ERIK, VERA, World, a_policy
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.people import Person, Role
from mirror.journal.store import Store
from policies.sign_off import SignOff

PATH = "/v1/rollouts/clinic/chat/signoff"
RITA = Person("rita", frozenset({Role.REVIEWER}))


@pytest.fixture
def world(home):
    asked = SignOff(pairs=2, routes=("chat",))
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=REHEARSAL.model_copy(update={"sign_off": asked})))
    world.tick()
    world.tokens = world.add(ANNA, ERIK, VERA, RITA)
    yield world
    store.close()


@pytest.fixture
def ask(world):
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()

    def ask(method, path, person, **given):
        headers = {"authorization": f"Bearer {world.tokens[person.name]}"}
        return TestClient(app).request(method, path, headers=headers, **given)

    return ask


@pytest.fixture
def drawn(world):
    while not world.events("signoff.drawn"):
        world.good(1)


def said(pair="1", label="acceptable", note=""):
    return {"json": {"pair": pair, "label": label, "note": note}}


def test_before_anything_is_drawn_that_is_said(ask):
    answer = ask("GET", PATH, RITA)
    assert answer.status_code == 409
    assert "no pairs were drawn of this attempt" in answer.json()["detail"]


def test_pairs_are_listed_read_and_labelled(world, drawn, ask):
    listed = ask("GET", PATH, VERA).json()
    assert [one["number"] for one in listed["pairs"]] == [1, 2]
    assert [one["why"] for one in listed["pairs"]] == ["", ""]  # not before it is labelled
    told = ask("GET", f"{PATH}/pair", RITA, params={"pair": "1"}).json()["explanation"]
    assert told["id"] == listed["pairs"][0]["exchange_id"]
    assert told["candidate"]["text"].startswith("answer of the candidate")
    (viewed,) = world.events("payload.viewed")
    assert (viewed["actor"]["name"], viewed["reason"]) == ("rita", "clinical sign-off")
    done = ask("POST", PATH, RITA, **said())
    assert done.status_code == 201
    assert done.json()["left"] == "1 of 2 pairs signed off"
    assert done.json()["pair"]["why"] in ("worst", "random")
    assert ask("GET", PATH, VERA).json()["left"] == "1 of 2 pairs signed off"


def test_only_clinical_reviewers_label(drawn, ask):
    for person in (ANNA, ERIK, VERA):
        answer = ask("POST", PATH, person, **said())
        assert answer.status_code == 403
        assert answer.json()["detail"] == f"{person.name} has no role `clinical-reviewer`"


def test_a_clinical_reviewer_does_nothing_else(world, ask):
    one = "/v1/rollouts/clinic/chat"
    for end in ("holds", "rollbacks", "proposals"):
        answer = ask("POST", f"{one}/{end}", RITA, json={"reason": "x"})
        assert answer.status_code == 403
    assert ask("GET", one, RITA).status_code == 200
    assert world.view().held_by == ""


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        (
            {"label": "fine"},
            422,
            "`label` must be one of 'acceptable', 'not_acceptable' or 'harmful'",
        ),
        ({"label": "not_acceptable"}, 422, "`note` must have 1 to 500"),
        ({"label": "harmful", "note": "  "}, 422, "`note` must have 1 to 500"),
        ({"note": "a\nb"}, 422, "`note` must not contain control characters"),
        ({"pair": "x"}, 422, "`pair` must be a whole number"),
        ({"pair": "0"}, 422, "`pair` must be at least 1"),
        ({"pair": "3"}, 409, "there is no pair 3; they are numbered 1 to 2"),
    ],
)
def test_a_label_that_says_nothing_useful_is_refused(world, drawn, ask, given, status, says):
    answer = ask("POST", PATH, RITA, **said(**given))
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert world.events("signoff.labelled") == []


@pytest.mark.parametrize(("number", "status"), [("3", 409), ("", 422), ("x", 422)])
def test_a_pair_that_is_none_opens_nothing(world, drawn, ask, number, status):
    assert ask("GET", f"{PATH}/pair", RITA, params={"pair": number}).status_code == status
    assert world.events("payload.viewed") == []


def test_a_harmful_one_is_told_as_an_incident(world, drawn, ask):
    ask("POST", PATH, RITA, **said(label="harmful", note="ten times the dose"))
    (incident,) = ask("GET", "/v1/incidents", VERA).json()["incidents"]
    assert (incident["by"], incident["reason"]) == ("rita", "ten times the dose")
    assert "until incident 1 is closed" in world.view().frozen
