import json

from mirror.journal import events
from mirror.journal.keys.missing import TOLD_S, Missing


def test_it_is_told_once_an_hour_for_each_tenant(store):
    now_s = [0.0]
    missing = Missing(lambda: now_s[0])

    def tell(tenant):
        with store.write() as conn:
            return missing.tell(conn, tenant, 7, "it is gone")

    assert [tell("clinic"), tell("clinic"), tell("ward")] == [True, False, True]
    now_s[0] = TOLD_S
    assert tell("clinic")
    with store.read() as conn:
        told = [json.loads(one.body) for one in events.read(conn, "")]
    assert [one["object"]["id"] for one in told] == ["clinic", "ward", "clinic"]
    assert {(one["type"], one["outcome"], one["reason"]) for one in told} == {
        ("key.missing", "failed", "it is gone")
    }
