"""The paths of rollouts, as clients meet them."""

import json

import pytest
from rollouts import ANNA, BEN, ERIK, KEY, PASSWORD, VERA, World, a_policy
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.people import Role
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


def _of(route):
    sides = {
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    return {"tenant": "clinic", "route": route, **sides}


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
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    client = TestClient(api.app(), raise_server_exceptions=False)

    def ask(method, path, person=None, **given):
        headers = {"authorization": f"Bearer {world.tokens[person.name]}"} if person else {}
        return client.request(method, path, headers=headers, **given)

    return ask


def is_problem(answer, status):
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and body["title"]
        and body["detail"]
    )


@pytest.mark.parametrize(("method", "path"), ACTIONS)
def test_a_viewer_may_only_read(world, ask, method, path):
    world.until_proposed()
    body = {"reason": "because"}
    if path.endswith("approvals"):
        body["proposal"] = world.view().proposal["id"]
    given = {"params": {"reason": "x"}} if method == "DELETE" else {"json": body}
    before = world.view()
    assert is_problem(ask(method, path, VERA, **given), 403)
    assert world.view() == before
    assert all(ask(method, path, VERA).status_code == 200 for method, path in READS)


def test_me_tells_whose_token_it_is(ask):
    assert ask("GET", "/v1/me", ERIK).json() == {
        "name": "erik",
        "roles": ["engineer"],
        "tenants": {},
        "sign_in_again": None,
        "fresh_until_us": 0,
    }


def test_the_board_lists_every_rollout(ask):
    body = ask("GET", "/v1/rollouts", VERA).json()
    assert (body["production"], body["deployment"]) == (False, "test")
    assert [(one["tenant"], one["stage"]) for one in body["rollouts"]] == [("clinic", "mirror")]


def test_the_board_is_searched_and_says_how_many_there_are(world, ask):
    def board(**query):
        return ask("GET", "/v1/rollouts", VERA, params=query).json()

    assert [one["needs"] for one in board()["rollouts"]] == [None]
    assert board(q="CLINIC mirror own", stage=["live", "mirror"])["found"] == 1
    missed = board(q="clinic live")
    assert (missed["rollouts"], missed["found"], missed["next"]) == ([], 0, None)
    world.until_proposed()
    assert board(needs_person="true", needs="approval", verdict="promote")["found"] == 1
    assert board(held="true")["found"] == 0
    assert board(held="true")["summary"] == {
        "rollouts": 1,
        "stages": {"mirror": 1},
        "verdicts": {"promote": 1},
        "needs": {"approval": 1},
        "needs_person": 1,
        "held": 0,
    }


def test_the_board_comes_in_pages(world, ask):
    world.policy = a_policy(rollouts=[_of(route) for route in ("chat", "reason", "vision")])
    world.controller = world.another("second", world.policy)
    world.clock.pass_s(60)
    world.tick()
    asked = Api(
        world.controller, world.store, world.sealer, world.clock, world.home.load
    )  # of the controller that acts now
    client = TestClient(asked.app())
    client.headers["authorization"] = f"Bearer {world.tokens['vera']}"
    first = client.get("/v1/rollouts", params={"limit": 2}).json()
    assert [one["route"] for one in first["rollouts"]] == ["chat", "reason"]
    rest = client.get("/v1/rollouts", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["route"] for one in rest["rollouts"]] == ["vision"]
    assert (rest["next"], rest["found"]) == (None, 3)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"cursor": "no"}, "`cursor` is no cursor that a page gave"),
        ({"limit": 201}, "`limit` must be at most 200"),
        ({"stage": "half"}, "must be one of 'off', 'mirror'"),
        ({"needs": "money"}, "must be one of 'approval'"),
        ({"q": "x" * 201}, "`q` must have at most 200 characters"),
        ({"held": "perhaps"}, "`held`"),
    ],
)
def test_what_cannot_be_looked_for_is_said(ask, query, words):
    answer = ask("GET", "/v1/rollouts", VERA, params=query)
    assert is_problem(answer, 422)
    assert words in answer.json()["detail"]


