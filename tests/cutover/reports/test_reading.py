from cutover.reports import reading
from cutover.reports.placing import Signed, Span
from mirror.journal import events
from mirror.journal.signed import heads
from mirror.journal.signed.heads import Head


def write(store, *types, tenant="clinic", at_us=100):
    with store.write() as conn:
        for place, type in enumerate(types):
            events.append(
                conn,
                tenant=tenant,
                type=type,
                actor={"kind": "service", "name": "x"},
                object={"kind": "k", "id": "i"},
                at_us=at_us + place,
            )


def test_events_of_one_tenant_one_type_and_one_span_are_read(store):
    write(store, "egress.done", "egress.done", "state.transition")
    write(store, "egress.done", tenant="other")
    with store.read() as conn:
        found = list(reading.told(conn, "clinic", ["egress.done"], (100, 101)))
    assert [(one["tenant"], one["seq"]) for one in found] == [("clinic", 1)]


def test_more_events_than_are_read_at_once_all_come(store, monkeypatch):
    monkeypatch.setattr(reading, "PIECE", 2)
    write(store, *["egress.done"] * 5)
    with store.read() as conn:
        found = list(reading.told(conn, "clinic", ["egress.done"], (0, 1000)))
    assert [one["seq"] for one in found] == [1, 2, 3, 4, 5]


def test_the_types_that_begin_with_a_word_are_found(store):
    write(store, "export.created", "export.requested", "exports", "payload.viewed", "zoo")
    with store.read() as conn:
        assert reading.types_in(conn, ["payload.", "export."]) == [
            "payload.viewed",
            "export.created",
            "export.requested",
        ]
        assert reading.types_in(conn, ["zz."]) == []


def test_what_a_wrong_clock_stamped_between_the_events_of_a_span_is_counted(store):
    for at_us in (90, 100, 5_000, 7, 101, 5_001):
        write(store, "egress.done", at_us=at_us)
    write(store, "payload.viewed", at_us=6_000)
    with store.read() as conn:
        for span, count in (
            ((100, 200), 2),
            ((0, 10_000), 0),
            ((102, 10_000), 2),
            ((0, 95), 2),
        ):
            found = reading.strays(conn, "clinic", ["egress.done"], span)
            assert found == count, span
        assert reading.strays(conn, "other", ["egress.done"], (100, 200)) == 0


def test_the_checkpoints_of_one_log_are_read_in_order(store):
    with store.write() as conn:
        heads.keep(
            conn,
            [
                Head(tenant, size, "", at, "")
                for tenant, size, at in (("a", 9, 90), ("a", 4, 95), ("", 1, 7))
            ],
        )
        found = reading.signed(conn, "a")
        assert (list(found.sizes), list(found.at_us)) == ([4, 9], [95, 90])
        assert found.around(5) == Span(95, 90)
        assert not len(reading.signed(conn, "b").sizes) and Signed().around(1) == Span()
