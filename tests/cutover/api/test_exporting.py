"""The paths of exports: asked for, agreed to by somebody else where payloads leave, and taken; with every step on record."""

import pytest
from exported_orders import ASK, FULL, PATH, a_client, a_world, an_api, by, done, told
from rollouts import PASSWORD, START_US
from starlette.testclient import TestClient

from cutover.api.parts import HAND_OUTS
from mirror.journal.store import Store

YES = {"reason": "the auditor needs them", "proof": PASSWORD, "ticket": "CHG-7"}


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    yield a_world(store, home)
    store.close()


@pytest.fixture
def client(world):
    return a_client(world)


@pytest.fixture
def ask(world, client):
    def ask(method, path, person, **given):
        return client.request(method, PATH + path, headers=by(world, person), **given)

    return ask


def test_payloads_leave_where_somebody_else_agreed_and_every_step_is_told(world, ask):
    made = ask("POST", "", "cora", json=FULL | {"ticket": "CHG-1"})
    assert made.status_code == 201
    one = made.json()
    assert (one["state"], one["allowed"]) == ("requested", ["withdraw"])
    assert one["expires_us"] - one["requested_us"] == 7 * 86_400_000_000
    path = f"/{one['id']}"
    assert ask("GET", path, "lena").json()["allowed"] == ["approve", "refuse"]
    yes = ask("POST", f"{path}/approve", "lena", json=YES)
    assert yes.status_code == 200, yes.text
    assert (yes.json()["state"], yes.json()["approved_by"]) == ("approved", "lena")
    asked, approved = told(world)
    assert (asked["type"], asked["actor"]["name"]) == ("export.asked", "cora")
    assert asked["details"]["before"] is None
    assert (asked["details"]["after"], asked["details"]["ticket"]) == ("requested", "CHG-1")
    assert asked["details"]["purpose"] == "the yearly audit"
    said = approved["details"]
    assert (approved["type"], approved["actor"]["name"]) == ("export.approved", "lena")
    assert (said["before"], said["after"]) == ("requested", "approved")
    assert (said["confirmed_by"], said["ticket"]) == ("password", "CHG-7")
    assert "payloads" in said["meaning"]
    assert approved["reason"] == YES["reason"]


def test_what_is_redacted_waits_for_nobody(ask):
    one = ask("POST", "", "ines", json=ASK).json()
    assert (one["state"], one["expires_us"], one["approved_by"]) == ("approved", 0, "")
    assert one["allowed"] == ["withdraw"]


def test_a_range_that_goes_beyond_now_ends_now(world, ask):
    later = ask("POST", "", "cora", json=ASK | {"to_us": world.clock() + 10**12}).json()
    assert later["to_us"] == world.clock()
    for span in ({"from_us": ASK["to_us"]}, {"from_us": world.clock(), "to_us": 2**53}):
        none = ask("POST", "", "cora", json=ASK | span)
        assert (none.status_code, "no moment that has passed" in none.text) == (409, True)


def test_it_is_refused_or_withdrawn_and_goes_no_further(world, ask):
    refused, withdrawn = [ask("POST", "", "cora", json=FULL).json()["id"] for _ in range(2)]
    no = ask("POST", f"/{refused}/refuse", "carl", json={"reason": "too wide"})
    off = ask("POST", f"/{withdrawn}/withdraw", "cora", json={"reason": "a mistake"})
    assert [no.json()["state"], off.json()["state"]] == ["refused", "withdrawn"]
    assert [no.json()["ended_by"], no.json()["reason"]] == ["carl", "too wide"]
    assert no.json()["allowed"] == off.json()["allowed"] == []
    for id in (refused, withdrawn):
        assert ask("POST", f"/{id}/approve", "lena", json=YES).status_code == 409
    assert [one["type"] for one in told(world)][2:] == ["export.refused", "export.withdrawn"]


def test_the_list_has_those_of_the_tenants_that_one_may_see_in_pages(ask):
    ids = [ask("POST", "", "cora", json=ASK).json()["id"] for _ in range(3)]
    ids.append(ask("POST", "", "cora", json=ASK | {"tenant": ""}).json()["id"])
    page = ask("GET", "", "ines", params={"limit": 2}).json()
    assert [one["id"] for one in page["exports"]] == [ids[2], ids[1]]
    rest = ask("GET", "", "ines", params={"limit": 2, "before": page["next"]}).json()
    assert ([one["id"] for one in rest["exports"]], rest["next"]) == ([ids[0]], None)
    every = ask("GET", "", "lena", params={"tenant": ""}).json()["exports"]
    assert [one["id"] for one in every] == [ids[3]]
    assert ask("GET", "", "ines", params={"tenant": ""}).json()["exports"] == []
    assert ask("GET", "", "otto").json()["exports"] == []
    assert ask("GET", "", "lena", params={"state": "done"}).json()["exports"] == []
    assert ask("GET", "", "vera").status_code == 403


