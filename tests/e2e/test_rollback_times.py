"""Rollbacks of a running fleet under traffic: once the table says so nobody meets the candidate any more."""

import time
from threading import Event, Thread

import benches
import pytest

from bench.times.fleet import ROUTE, fleet, until
from bench.times.traffic import Traffic
from mirror.journal.home import Home
from mirror.publish import RouteTableBroken, read

TICK_S = 1.0
TICKS = 10  # generous: a busy machine may hold every process up for seconds


def _watch(path, tenants, told_us, over):
    """When each tenant's rollback stood in the route table's file, seen from outside."""
    while not over.wait(0.002):
        try:
            table = read(path)
        except RouteTableBroken:
            continue
        for tenant in tenants:
            standing = table.standing(tenant, ROUTE)
            if standing and standing.stage == "rolled_back":
                told_us.setdefault(tenant, time.time_ns() // 1000)


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_after_a_rollback_is_published_no_request_meets_the_candidate(tmp_path):
    with benches.bench("rollback") as bench:
        wanted = bench.stages(len(bench.KINDS))
        stands = {tenant: stage for tenant, (stage, _) in wanted.items()}
        told_us, over = {}, Event()
        with fleet(tmp_path, stands, tick_s=TICK_S) as running:
            path = Home.open(tmp_path / "data").routes_file
            watch = Thread(target=_watch, args=(path, stands, told_us, over))
            watch.start()
            traffic = Traffic(running.url, dict.fromkeys(stands, 1.0))
            with traffic.running():
                until(lambda: bench.scores(running), 100)
                took = {
                    tenant: bench.rolled_back(running, traffic, tenant, kind)
                    for tenant, (_, kind) in wanted.items()
                }
            over.set()
            watch.join()
    assert traffic.unanswered == 0
    for tenant, one in took.items():
        seen = traffic.of(tenant)
        assert {each.side for each in seen} == {"primary", "candidate"}
        late = [
            each for each in seen if each.sent_us > told_us[tenant] and each.side != "primary"
        ]
        assert not late, f"{one.kind}: {len(late)} requests met the candidate afterwards"
        assert one.took_s <= TICKS * TICK_S, one
