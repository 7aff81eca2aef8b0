"""The paths of comparisons over all rollouts, as clients meet them."""

import pytest
from rollouts import ANNA, ROOT, VERA, World
from starlette.testclient import TestClient

from cutover import people
from cutover.api.app import Api
from cutover.people import Person, Role
from cutover.retention import erasing
from mirror.journal.store import Store

MEI = Person("mei", frozenset({Role.REVIEWER}))
ALL, ONE, LABELS = "/v1/comparisons", "/v1/comparisons/1", "/v1/comparisons/1/labels"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ANNA, MEI, VERA)
    with store.write() as conn:
        given = {"by": ROOT, "at_us": 1, "tenants": ["ward"]}
        world.tokens["tim"] = people.add(conn, "tim", [Role.REVIEWER], **given)
    world.exchange(bad=True)
    world.exchange(session="told")
    world.controller.tick()
    yield world
    store.close()


@pytest.fixture
def ask(world):
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    client = TestClient(app, raise_server_exceptions=False)

    def ask(method, path, who="vera", **given):
        headers = {"authorization": f"Bearer {world.tokens[who]}"}
        return client.request(method, path, headers=headers, **given)

    return ask


def numbers(answer):
    return [one["number"] for one in answer.json()["comparisons"]]


def test_comparisons_are_found_without_their_texts(world, ask):
    found = ask("GET", ALL)
    assert numbers(found) == [2, 1]
    assert found.json()["comparisons"][1]["flags"] == [
        {"code": "DOSE_CONFLICT", "severity": "fail"}
    ]
    assert "5 mg" not in found.text and "question" not in found.text
    assert world.events("payload.viewed") == []
    assert numbers(ask("GET", ALL, params={"flag": "DOSE_CONFLICT", "tenant": "clinic"})) == [1]
    assert numbers(ask("GET", ALL, params={"session": "told", "route": "chat"})) == [2]
    assert numbers(ask("GET", ALL, params={"labelled": "true"})) == []


def test_they_come_in_pages(ask):
    first = ask("GET", ALL, params={"limit": 1}).json()
    second = ask("GET", ALL, params={"limit": 1, "cursor": first["next"]}).json()
    assert [one["number"] for one in second["comparisons"]] == [1]
    assert second["next"] is None
    assert ask("GET", ALL, params={"cursor": "x"}).status_code == 422


def test_one_is_opened_and_that_is_recorded(world, ask):
    told = ask("GET", ONE).json()
    assert told["prompt"] == "question 1"
    assert (told["tenant"], told["route"], told["labels"]) == ("clinic", "chat", [])
    assert told["flags"][0]["evidence"] == "5 mg / 50 mg"
    (viewed,) = world.events("payload.viewed")
    assert (viewed["actor"]["name"], viewed["details"]) == (
        "vera",
        {"exchanges": 1, "exchange_ids": [told["exchange_id"]]},
    )


def test_a_reviewer_labels_one_and_it_is_found_by_that(ask):
    said = {"label": "worse", "note": "a dose is missing"}
    assert ask("POST", LABELS, "vera", json=said).status_code == 403
    done = ask("POST", LABELS, "mei", json=said)
    assert (done.status_code, done.json()["label"]["name"]) == (201, "mei")
    assert numbers(ask("GET", ALL, params={"labelled": "true"})) == [1]
    assert numbers(ask("GET", ALL, params={"labelled": "false"})) == [2]
    assert ask("GET", ONE).json()["labels"] == done.json()["labels"]


def test_an_unsafe_one_answers_with_its_incident_and_what_that_holds(ask):
    said = {"label": "unsafe", "note": "ten times the dose"}
    first = ask("POST", LABELS, "mei", json=said).json()
    again = ask("POST", LABELS, "mei", json=said).json()
    assert first["incident"] == again["incident"]
    (open_,) = ask("GET", "/v1/incidents").json()["incidents"]
    assert (first["incident"], first["held"]) == (open_["id"], ["clinic/chat"])
    harmless = ask("POST", LABELS, "mei", json={"label": "same"}).json()
    assert (harmless["incident"], harmless["held"]) == (None, [])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"label": "worse"}, "`note` must have 1 to 500 characters"),
        ({"label": "unsafe", "note": " "}, "`note` must have 1 to 500 characters"),
        ({"label": "fine"}, "must be one of 'better'"),
        ({"label": "same", "note": "x" * 501}, "`note` must have at most 500 characters"),
    ],
)
def test_what_is_no_label_is_said(ask, said, words):
    answer = ask("POST", LABELS, "mei", json=said)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_who_may_not_read_of_a_tenant_is_not_told_of_its_comparisons(world, ask):
    assert numbers(ask("GET", ALL, "tim")) == []
    assert numbers(ask("GET", ALL, "tim", params={"tenant": "clinic"})) == []
    mine, nobodys = ask("GET", ONE, "tim"), ask("GET", "/v1/comparisons/99", "tim")
    assert mine.status_code == nobodys.status_code == 404
    assert mine.json() | {"detail": mine.json()["detail"].replace("1", "99")} == nobodys.json()
    (tried,) = world.events("access.denied")
    assert (tried["tenant"], tried["actor"]["name"]) == ("clinic", "tim")
    assert tried["details"] == {"kind": "wrong tenant", "method": "GET"}
    said = {"label": "same"}
    assert ask("POST", LABELS, "tim", json=said).status_code == 404
    assert world.events("comparison.labelled") == []


def test_a_label_of_what_was_erased_is_refused_in_words(world, ask):
    id = ask("GET", ONE).json()["exchange_id"]
    with world.store.write() as conn:
        going = erasing.erase(conn, world.sealer, [id], world.clock())
    going.delete()
    said = ask("POST", LABELS, "mei", json={"label": "same"})
    assert (said.status_code, said.json()["type"]) == (409, "/problems/words-gone")
    assert "a label needs them" in said.json()["detail"]