def test_one_is_told_with_a_tag(client, world, ask):
    id = ask("POST", "", "cora", json=ASK).json()["id"]
    tag = ask("GET", f"/{id}", "cora").headers["etag"]
    again = client.get(f"{PATH}/{id}", headers=by(world, "cora") | {"if-none-match": tag})
    assert again.status_code == 304
    ask("POST", f"/{id}/withdraw", "cora", json={"reason": "x"})
    assert ask("GET", f"/{id}", "cora").headers["etag"] != tag


def test_the_same_request_with_the_same_key_is_one_order(client, world, ask):
    headers = by(world, "cora") | {"idempotency-key": "k1"}
    first, again = [client.post(PATH, json=ASK, headers=headers).json() for _ in range(2)]
    assert first["id"] == again["id"]
    assert len(ask("GET", "", "cora").json()["exports"]) == 1
    other = client.post(PATH, json=FULL, headers=headers)
    assert (other.status_code, len(told(world))) == (422, 1)


def test_so_many_are_on_their_way_and_no_more(ask):
    ids = [ask("POST", "", "cora", json=ASK).json()["id"] for _ in range(5)]
    more = ask("POST", "", "carl", json=ASK)
    assert (more.status_code, "5 are the most" in more.text) == (409, True)
    assert ask("POST", "", "carl", json=ASK | {"tenant": ""}).status_code == 201
    ask("POST", f"/{ids[0]}/withdraw", "cora", json={"reason": "x"})
    assert ask("POST", "", "carl", json=ASK).status_code == 201


@pytest.mark.parametrize("size", [3, 700_000])
def test_a_bundle_comes_whole_with_its_length_and_digest_and_is_told_each_time(
    world, ask, size
):
    id = ask("POST", "", "cora", json=ASK).json()["id"]
    made = done(world, id, b"x" * size)
    assert ask("GET", f"/{id}", "ines").json()["allowed"] == ["download"]
    for _ in range(2):
        took = ask("GET", f"/{id}/bundle", "ines")
        assert (took.status_code, len(took.content)) == (200, size)
        assert took.headers["content-length"] == str(size)
        assert took.headers["x-content-sha256"] == made.sha256
        assert took.headers["cache-control"] == "private, no-store"
    *_, first, second = told(world)
    assert first["type"] == second["type"] == "export.downloaded"
    assert (first["actor"]["name"], first["details"]["sha256"]) == ("ines", made.sha256)


def test_a_bundle_that_is_gone_or_cut_short_is_not_handed_out(world, ask):
    id = ask("POST", "", "cora", json=ASK).json()["id"]
    assert ask("GET", f"/{id}/bundle", "cora").status_code == 409
    done(world, id)
    file = world.home.path / "exports" / f"{id}.tar"
    file.write_bytes(b"short")
    assert ask("GET", f"/{id}/bundle", "cora").status_code == 410
    file.unlink()
    assert ask("GET", f"/{id}/bundle", "cora").status_code == 410
    assert "export.downloaded" not in [one["type"] for one in told(world)]


def test_who_takes_bundles_too_often_is_told_to_wait(world, ask):
    id = ask("POST", "", "cora", json=ASK).json()["id"]
    done(world, id)
    got = [ask("GET", f"/{id}/bundle", "cora").status_code for _ in range(HAND_OUTS.burst + 1)]
    assert got[-2:] == [200, 429]


def test_a_standby_takes_no_order(world):
    standby = world.another("second")
    client = TestClient(an_api(world, paced=False).app(), raise_server_exceptions=False)
    assert standby is not world.controller
    world.controller.cabinet.stand_by()
    assert client.post(PATH, json=ASK, headers=by(world, "cora")).status_code == 503


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"purpose": ""}, "`purpose` must have 1 to 500 characters"),
        ({"profile": "all"}, "must be one of 'redacted' or 'full'"),
        ({"from_us": -1}, "`from_us` must be at least 0"),
        ({"ticket": "no ticket!"}, "number of a change ticket"),
    ],
)
def test_what_is_no_order_is_told_why(ask, said, why):
    answer = ask("POST", "", "cora", json=ASK | said)
    assert (answer.status_code, why in answer.json()["detail"]) == (422, True)


def test_a_tenant_that_nobody_has_is_told_so(ask):
    answer = ask("POST", "", "cora", json=ASK | {"tenant": "nowhere"})
    assert (answer.status_code, "no tenant nowhere" in answer.text) == (409, True)
    assert ask("GET", "/nothing", "cora").status_code == 404
    assert ASK["from_us"] < START_US
