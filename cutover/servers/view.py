"""How the servers are, as the control API and Prometheus are told it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cutover.servers.condition import Condition
from cutover.servers.facts import Fact, Facts, Page, facts
from cutover.servers.signals import advise
from mirror.proxy.metrics import Sample, page
from policies.policy import Upstream

_TYPES = {
    "crossfade_upstream_accepted_ratio": ("gauge", "Share of its declared capacity that an upstream is trusted with."),
    "crossfade_server_page_up": ("gauge", "1 where a page of metrics was read lately, 0 where what it said is stale."),
    "crossfade_server_queue": ("gauge", "Requests that wait inside the servers of an upstream."),
    "crossfade_server_running": ("gauge", "Requests that they work on."),
    "crossfade_server_cache_ratio": ("gauge", "Share of the KV cache in use, of the fullest server."),
    "crossfade_server_gpu_memory_ratio": ("gauge", "Share of GPU memory in use, of the fullest GPU."),
    "crossfade_server_gpu_celsius": ("gauge", "Temperature of the hottest GPU that the pages tell of."),
    "crossfade_server_p95_seconds": ("gauge", "Bounds between which the servers' own 95th percentile lies."),
    "crossfade_server_gpus": ("gauge", "GPUs that the pages tell of."),
}  # fmt: skip
_NUMBERS = {
    "queue": "crossfade_server_queue",
    "running": "crossfade_server_running",
    "cache": "crossfade_server_cache_ratio",
    "memory": "crossfade_server_gpu_memory_ratio",
}


@dataclass(frozen=True, slots=True)
class Server:
    """One upstream's servers at one moment; `condition` is None where its whole capacity is accepted."""

    name: str
    upstream: Upstream
    pages: tuple[Page, ...]
    condition: Condition | None = None

    @property
    def facts(self) -> Facts:
        """What its fresh pages say together."""
        return facts(self.pages)

    @property
    def factor(self) -> float:
        """The share of its capacity that is accepted."""
        return self.condition.factor if self.condition else 1.0

    def body(self) -> dict[str, object]:
        """As JSON types."""
        found, cap = self.facts, self.upstream.capacity
        advice = advise(found, self.upstream.signals)
        return {
            "upstream": self.name,
            "declared": cap.in_flight,
            "accepted": cap.accepting(self.factor).in_flight,
            "factor": self.factor,
            "why": self.condition.why if self.condition else "",
            "since_us": self.condition.since_us if self.condition else None,
            "way": advice.way.value,
            "advice": advice.sentence,
            "facts": {name: _fact(getattr(found, name)) for name in _NUMBERS} | _p95(found),
            "gpus": [_gpu(name, found) for name in found.gpus],
            "pages": [_page(one) for one in self.pages],
        }

    def samples(self) -> Iterator[Sample]:
        """For Prometheus."""
        of, found = ("upstream", self.name), self.facts
        yield "crossfade_upstream_accepted_ratio", (of,), self.factor
        for one in self.pages:
            yield "crossfade_server_page_up", (of, ("url", one.url)), float(not one.stale)
        for name, metric in _NUMBERS.items():
            if (fact := getattr(found, name)) is not None:
                yield metric, (of,), fact.value
        if found.p95 is not None:
            for bound, value in (("low", found.p95[0].low_s), ("high", found.p95[0].high_s)):
                if math.isfinite(value):
                    yield "crossfade_server_p95_seconds", (of, ("bound", bound)), value
        yield from _gpu_samples(of, found)


def _gpu_samples(of: tuple[str, str], found: Facts) -> Iterator[Sample]:
    degrees = [one.celsius for one in found.gpus.values() if one.celsius is not None]
    if degrees:
        yield "crossfade_server_gpu_celsius", (of,), max(degrees)
    if found.gpus_known:
        yield "crossfade_server_gpus", (of,), len(found.gpus)


def text(servers: Sequence[Server]) -> str:
    """The page that Prometheus reads; "" where no upstream has pages."""
    samples = [sample for one in servers for sample in one.samples()]
    return page(_TYPES, samples) if samples else ""


def _fact(fact: Fact | None) -> dict[str, object] | None:
    return {"value": fact.value, "source": fact.source} if fact else None


def _p95(found: Facts) -> dict[str, object]:
    if found.p95 is None:
        return {"p95": None}
    p95, source = found.p95
    high_s = p95.high_s if math.isfinite(p95.high_s) else None
    return {"p95": {"low_s": p95.low_s, "high_s": high_s, "n": p95.n, "source": source}}


def _gpu(name: str, found: Facts) -> Mapping[str, object]:
    gpu = found.gpus[name]
    return {
        "gpu": name,
        "memory": gpu.memory,
        "celsius": gpu.celsius,
        "hot": found.hot.get(name, ""),
        "xids": list(gpu.xids),
    }


def _page(one: Page) -> Mapping[str, object]:
    return {
        "url": one.url,
        "kind": one.kind.value,
        "age_s": one.age_s,
        "stale": one.stale,
        "fault": one.fault,
    }
