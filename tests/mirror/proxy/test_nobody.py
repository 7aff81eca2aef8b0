"""What clients are told where nobody answered."""

import asyncio
from dataclasses import replace

import pytest
from builders import two_sided
from proxied import table

from mirror.exchange import Attempt, End, Side
from mirror.proxy.asgi import refuse
from mirror.proxy.engine import Unanswered
from mirror.proxy.nobody import nobody_answered
from mirror.route_table import RouteTable
from mirror.routing import Asked, plan

URL = "http://127.0.0.1:1/v1"
MINUTE = 60_000_000


def planned(stage, tenant="clinic", **changes):
    policy = two_sided(URL, URL)
    asked = Asked("session", "big", streaming=False)
    routes = replace(table(stage), **changes)
    return plan(policy, policy.rollout_of(tenant, "chat"), routes, asked), routes


def told(refusal):
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(refuse(send, refusal))
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize(
    ("until_us", "after", "retry"),
    [(MINUTE // 2, "30", "true"), (60 * MINUTE, "3600", "false"), (0, "600", "false")],
)
def test_while_an_upstream_is_drained_clients_know_when_to_ask_again(until_us, after, retry):
    found, routes = planned("mirror", drains={"cloud": until_us})
    refusal = nobody_answered(found, Unanswered(()), routes, 1)
    assert (refusal.status, refusal.code) == (503, "upstream_drained")
    headers = told(refusal)
    assert (headers["retry-after"], headers["x-should-retry"]) == (after, retry)


def test_where_no_place_became_free_clients_may_ask_again_soon():
    found, routes = planned("live", "hospital")
    full = Attempt(Side.CANDIDATE, "gpu", "onprem", End.AT_CAPACITY, None, 0)
    refusal = nobody_answered(found, Unanswered((full,)), routes, 1)
    assert (refusal.status, refusal.code) == (503, "at_capacity")
    headers = told(refusal)
    assert (headers["retry-after"], headers["x-should-retry"]) == ("2", "true")


def test_where_all_failed_clients_are_told_not_to_try_again():
    found, _ = planned("mirror")
    failed = Attempt(Side.PRIMARY, "cloud", "cloud", End.CONNECT, None, 1)
    alone = nobody_answered(found, Unanswered((failed,)), RouteTable.empty(), 1)
    assert alone.retry and "x-should-retry" not in told(alone)
    nowhere, routes = planned("mirror", tenant="hospital")
    assert nowhere.serving is None
    refusal = nobody_answered(nowhere, Unanswered(()), routes, 1)
    assert (refusal.code, refusal.retry) == ("no_upstream_answered", False)
    assert told(refusal)["x-should-retry"] == "false"
