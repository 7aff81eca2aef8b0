"""What the pages ask of the control API is found by an index, on both engines: the longest history makes no page longer."""

import pytest
import scans
from rollouts import ANNA, KEY, World, a_policy
from starlette.testclient import TestClient

from bench.screens.asked import calls
from cutover.api.app import Api
from cutover.people import Person, Role

LARGE = (
    "observation",
    "exchange",
    "comparison",
    "comparison_flag",
    "reply",
    "event",
    "proposal",
)
"""Tables with a row of every exchange, session, flag, event or proposal there ever was."""
OF_A_PART = (
    "ix_exchange_pending", "ix_exchange_reasked", "ix_exchange_shed", "ix_comparison_unpaired", "ix_proposal_open",
)  # fmt: skip
"""Indices of a small part of one."""
OF_ONE = "exchange.outcome, exchange.reason, count"
ALL = Person("all", frozenset(Role))
PLAN = {
    "name": "go",
    "false_discoveries": 0.05,
    "entries": [{"name": "first", "rollouts": ["*/*"], "until": "live"}],
}


def a_client(home, store):
    world = World(store, home, policy=a_policy(plan=PLAN))
    world.tick()
    world.until_proposed()
    world.exchange(pending=True)
    token = world.add(ANNA, ALL)["all"]
    api = Api(world.controller, store, world.sealer, world.clock, home.load, paced=False)
    return TestClient(api.app(), headers={"authorization": f"Bearer {token}"})


def test_no_page_asks_for_all_there_ever_was_but_for_the_sums_of_the_ledger(home, store):
    client = a_client(home, store)
    with scans.asked() as questions:
        for _, path in calls(KEY[0], 1):
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text)
    # The exact ledger: of every rollout asked once in ten seconds (see `cutover.tally`), and of one, by its own index.
    sums = [one for one in questions if "audit.gap" in str(questions[one])]
    assert len(sums) == 1
    sums += [one for one in questions if OF_ONE in one and "exchange.route =" in one]
    asked = {one: with_ for one, with_ in questions.items() if one not in sums}
    with store.read() as conn:
        found = scans.found(conn, asked, LARGE, OF_A_PART, pages=True)
    assert len(asked) > 40
    assert not found, "\n".join(f"{how}: {one}" for one, how in found.items())


@pytest.mark.parametrize(
    "question",
    [
        "SELECT count(*) FROM exchange WHERE path = 'x'",
        "SELECT number FROM comparison ORDER BY comparators LIMIT 9",
    ],
)
def test_a_question_that_no_index_leads_to_is_found(store, question):
    with store.read() as conn:
        assert scans.found(conn, {question: ()}, LARGE, OF_A_PART, pages=True)


def test_a_page_in_the_order_of_an_index_is_no_scan(store):
    question = {"SELECT number FROM comparison ORDER BY number DESC LIMIT 9": ()}
    with store.read() as conn:
        assert not scans.found(conn, question, LARGE, OF_A_PART, pages=True)
        assert scans.found(conn, question, LARGE, OF_A_PART)
