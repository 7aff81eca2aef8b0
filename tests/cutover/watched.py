"""Policies with pages of metrics, and a watch whose pages a test sets."""

from dataclasses import dataclass, field

from rollouts import a_policy

from cutover.servers.facts import Page, facts
from cutover.servers.reading import reading
from policies.policy import Policy
from policies.servers import ServerKind


def watched_policy(*pages, capacity=None, signals=None, **changes):
    """The policy of the rollouts' tests, whose candidate `gpu` has these pages."""
    policy = a_policy(**changes)
    written = policy.model_dump(mode="json")
    gpu = written["upstreams"]["gpu"]
    gpu |= {"metrics": list(pages), "capacity": capacity or {}}
    if signals:
        gpu["signals"] = signals
    return Policy.model_validate(written)


PAGE = {"url": "http://127.0.0.1:7/metrics", "kind": "dcgm"}


@dataclass
class Told:
    """A watch of one page of GPUs, that says what a test sets."""

    policy: Policy
    text: str = ""
    reads: int = 0
    stale: bool = False
    upstreams: tuple = ("gpu",)
    kind: str = "dcgm"
    more: dict = field(default_factory=dict)

    def says(self, text, *, stale=False):
        self.text, self.reads, self.stale = text, self.reads + 1, stale

    def pages(self, upstream):
        kind = ServerKind(self.kind)
        found = reading(kind, self.text)
        url = "http://127.0.0.1:7/metrics"
        return (Page(url, kind, self.reads, 1.0, self.stale, "", reading=found, **self.more),)

    def facts(self, upstream):
        return facts(self.pages(upstream))
