import pytest
from builders import accepted
from rollouts import ANNA
from sqlalchemy import update

from cutover.exports import standing
from cutover.exports.planned import Asked
from cutover.people import Deed
from cutover.retention import holds
from mirror.journal import exchanges, tables
from mirror.journal.seal import Sealer

DAY_US = 86_400_000_000
DEED = Deed(ANNA.actor, DAY_US, "court order 12/2026")


@pytest.fixture
def sealer(home):
    return Sealer.open(home)


def noted(store, tenant="clinic", days=(0, 10)):
    began, ends = (day * DAY_US for day in days)
    with store.read() as conn:
        return standing.notes(conn, Asked(tenant, began, ends, "redacted", "siti", "audit"))


def kept(store, sealer, *days, tenant="clinic"):
    with store.write() as conn:
        for day in days:
            accept = accepted(day, tenant=tenant, accepted_us=day * DAY_US)
            exchanges.record_accept(conn, accept, sealer)


def erase(store, **which):
    columns = tables.exchange.c
    with store.write() as conn:
        where = [columns[name] == value for name, value in which.items()]
        conn.execute(update(tables.exchange).where(*where).values(purged_us=1))


def test_where_nothing_stands_nothing_is_noted(store, sealer):
    kept(store, sealer, 1, 2)
    assert noted(store) == {}


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({}, "everything of the tenant, placed"),
        ({"exchange_id": "e7"}, "exchange e7, placed"),
        ({"subject": "PSEUDONYM"}, "patient PSEUDONYM (a pseudonym), placed"),
        (
            {"from_us": DAY_US},
            "accepted from 1970-01-02 00:00:00 UTC (08:00:00 +08:00), placed",
        ),
        (
            {"from_us": 5 * DAY_US, "until_us": 6 * DAY_US},
            "until before 1970-01-07 00:00:00 UTC (08:00:00 +08:00), placed",
        ),
    ],
)
def test_a_hold_that_touches_the_range_is_told_with_its_scope_and_who_placed_it(
    store, scope, said
):
    with store.write() as conn:
        hold = holds.place(conn, "clinic", DEED, **scope)
    note = noted(store)[f"legal_hold_{hold.id}"]
    assert said in note
    assert f"legal hold {hold.id} on " in note
    assert note.endswith("by anna: court order 12/2026")


def test_holds_of_others_of_other_times_and_lifted_ones_are_not_told(store):
    with store.write() as conn:
        holds.place(conn, "other", DEED)
        holds.place(conn, "clinic", DEED, until_us=2 * DAY_US)
        holds.place(conn, "clinic", DEED, from_us=5 * DAY_US)
        holds.lift(conn, holds.place(conn, "clinic", DEED).id, DEED)
    assert noted(store, days=(2, 5)) == {}
    assert len(noted(store, days=(2, 6))) == 1
    assert len(noted(store, days=(1, 5))) == 1


def test_how_many_requests_of_the_range_lost_their_words_is_told(store, sealer):
    kept(store, sealer, 1, 2, 3, 4)
    kept(store, sealer, 5, tenant="other")
    for day in (1, 2, 4, 5):
        erase(store, accepted_us=day * DAY_US)
    assert noted(store, days=(2, 10))["erased"].startswith("of 2 requests")
    assert noted(store, days=(3, 4)) == {}
    assert noted(store, "", days=(0, 10)) == {}


def test_a_range_is_unfinished_until_its_end_has_come():
    asked = Asked("clinic", 0, 3_600_000_000, "redacted", "siti", "audit")
    assert standing.unfinished(asked, 3_599_999_999) == (
        "the period is not over: it ends 1970-01-01 01:00:00 UTC (09:00:00 +08:00), and this was asked for "
        "1970-01-01 00:59:59 UTC (08:59:59 +08:00)"
    )
    assert standing.unfinished(asked, 3_600_000_000) == ""