def test_one_rollout_has_moves_course_and_latency(world, ask):
    world.to_canary()
    world.good(3)
    body = ask("GET", ONE, VERA).json()
    assert [one["signal"] for one in body["transitions"]] == ["start", "enter_canary"]
    assert body["transitions"][1]["from"] == "mirror"
    counts = [one["n"] for one in body["history"]]
    assert counts == sorted(counts)
    assert {"equivalence", "errors", "latency", "flags"} < body["history"][0]["gates"].keys()
    assert len(body["latency"]["candidate_ms"]) == len(body["latency"]["primary_ms"]) > 3
    assert body["ledger"]["compared"] == body["comparisons"] == body["ledger"]["seen"]


def test_a_whole_promotion_runs_over_the_api(world, ask):
    world.until_proposed()
    proposal = ask("GET", ONE, ANNA).json()["proposal"]
    body = {"proposal": proposal["id"], "reason": "looks right", "proof": PASSWORD}
    answer = ask("POST", f"{ONE}/approvals", ANNA, json=body)
    assert answer.status_code == 201
    assert answer.json()["applied"] is True
    assert answer.json()["transition"]["to_share"] == 20.0
    assert answer.json()["approval"]["name"] == "anna"
    again = ask("POST", f"{ONE}/approvals", BEN, json=body)
    assert is_problem(again, 409)


def test_who_may_not_approve_is_told_why(world, ask):
    world.until_proposed()
    body = {"proposal": world.view().proposal["id"], "reason": "let me"}
    answer = ask("POST", f"{ONE}/approvals", ERIK, json=body)
    assert is_problem(answer, 403)
    assert "only a lead" in answer.json()["detail"]


def test_nobody_approves_their_own_proposal_over_the_api(world, ask):
    world.until_proposed()
    cabinet = world.controller.cabinet
    with world.store.write() as conn:
        cabinet.void(conn, cabinet.file(KEY), "for the test", world.clock())
    made = ask("POST", f"{ONE}/proposals", ANNA, json={"reason": "I want it"})
    assert made.status_code == 201
    body = {"proposal": made.json()["proposal"]["id"], "reason": "me again", "proof": PASSWORD}
    assert is_problem(ask("POST", f"{ONE}/approvals", ANNA, json=body), 403)
    assert ask("POST", f"{ONE}/approvals", BEN, json=body).json()["applied"]


def test_hold_resume_and_roll_back(world, ask):
    held = ask("POST", f"{ONE}/holds", ERIK, json={"reason": "wait"})
    assert (held.status_code, held.json()["rollout"]["held_by"]) == (201, "erik")
    free = ask("DELETE", f"{ONE}/holds", ERIK, params={"reason": "go on"})
    assert (free.status_code, free.json()["rollout"]["held_by"]) == (200, "")
    back = ask("POST", f"{ONE}/rollbacks", ERIK, json={"reason": "enough"})
    assert (back.status_code, back.json()["transition"]["to"]) == (201, "rolled_back")
    assert is_problem(ask("POST", f"{ONE}/rollbacks", ERIK, json={"reason": "more"}), 409)


def test_events_of_the_rollout_come_newest_first_and_in_pages(world, ask):
    world.good(3)
    world.desk.hold(ERIK, KEY, "wait")
    world.desk.resume(ERIK, KEY, "go")
    first = ask("GET", f"{ONE}/events", VERA, params={"limit": 2}).json()
    rest = ask("GET", f"{ONE}/events", VERA, params={"before": first["next"]}).json()
    types = [one["type"] for one in first["events"] + rest["events"]]
    assert types == ["hold.lifted", "hold.placed", "state.transition"]
    assert rest["next"] is None
    assert first["events"][0]["actor"] == {
        "kind": "human",
        "name": "erik",
        "roles": "engineer",
    }


