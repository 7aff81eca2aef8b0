"""Circuit breakers in the store: a rollout's opens with the first process's and closes with the last."""

import json

from mirror.journal import breakers, events
from mirror.journal.breakers import OpenBreaker, Tripped

SECOND = 1_000_000


def tripped(at_s, *, opened=True, tenant="clinic"):
    return Tripped(tenant, "chat", "gpu", opened, at_s * SECOND)


def told(conn, tenant="clinic"):
    found = [json.loads(event.body) for event in events.read(conn, tenant)]
    return [
        (one["type"], one["at_us"] // SECOND, one["reason"], one["details"]) for one in found
    ]


OPENED = ("breaker.opened", 10, "", {"upstream": "gpu"})


def test_the_first_process_opens_it_and_the_last_closes_it(store):
    with store.write() as conn:
        breakers.take(conn, "proxy-1", tripped(10))
        breakers.take(conn, "proxy-1", tripped(11))  # told again
        breakers.take(conn, "proxy-2", tripped(12))
        assert breakers.open_now(conn) == (OpenBreaker("clinic", "chat", "gpu", 10 * SECOND),)
        breakers.take(conn, "proxy-1", tripped(20, opened=False))
        assert told(conn) == [OPENED]
        breakers.take(conn, "proxy-2", tripped(30, opened=False))
        assert breakers.open_now(conn) == ()
        assert told(conn) == [
            OPENED,
            ("breaker.closed", 30, "", {"upstream": "gpu", "open_s": 18}),
        ]
        breakers.take(conn, "proxy-2", tripped(31, opened=False))
        assert len(told(conn)) == 2


def test_what_a_gone_process_left_open_is_closed(store):
    with store.write() as conn:
        breakers.take(conn, "proxy-1", tripped(10))
        breakers.take(conn, "proxy-2", tripped(10, tenant="dental"))
        breakers.bury(conn, "proxy-1", 15 * SECOND)
        breakers.bury(conn, "proxy-1", 16 * SECOND)
        assert told(conn) == [
            OPENED,
            ("breaker.closed", 15, "its proxy ended", {"upstream": "gpu", "open_s": 5}),
        ]
        assert [one.tenant for one in breakers.open_now(conn)] == ["dental"]
