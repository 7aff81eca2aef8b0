from dataclasses import replace

import pytest
from builders import accepted

from cutover.load import Report, report
from mirror import backlog
from mirror.backlog import Waiting
from mirror.board import SharedBoard
from mirror.capacity import Load
from mirror.journal import breakers, exchanges
from mirror.journal.breakers import OpenBreaker, Tripped
from mirror.journal.seal import Sealer
from policies.capacity import Capacity

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND


def told(loads=None, caps=None, waiting=(), shed=None):
    opened = (OpenBreaker("clinic", "chat", "gpu", NOW - 9 * SECOND),)
    return Report(NOW, loads or {}, caps or {}, tuple(waiting), shed or {}, opened)


FULL = told(
    {"gpu": Load((2, 1, 3), (4, 0), 9), "gone": Load((0, 0, 7))},
    {"gpu": Capacity(in_flight=8), "cloud": Capacity()},
    [Waiting("clinic", "chat", "shadow", 12, NOW - 3 * SECOND)],
    {("clinic", "chat", "backlog"): 40},
)


def test_people_are_told_of_every_upstream_the_backlog_and_what_was_shed():
    cloud, gpu = FULL.body()["upstreams"]
    assert gpu == {
        "upstream": "gpu",
        "cap": 8,
        "in_flight": {"interactive": 2, "batch": 1, "copy": 3},
        "waiting": {"interactive": 4, "batch": 0},
    }
    assert (cloud["upstream"], cloud["cap"], cloud["in_flight"]["copy"]) == ("cloud", None, 0)
    (waits,) = FULL.body()["backlog"]
    assert (waits["kind"], waits["count"], waits["oldest_s"]) == ("shadow", 12, 3.0)
    assert FULL.body()["shed"] == [
        {
            "tenant": "clinic",
            "route": "chat",
            "reason": "backlog",
            "why": "too many copies waited",
            "exchanges": 40,
        }
    ]
    assert FULL.body()["breakers"] == [
        {"tenant": "clinic", "route": "chat", "upstream": "gpu", "open_s": 9.0}
    ]


@pytest.mark.parametrize(
    "line",
    [
        'crossfade_upstream_in_flight{upstream="gpu",class="copy"} 3',
        'crossfade_upstream_in_flight{upstream="cloud",class="copy"} 0',
        'crossfade_upstream_waiting{upstream="gpu",class="interactive"} 4',
        'crossfade_upstream_cap{upstream="gpu"} 8',
        'crossfade_backlog{tenant="clinic",route="chat",kind="shadow"} 12',
        'crossfade_backlog_oldest_seconds{tenant="clinic",route="chat",kind="shadow"} 3',
        'crossfade_breaker_open_seconds{tenant="clinic",route="chat",upstream="gpu"} 9',
        'crossfade_shed_total{tenant="clinic",route="chat",reason="backlog"} 40',
        "# TYPE crossfade_backlog gauge",
    ],
)
def test_prometheus_is_told_the_same(line):
    assert line in FULL.text().splitlines()
    assert "gone" not in FULL.text()


def test_a_clock_that_went_back_makes_nothing_younger_than_now():
    (waits,) = told(waiting=[Waiting("clinic", "chat", "score", 1, NOW + 5)]).body()["backlog"]
    assert waits["oldest_s"] == 0


def test_a_report_reads_the_store_and_the_board(store, home):
    with store.write() as conn:
        for number in (1, 2):
            exchanges.record_accept(conn, accepted(number, stage="canary"), Sealer.open(home))
        breakers.take(conn, "proxy-1", Tripped("clinic", "chat", "gpu", True, NOW))
        backlog.shed(conn, "clinic", "chat", 1, NOW + SECOND)
    with SharedBoard(home.load) as board, store.read() as conn:
        board.tell("gpu", Load((0, 0, 5)))
        found = report(conn, home.load, {}, NOW)
    assert found.loads == {"gpu": Load((0, 0, 5))}
    assert [one.count for one in found.waiting] == [1]
    assert found.shed == {("clinic", "chat", "backlog"): 1}
    assert found.breakers == (OpenBreaker("clinic", "chat", "gpu", NOW),)


def test_a_folder_that_cannot_be_read_leaves_the_backlog(store, home):
    (home.load / "gpu.load").mkdir()
    with store.read() as conn:
        assert report(conn, home.load, {}, NOW) == replace(told(), breakers=())
