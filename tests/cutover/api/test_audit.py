"""The path of the event log, as clients meet it."""

import json

import pytest
from rollouts import ANNA, ERIK, KEY, ROOT, VERA, World
from sqlalchemy import text, update
from starlette.testclient import TestClient

from cutover import people
from cutover.api.app import Api
from cutover.people import Role
from mirror.journal import events
from mirror.journal.signed import heads
from mirror.journal.signed.heads import Head
from mirror.journal.store import Store
from mirror.journal.tables import event


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ANNA, ERIK, VERA)
    with store.write() as conn:
        for name, tenant in (("ida", "clinic"), ("tim", "ward")):
            given = {"by": ROOT, "at_us": 1, "tenants": [tenant]}
            world.tokens[name] = people.add(conn, name, [Role.LEAD], **given)
        for name, tenants in (("cora", []), ("ines", ["clinic"])):
            given = {"by": ROOT, "at_us": 1, "tenants": tenants}
            world.tokens[name] = people.add(conn, name, [Role.COMPLIANCE], **given)
    world.desk.hold(ERIK, KEY, "wait")
    yield world
    store.close()


@pytest.fixture
def ask(world):
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    client = TestClient(app, raise_server_exceptions=False)

    def ask(who, path="/v1/events", **query):
        headers = {"authorization": f"Bearer {world.tokens[who]}"}
        return client.get(path, params=query, headers=headers)

    return ask


def types(answer):
    return [one["type"] for one in answer.json()["events"]]


def test_a_lead_searches_the_log(ask):
    assert types(ask("anna", actor="erik")) == ["hold.placed"]
    assert set(types(ask("anna", kind=["user.added", "hold.placed"]))) == {
        "user.added",
        "hold.placed",
    }
    (one,) = ask("anna", route="chat", kind="hold.placed").json()["events"]
    assert (one["tenant"], one["reason"], one["actor"]["name"]) == ("clinic", "wait", "erik")


def test_it_comes_in_pages(ask):
    whole, told, cursor = types(ask("anna")), [], {}
    while cursor is not None:
        page = ask("anna", limit=2, **cursor)
        told += types(page)
        cursor = {"cursor": page.json()["next"]} if page.json()["next"] else None
    assert told == whole
    assert ask("anna", cursor="x").status_code == 422


def test_only_leads_read_it_and_those_of_one_tenant_only_its_log(ask):
    assert ask("vera").status_code == ask("erik").status_code == 403
    assert {one["tenant"] for one in ask("ida").json()["events"]} == {"clinic"}
    assert (
        types(ask("ida", tenant=""))
        == types(ask("tim", tenant="clinic"))
        == types(ask("tim"))
        == []
    )
    assert "user.added" in types(ask("anna", tenant=""))


def test_who_answers_for_compliance_reads_what_is_on_record(ask):
    assert "user.added" in types(ask("cora", tenant=""))
    assert {one["tenant"] for one in ask("ines").json()["events"]} == {"clinic"}
    assert types(ask("ines", tenant="")) == types(ask("ines", tenant="ward")) == []
    why = ask("vera").json()["detail"]
    assert why == "vera has no role `lead`, nor `compliance`"


def test_what_people_did_and_one_event_by_its_number_are_asked_for(ask):
    assert types(ask("anna", tenant="clinic", deeds="people")) == ["hold.placed"]
    assert "hold.placed" not in types(ask("anna", deeds="system"))
    (one,) = ask("anna", object="clinic/chat", actor="erik").json()["events"]
    (same,) = ask("anna", tenant="clinic", seq=one["seq"]).json()["events"]
    assert same == one
    assert ask("anna", deeds="everybody").status_code == 422


def test_an_event_is_told_letter_for_letter_as_it_was_hashed(ask, world):
    (one,) = ask("anna", kind="hold.placed").json()["events"]
    with world.store.read() as conn:
        row = next(each for each in events.read(conn, "clinic") if each.seq == one["seq"])
    assert (one["body"], events.leaf_hash(one["body"])) == (row.body, row.leaf)


def test_a_log_is_read_as_it_was_recorded_and_each_event_says_between_when(ask, world):
    with world.store.write() as conn:
        given = {"actor": ANNA.actor.body(), "object": {"kind": "x", "id": "y"}}
        events.append(
            conn, tenant="clinic", type="of.2096", at_us=4_000_000_000_000_000, **given
        )
        events.append(conn, tenant="clinic", type="of.now", at_us=world.clock(), **given)
    assert types(ask("anna", tenant="clinic"))[0] == "of.2096"
    answer = ask("anna", tenant="clinic", order="recorded")
    assert types(answer)[:2] == ["of.now", "of.2096"]
    with world.store.write() as conn:
        heads.keep(conn, [Head("clinic", 1, "", 77, "note")])
    *_, first = ask("anna", tenant="clinic", order="recorded").json()["events"]
    assert (first["recorded_after_us"], first["recorded_before_us"]) == (0, 77)
    latest = answer.json()["events"][0]
    assert (latest["recorded_after_us"], latest["recorded_before_us"]) == (0, 0)
    one = ask("anna", tenant="clinic", order="recorded", limit=1).json()
    onward = {"tenant": "clinic", "order": "recorded", "limit": 1, "cursor": one["next"]}
    assert types(ask("anna", **onward)) == ["of.2096"]


