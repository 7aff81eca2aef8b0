"""What a log says was asked for."""

import pytest
from sqlalchemy import update

from mirror.journal import tables
from mirror.journal.signed.folder import Signed
from mirror.journal.signed.requests import cut, on_record, requests_of, stands

ASKED = {
    "from_us": 1,
    "to_us": 2,
    "profile": "redacted",
    "purpose": "audit",
    "requested_by": "siti",
    "approved_by": "",
}


def test_requests_that_say_the_same_are_found_the_newest_first_and_none_of_another_log(logs):
    for at_us in (30, 10, 20):
        logs.append(type="export.requested", details=ASKED, at_us=at_us)
    logs.append(tenant="other", type="export.requested", details=ASKED | {"purpose": "x"})
    with logs.store.read() as conn:
        found = [seq for seq, _ in requests_of(conn, ASKED | {"tenant": "clinic"})]
        assert [*requests_of(conn, ASKED | {"tenant": "clinic", "purpose": "x"})] == []
    assert found == [1, 3, 2]


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (2, 4, ""),
        (1, 5, ""),
        (3, 4, "before event 3"),
        (2, 3, "behind event 3"),
        (4, 3, "before event 4"),
        (7, 6, "before event 7"),
    ],
)
def test_a_range_has_all_that_was_on_record_when_it_was_asked_for(logs, first, last, why):
    for at_us in (5, 10, 12, 19, 20, 30):
        logs.append(at_us=at_us)
    logs.append(at_us=15)  # by a clock that is behind, and recorded later
    said = {
        "tenant": "clinic",
        "from_us": 10,
        "to_us": 20,
        "first_seq": first,
        "last_seq": last,
    }
    with logs.store.read() as conn:
        assert (cut(conn, said, 6) == "") == (why == "")
        assert why in cut(conn, said, 6)
        assert "behind event 4" in cut(conn, said | {"first_seq": 2, "last_seq": 4}, 7)
        assert cut(conn, said | {"first_seq": 2, "last_seq": 7}, 7) == ""


def test_an_empty_range_is_whole_where_nothing_was_on_record(logs):
    for at_us in (5, 30):
        logs.append(at_us=at_us)
    said = {"tenant": "clinic", "from_us": 10, "to_us": 20, "first_seq": 2, "last_seq": 1}
    with logs.store.read() as conn:
        assert cut(conn, said, 2) == ""
        assert (
            cut(conn, said | {"from_us": 40, "to_us": 50, "first_seq": 3, "last_seq": 2}, 2)
            == ""
        )
        assert "before event 2" in cut(conn, said | {"from_us": 5}, 2)


def test_a_column_that_was_changed_hides_no_event(logs):
    for at_us in (10, 12, 14):
        logs.append(at_us=at_us)
    with logs.store.write() as conn:
        conn.execute(update(tables.event).values(at_us=5).where(tables.event.c.seq == 1))
        conn.execute(update(tables.event).values(at_us=25).where(tables.event.c.seq == 3))
    said = {"tenant": "clinic", "from_us": 10, "to_us": 20, "first_seq": 2, "last_seq": 3}
    with logs.store.read() as conn:
        assert "before event 2" in cut(conn, said, 3)
        assert "behind event 2" in cut(conn, said | {"first_seq": 1, "last_seq": 2}, 3)


def test_an_event_stands_in_the_log_only_as_it_was_signed(logs):
    logs.append(count=3)
    logs.step()
    known = logs.signer.state.logs["clinic"]
    bodies = [one.body for one in logs.events("clinic")]
    with logs.store.read() as conn:
        assert [stands(conn, "clinic", seq, bodies[seq - 1], known) for seq in (1, 2, 3)] == (
            [True] * 3
        )
        assert not stands(conn, "clinic", 2, bodies[2], known)
        assert not stands(conn, "clinic", 2, bodies[1].replace("why", "not"), known)
        shorter = Signed(size=1, hashes=known.hashes[:1])
        assert not stands(conn, "clinic", 1, bodies[0], shorter)


def test_an_event_is_on_record_whether_it_is_signed_or_not(logs):
    logs.append(count=2)
    with logs.store.read() as conn:
        found = [on_record(conn, "clinic", seq) for seq in (0, 1, 2, 3)]
        assert (found, on_record(conn, "other", 1)) == ([False, True, True, False], False)
