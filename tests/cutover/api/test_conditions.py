"""How the deployment is, as clients are told."""

import pytest
from rollouts import ANNA, ROOT, World
from starlette.testclient import TestClient

from cutover import people
from cutover.api.app import Api
from cutover.people import Role
from cutover.review import outcome as review
from cutover.review import record
from cutover.review.outcome import Outcome, Problem, Review
from mirror.journal.keys.missing import Missing
from mirror.journal.signed import heads
from mirror.journal.signed.heads import Refusal
from mirror.journal.store import Store


@pytest.fixture
def ask(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.good(2)
    world.exchange(pending=True)
    tokens = world.add(ANNA)
    with store.write() as conn:
        given = {"by": ROOT, "at_us": 1, "tenants": ["ward"]}
        tokens["tim"] = people.add(conn, "tim", [Role.VIEWER], **given)
    app = Api(world.controller, world.store, world.sealer, world.clock, home.load).app()

    def ask(who):
        headers = {"authorization": f"Bearer {tokens[who]}"}
        return TestClient(app).get("/v1/health", headers=headers)

    ask.world = world
    yield ask
    store.close()


def test_health_tells_the_ledgers_sums_and_what_waits(ask):
    told = ask("anna").json()
    assert told["ledger"]["adds_up"] is True
    assert (told["ledger"]["seen"], told["ledger"]["comparisons"]) == (3, 2)
    assert [(one["kind"], one["count"]) for one in told["queues"]] == [
        ("reask", 1), ("score", 1), ("shadow", 1),
    ]  # fmt: skip
    assert told["spool"] == {"bytes": 0, "oldest_us": None, "why": ""}


def test_what_is_not_known_says_so(ask):
    told = ask("anna").json()
    assert "no proxy of this machine" in told["proxies"]["why"]
    assert (told["controller"]["acting"], told["controller"]["last_tick_s"]) == (True, None)


def test_who_reads_of_one_tenant_is_told_nothing_of_the_others(ask):
    told = ask("tim").json()
    assert (told["ledger"], told["queues"]) == (None, [])


def test_it_tells_whether_the_log_is_signed_and_which_keys_are_missed(ask):
    told = ask("anna").json()
    assert (told["signing"]["ever"], told["signing"]["refused"]) == (False, [])
    assert told["keys_missing"] == []
    with ask.world.store.write() as conn:
        heads.identify(conn)
        for tenant in ("", "clinic"):
            heads.refuse(conn, Refusal(tenant, 5, 3, "it was changed"))
        Missing(lambda: 1.0).tell(conn, "clinic", ask.world.clock(), "its file is gone")
    told = ask("anna").json()
    assert told["signing"]["ever"] is True
    assert [one["tenant"] for one in told["signing"]["refused"]] == ["", "clinic"]
    assert told["keys_missing"] == ["clinic"]
    of_another = ask("tim").json()
    assert [one["tenant"] for one in of_another["signing"]["refused"]] == [""]
    assert of_another["keys_missing"] == []


def test_it_tells_of_the_review_of_the_log_what_one_may_see_of_it(ask):
    told = ask("anna").json()["reviews"]
    assert told == {"at": "03:10", "late": True, "last": None}  # its log began in 1970
    problems = tuple(Problem(log, 3, review.Kind.CHANGED) for log in ("", "clinic", "ward"))
    found = Review(Outcome.CHANGED, 3, 9, 2, 1, 1500, 3, problems)
    with ask.world.store.write() as conn:
        record.append(conn, found, ROOT, ask.world.clock())
    told = ask("anna").json()["reviews"]["last"]
    assert told["first"][1] == {"log": "clinic", "event": 3, "kind": "changed"}
    assert (told["outcome"], told["problems"], told["took_s"]) == ("changed", 3, 1.5)
    of_another = ask("tim").json()["reviews"]["last"]
    assert [one["log"] for one in of_another["first"]] == ["", "ward"]