def test_an_event_that_was_changed_in_the_store_is_shown_where_it_stands(ask, world):
    (one,) = ask("anna", kind="hold.placed").json()["events"]
    before = len(types(ask("anna")))
    for changed in ({"seq": one["seq"] + 1000}, {"seq": None}, {"tenant": "ward"}):
        letters = json.dumps(json.loads(one["body"]) | changed)
        with world.store.write() as conn:
            conn.execute(
                update(event).where(event.c.type == "hold.placed").values(body=letters)
            )
        assert len(types(ask("anna"))) == before, changed
        assert ask("anna", kind="hold.placed").json()["events"] == [one | {"body": letters}]


WHOLE = '{"at_us": 1, "type": "a", "actor": {}, "object": {}}'


@pytest.mark.parametrize(
    "letters",
    [
        "", "no JSON", "{", "7", "null", "[]", "{}", "[" * 100_000,
        '{"at_us": 1, "type": "a", "actor": {}, "object": {}, "details": {"a": NaN}}',
        '{"at_us": 1, "type": "a", "actor": {}, "object": {}, "reason": "\\ud800"}',
        *(WHOLE[:-1] + ', "details": {"a": ' + "[" * deep + "]" * deep + "}}" for deep in (101, 300, 900)),
        json.dumps({"at_us": "soon"}), json.dumps({"at_us": True}), json.dumps({"at_us": 1, "type": 7}),
        json.dumps({"at_us": 1, "type": "a", "actor": [], "object": {}}),
        json.dumps({"at_us": 1, "type": "a", "actor": {"name": 7}, "object": {}}),
        json.dumps({"at_us": 1, "type": "a", "actor": {}, "object": {}, "details": [1]}),
        json.dumps({"at_us": 1, "type": "a", "actor": {}, "object": {}, "details": 0}),
        json.dumps({"at_us": 1, "type": "a", "actor": {}, "object": {}, "outcome": False}),
        json.dumps({"at_us": 1, "type": "a", "actor": {}, "object": {}, "reason": {"a": 1}}),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "asked", [{}, {"tenant": "clinic", "order": "recorded"}, {"kind": "hold.placed"}]
)
def test_letters_that_are_no_event_any_more_take_no_other_from_the_page(
    ask, world, letters, asked
):
    before = ask("anna", **asked).json()["events"]
    (one,) = [one for one in before if one["type"] == "hold.placed"]
    with world.store.write() as conn:
        conn.execute(update(event).where(event.c.type == "hold.placed").values(body=letters))
    told = ask("anna", **asked)
    assert told.status_code == 200
    shown = {(each["tenant"], each["seq"]): each for each in told.json()["events"]}
    assert len(shown) == len(before)
    broken = shown[one["tenant"], one["seq"]]
    assert (broken["type"], broken["at_us"]) == ("hold.placed", one["at_us"])
    assert broken["body"] == letters
    assert "no event" in broken["reason"]


def test_letters_that_are_no_text_are_shown_as_what_there_is_of_them(ask, world):
    with world.store.write() as conn:
        conn.execute(text("update event set body = x'7b7dff' where type = 'hold.placed'"))
    (broken,) = ask("anna", kind="hold.placed").json()["events"]
    assert broken["body"] == "{}\N{REPLACEMENT CHARACTER}"


def test_what_stands_deep_in_an_event_is_shown_as_far_as_anything_is_recorded(ask, world):
    letters = WHOLE[:-1] + ', "details": {"a": ' + "[" * 98 + "]" * 98 + "}}"
    with world.store.write() as conn:
        conn.execute(update(event).where(event.c.type == "hold.placed").values(body=letters))
    (deep,) = ask("anna", kind="hold.placed").json()["events"]
    assert (deep["type"], deep["reason"]) == ("a", None)


def test_logs_of_several_tenants_have_no_order_but_the_time_told(ask):
    refused = ask("anna", order="recorded")
    assert refused.status_code == 422
    assert "name a tenant" in refused.json()["detail"]
    assert types(ask("ida", tenant="ward", order="recorded")) == []


def test_bundles_that_were_made_are_told_to_who_reads_their_log_alone(ask, world):
    with world.store.write() as conn:
        for tenant in ("clinic", "ward", ""):
            given = {
                "actor": ANNA.actor.body(),
                "object": {"kind": "export", "id": "e"},
                "at_us": 9,
            }
            events.append(conn, tenant=tenant, type="export.created", **given)
    for who, tenants in (
        ("anna", {"clinic", "ward", ""}),
        ("ines", {"clinic"}),
        ("tim", {"ward"}),
    ):
        found = ask(who, kind="export.created").json()["events"]
        assert {one["tenant"] for one in found} == tenants, who
