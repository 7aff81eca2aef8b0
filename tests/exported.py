"""What the processes really export to Prometheus: pages of a proxy that had a bad day, and of a controller.

Names with the labels of their samples, so that what is written for Prometheus can be held against them.
"""

import asyncio
from collections import defaultdict
from types import SimpleNamespace

from fakes import FakeUpstream, Mode
from pages import dcgm, vllm
from prometheus_client.parser import text_string_to_metric_families
from proxied import ASK, STREAM, Recorded, proxied
from rollouts import a_policy
from watched import Told, watched_policy

from cutover import gauges, spending
from cutover.load import Report
from cutover.servers import view
from cutover.servers.view import Server
from cutover.servers.window import P95
from mirror.backlog import Waiting
from mirror.capacity import Load, Rank
from mirror.journal.breakers import OpenBreaker
from mirror.journal.spending import Account, Sum
from mirror.proxy.metrics import spool_samples
from policies.capacity import Capacity

BUDGETED = {"budget_per_day": {"amount": 1}}


def names(page):
    """Every name of a page, with the labels that any of its samples has."""
    found = defaultdict(set)
    for family in text_string_to_metric_families(page):
        for one in family.samples:
            found[one.name] |= set(one.labels)
    return found


def proxy_page():
    """A page of a proxy whose candidate failed, was full and was another, and whose disk was."""
    return asyncio.run(_bad_day())


async def _bad_day():
    recorded = Recorded()
    async with (
        FakeUpstream(text="theirs, in several words") as cloud,
        FakeUpstream(headers={"llm_provider-openai-processing-ms": "7"}) as gpu,
        proxied(
            cloud, gpu, via="reverse-tls", stage="live", recorded=recorded,
            capacity={"in_flight": 1, "wait_s": 0.001},
        ) as one,
    ):  # fmt: skip
        for ask in (ASK, STREAM):  # another answers in the candidate's name
            await one.post(json=ask)
        place = one.proxy.lines.of("gpu")
        await place.enter(Rank.INTERACTIVE, 0.0)
        await one.post()  # the candidate is full
        await one.post(tenant="hospital")  # and nobody else may answer
        place.leave(Rank.INTERACTIVE)
        gpu.mode, recorded.works = Mode.ERROR, False
        await one.post(tenant="nobody")
        while not one.proxy.breakers.opened():
            await one.post()
        one.proxy.pages.spool = lambda: spool_samples(7, 100, 1.0, 5.0)
        page = one.proxy.pages.page(SimpleNamespace(path="/metrics"), True)
        return page[2].decode()


def controller_page(world):
    """A page of a controller for which everything is known: `world` has an open proposal."""
    open = [one.proposal for one in gauges.standing(world.controller)]
    policy = a_policy(**BUDGETED)
    with world.store.read() as conn:
        told = [*gauges.notices(conn, ["OPS"], 5), *gauges.proposed(open)]
    report = Report(
        9_000_000,
        {"gpu": Load((2, 1, 3), (4, 0), 9)},
        {"gpu": Capacity(in_flight=8)},
        (Waiting("clinic", "chat", "shadow", 12, 3_000_000),),
        {("clinic", "chat", "backlog"): 40},
        (OpenBreaker("clinic", "chat", "gpu", 1_000_000),),
    )
    cost = [Sum(Account("clinic", "chat", "shadow", "cloud", "big", "USD"), 1_500_000, 30, 3)]
    pages = (
        gauges.text(world.controller, world.pulse, each=True),
        gauges.page(gauges._TYPES, told),
        report.text(),
        view.text([_server(vllm(waiting=11, cache=0.9), "vllm"), _server(dcgm(), "dcgm")]),
        spending.text(spending.spending(policy, cost)),
    )
    return "".join(pages)


def _server(page, kind):
    policy = watched_policy(capacity={"in_flight": 9})
    told = Told(policy, kind=kind, more={"p95": P95(2, 4, 30)} if kind == "vllm" else {})
    told.says(page)
    return Server("gpu", policy.upstreams["gpu"], told.pages("gpu"))


def exported(world):
    """Every name that a proxy or a controller exports, with its labels; and those that Prometheus adds."""
    found = names(proxy_page())
    for name, labels in names(controller_page(world)).items():
        found[name] |= labels
    found["up"] = set()
    return {name: labels | {"job", "instance"} for name, labels in found.items()}
