"""The control API as its clients meet it."""

import pytest
from rollouts import ANNA, BEN, ERIK, VERA, World
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.api.buckets import Rate
from cutover.api.pacing import Rates
from mirror.journal import events
from mirror.journal.store import Store

ONE = "/v1/rollouts/clinic/chat"
ACTIONS = [
    ("POST", f"{ONE}/proposals"),
    ("POST", f"{ONE}/approvals"),
    ("POST", f"{ONE}/holds"),
    ("DELETE", f"{ONE}/holds"),
    ("POST", f"{ONE}/rollbacks"),
    ("POST", f"{ONE}/reindexes"),
]
READS = [
    ("GET", "/v1/me"),
    ("GET", "/v1/rollouts"),
    ("GET", ONE),
    ("GET", f"{ONE}/comparisons"),
    ("GET", f"{ONE}/events"),
]


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ANNA, BEN, ERIK, VERA)
    yield world
    store.close()


@pytest.fixture
def ask(world):
    return asking(world)


def asking(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    client = TestClient(api.app(), raise_server_exceptions=False)

    def ask(method, path, person=None, headers=None, **given):
        token = {"authorization": f"Bearer {world.tokens[person.name]}"} if person else {}
        return client.request(method, path, headers=token | (headers or {}), **given)

    return ask


def is_problem(answer, status):
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and body["title"]
        and body["detail"]
    )


def test_health_needs_no_token(ask):
    assert ask("GET", "/healthz").json() == {"status": "ok", "acting": True}


def test_it_is_not_ready_while_the_proxies_cannot_be_told(world, ask):
    assert ask("GET", "/readyz").json() == {"status": "ready", "acting": True, "why": ""}

    def full(table):
        raise OSError("no space left on device")

    kept, world.controller._publisher.to = world.controller._publisher.to, full
    world.tick()
    answer = ask("GET", "/readyz")
    assert (answer.status_code, answer.json()["why"]) == (503, "no space left on device")
    key, why = "/v1/rollouts/clinic/chat", {"reason": "wrong doses"}
    refused = ask("POST", f"{key}/rollbacks", ERIK, json=why)
    assert is_problem(refused, 503) and "go on as before" in refused.json()["detail"]
    world.controller._publisher.to = kept
    world.tick()
    assert ask("GET", "/readyz").status_code == 200


@pytest.mark.parametrize(("method", "path"), READS + ACTIONS)
def test_everything_else_needs_one(ask, method, path):
    answer = ask(method, path)
    assert is_problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "Bearer nonsense", ""])
def test_any_other_authorization_is_refused(world, header):
    client = TestClient(
        Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    )
    answer = client.get("/v1/me", headers={"authorization": header})
    assert is_problem(answer, 401)
    assert "nonsense" not in answer.text


def test_what_a_form_of_another_site_can_send_is_no_body(world, ask):
    answer = ask("POST", f"{ONE}/holds", ERIK, content=b'{"reason": "from elsewhere"}')
    assert is_problem(answer, 422)
    assert "content-type: application/json" in answer.json()["detail"]
    assert world.view().held_by == ""


def test_the_api_describes_itself_to_everybody_and_names_its_errors(ask):
    described = ask("GET", "/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    told = described["paths"][ONE.replace("clinic", "{tenant}").replace("chat", "{route}")]
    refused = told["get"]["responses"]["403"]["content"]["application/problem+json"]
    assert refused["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}
    assert described["components"]["schemas"]["ProblemDetails"]["required"]
    assert "reasons" in described["components"]["schemas"]["RolloutShape"]["properties"]


def test_a_large_body_is_refused(ask):
    answer = ask("POST", f"{ONE}/holds", ERIK, content=b"x" * 20_000)
    assert is_problem(answer, 413)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v2", 404), ("PUT", ONE, 405), ("GET", "/", 404)]
)
def test_paths_and_methods_that_do_not_exist_are_problems_too(ask, method, path, status):
    assert is_problem(ask(method, path, ANNA), status)


def test_a_fault_of_ours_is_told_without_its_insides(world, ask, monkeypatch, caplog):
    monkeypatch.setattr(world.controller.overview, "page", lambda *asked: 1 / 0)
    answer = ask("GET", "/v1/rollouts", ANNA)
    assert is_problem(answer, 500)
    assert "Traceback" not in answer.text


def test_a_standby_says_that_another_one_acts(world, ask):
    world.controller.cabinet.release()
    assert is_problem(ask("GET", "/v1/rollouts", ANNA), 503)
    assert ask("GET", "/healthz").json()["acting"] is False


def test_no_event_holds_a_token(world, ask):
    ask("POST", f"{ONE}/holds", ERIK, json={"reason": "wait"})
    with world.store.read() as conn:
        for tenant in ("", "clinic"):
            kept = "".join(one.body for one in events.read(conn, tenant))
            assert not any(token in kept for token in world.tokens.values())


def test_a_change_that_is_sent_again_with_its_key_is_made_once(world, ask):
    key = {"headers": {"idempotency-key": "try-1"}}
    first, again = [
        ask("POST", f"{ONE}/holds", ERIK, json={"reason": "wait"}, **key) for _ in "12"
    ]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(world.events("hold.placed")) == 1
    other = ask("POST", f"{ONE}/holds", ERIK, json={"reason": "another"}, **key)
    assert is_problem(other, 422)


def test_who_asks_again_for_what_is_the_same_gets_no_body(world, ask):
    tag = ask("GET", ONE, ERIK).headers["etag"]
    same = ask("GET", ONE, ERIK, headers={"if-none-match": tag})
    assert (same.status_code, same.content) == (304, b"")
    ask("POST", f"{ONE}/holds", ERIK, json={"reason": "wait"})
    assert ask("GET", ONE, ERIK, headers={"if-none-match": tag}).status_code == 200


def test_one_person_who_asks_too_often_is_no_others_trouble(world, monkeypatch):
    rare = Rate(burst=2, per_s=0.001)
    monkeypatch.setattr("cutover.api.app.OF_PERSON", Rates(reads=rare, changes=rare))
    ask = asking(world)
    answers = [ask("GET", "/v1/me", ERIK) for _ in range(3)]
    assert [one.status_code for one in answers[:2]] == [200, 200]
    assert is_problem(answers[2], 429)
    assert int(answers[2].headers["retry-after"]) > 900
    assert ask("GET", "/v1/me", ANNA).status_code == 200
    assert ask("POST", f"{ONE}/holds", ERIK, json={"reason": "wait"}).status_code == 201


def test_the_description_tells_of_keys_and_tags(ask):
    paths = ask("GET", "/v1/openapi.json").json()["paths"]
    names = [one["name"] for one in paths["/v1/emergencies"]["post"]["parameters"]]
    assert names == ["Idempotency-Key"]
    taking_back = [one["name"] for one in paths["/v1/emergencies"]["delete"]["parameters"]]
    assert taking_back[-1] == "Idempotency-Key"
    assert "304" in paths["/v1/rollouts"]["get"]["responses"]