def test_comparisons_show_the_texts_and_reading_them_is_an_event(world, ask):
    world.good(3)
    world.good(1, bad=True)
    body = ask("GET", f"{ONE}/comparisons", VERA, params={"limit": 2}).json()
    newest = body["comparisons"][0]
    assert newest["prompt"] == "question 4"
    assert newest["primary"] == "answer of the primary to question 4"
    assert newest["candidate"] == "answer of the candidate to question 4"
    assert newest["flags"] == [
        {"code": "DOSE_CONFLICT", "severity": "fail", "evidence": "5 mg / 50 mg"}
    ]
    assert newest["performance"]["candidate"]["total_ms"] == 200.0
    older = ask("GET", f"{ONE}/comparisons", VERA, params={"before": body["next"]}).json()
    assert [one["prompt"] for one in older["comparisons"]] == ["question 2", "question 1"]
    viewed = world.events("payload.viewed")
    assert [(one["actor"]["name"], one["details"]["exchanges"]) for one in viewed] == [
        ("vera", 2),
        ("vera", 2),
    ]
    ids = [one["exchange_id"] for one in body["comparisons"] + older["comparisons"]]
    assert [id for one in viewed for id in one["details"]["exchange_ids"]] == ids
    assert "question" not in json.dumps(viewed)


def test_comparisons_can_be_asked_for_one_flag(world, ask):
    world.good(3)
    world.good(1, bad=True)
    world.good(3)
    body = ask("GET", f"{ONE}/comparisons", VERA, params={"flag": "DOSE_CONFLICT"}).json()
    assert [one["prompt"] for one in body["comparisons"]] == ["question 4"]
    assert body["next"] is None
    none = ask("GET", f"{ONE}/comparisons", VERA, params={"flag": "OTHER"}).json()
    assert none == {"comparisons": [], "next": None}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "JSON object"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 10_000, "not JSON"),
        (b"[]", "JSON object"),
        (b'"reason"', "JSON object"),
        (b"null", "JSON object"),
        (b"{}", "`reason` is missing"),
        (b'{"reason": "x", "force": true}', "`force` is not asked for"),
        (b'{"reason": 1}', "must be a text"),
        (b'{"reason": ""}', "1 to 500"),
        (b'{"reason": "   "}', "1 to 500"),
        (json.dumps({"reason": "x" * 501}).encode(), "1 to 500"),
        (b'{"reason": "a\\u0000b"}', "control characters"),
        (b'{"reason": "a\\nb"}', "control characters"),
        (b'{"reason": "\\ud800"}', "control characters"),
    ],
)
def test_a_body_that_is_not_what_is_asked_changes_nothing(world, ask, content, says):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    client = TestClient(api.app(), raise_server_exceptions=False)
    headers = {
        "authorization": f"Bearer {world.tokens['erik']}",
        "content-type": "application/json",
    }
    answer = client.post(f"{ONE}/holds", headers=headers, content=content)
    assert is_problem(answer, 422)
    assert says in answer.json()["detail"]
    assert world.view().held_by == ""


@pytest.mark.parametrize("limit", ["0", "-1", "x", "201", "1e3", "9" * 50, ""])
def test_a_limit_that_is_no_number_is_refused(ask, limit):
    assert is_problem(ask("GET", f"{ONE}/events", VERA, params={"limit": limit}), 422)


@pytest.mark.parametrize("key", ["clinic/audio", "nobody/chat", "clinic/%2e%2e", "%00/chat"])
def test_an_unknown_rollout_is_404_everywhere(ask, key):
    path = f"/v1/rollouts/{key}"
    for method, end in [("GET", ""), ("GET", "/events"), ("GET", "/comparisons")]:
        assert is_problem(ask(method, path + end, ANNA), 404)
    for end in ("/holds", "/rollbacks", "/proposals"):
        assert is_problem(ask("POST", path + end, ANNA, json={"reason": "x"}), 404)


def test_roles_are_a_ladder_in_the_api(world, ask):
    assert [role.value for role in Role][:3] == ["viewer", "engineer", "lead"]
    assert (
        ask("POST", f"{ONE}/holds", ANNA, json={"reason": "a lead may too"}).status_code == 201
    )


def test_a_re_index_names_its_index_and_is_of_embeddings_alone(ask):
    said = {"index": "notes", "reason": "made anew"}
    answer = ask("POST", f"{ONE}/reindexes", ERIK, json=said)
    assert (
        is_problem(answer, 409) and "no index holds answers of chat" in answer.json()["detail"]
    )
    for index in ("", " ", "x" * 201, "a\nb"):
        answer = ask("POST", f"{ONE}/reindexes", ERIK, json=said | {"index": index})
        assert is_problem(answer, 422) and "`index`" in answer.json()["detail"]
