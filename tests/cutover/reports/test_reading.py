from cutover.reports import reading
from mirror.journal import events


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
