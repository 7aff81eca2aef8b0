"""What the servers take, what they carry now, and what waits. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words

SERVERS, LOAD = "/v1/servers", "/v1/load"
ROWS = 200
"""So many rows of a table are shown."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, and the page it was read from."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Between:
    """Bounds in seconds between which the servers' own 95th percentile lies; `high_s` None for no end."""

    low_s: float
    high_s: float | None
    n: float
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What an upstream's fresh pages say together; None for what none of them tells."""

    queue: Fact | None
    running: Fact | None
    cache: Fact | None
    memory: Fact | None
    p95: Between | None


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU: its memory in use as a share, its heat, why it counts as hot, and its faults."""

    gpu: str
    memory: float | None
    celsius: float | None
    hot: str
    xids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of metrics, and how it was read."""

    url: str
    kind: str
    age_s: float | None
    stale: bool
    fault: str


@dataclass(frozen=True, slots=True)
class Server:
    """One upstream with pages: its facts, and what of its capacity is accepted."""

    upstream: str
    declared: int | None
    accepted: int | None
    factor: float
    why: str
    way: str
    advice: str
    facts: Facts
    gpus: tuple[Gpu, ...]
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Servers:
    """Every upstream with pages."""

    servers: tuple[Server, ...]


@dataclass(frozen=True, slots=True)
class UpstreamLoad:
    """An upstream: its cap, None for none, and what is in flight and waits by whose it is."""

    upstream: str
    cap: int | None
    in_flight: dict[str, int]
    waiting: dict[str, int]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Exchanges of a rollout that wait for a copy, a second answer or a score."""

    tenant: str
    route: str
    kind: str
    count: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Breaker:
    """A rollout whose circuit breaker to an upstream is open, and for how long."""

    tenant: str
    route: str
    upstream: str
    open_s: float


@dataclass(frozen=True, slots=True)
class Shed:
    """Exchanges of a rollout whose copy was given up, and why."""

    tenant: str
    route: str
    why: str
    exchanges: int


@dataclass(frozen=True, slots=True)
class Load:
    """In flight and waiting by upstream, the backlog by rollout, what was shed, and which breakers are open."""

    upstreams: tuple[UpstreamLoad, ...]
    backlog: tuple[Backlog, ...]
    shed: tuple[Shed, ...]
    breakers: tuple[Breaker, ...]


def load_rows(load: Load) -> list[dict[str, str]]:
    """What each upstream carries, against its cap."""
    return [
        {
            "upstream": one.upstream,
            "in flight": _whose(one.in_flight),
            "waits": _whose(one.waiting),
            "cap": "no cap" if one.cap is None else f"{one.cap:,}",
            "used": _used(sum(one.in_flight.values()), one.cap),
        }
        for one in load.upstreams
    ]


def backlog_rows(load: Load) -> list[dict[str, str | int]]:
    """What waits to be copied or scored, the oldest first."""
    return [
        {
            "rollout": f"{one.tenant} / {one.route}",
            "waits for": words.work(one.kind),
            "exchanges": one.count,
            "oldest": words.duration(round(one.oldest_s * 1_000_000)),
        }
        for one in sorted(load.backlog, key=lambda one: -one.oldest_s)
    ]


def shed_rows(load: Load) -> list[dict[str, str | int]]:
    """Whose copies were given up since the store began, the most first."""
    return [
        {
            "rollout": f"{one.tenant} / {one.route}",
            "why": one.why,
            "copies given up": one.exchanges,
        }
        for one in sorted(load.shed, key=lambda one: -one.exchanges)
    ]


def broken(load: Load) -> list[str]:
    """Each open breaker, in a sentence."""
    return [
        f"{one.tenant} / {one.route} has not asked {one.upstream} for "
        f"{words.duration(round(one.open_s * 1_000_000))}: too many of its answers failed."
        for one in load.breakers
    ]


def accepted(server: Server) -> str:
    """What of a server's capacity is accepted, and why not all of it."""
    if server.declared is None:
        return "no capacity declared"
    if server.accepted is None or server.accepted == server.declared:
        return f"{server.declared:,} requests at once, all of it accepted"
    why = f": {server.why}" if server.why else ""
    return f"! {server.accepted:,} of {server.declared:,} requests at once{why}"


def figures(server: Server) -> list[tuple[str, str]]:
    """What the servers tell of themselves, each with its unit; a dash for what none tells."""
    facts = server.facts
    return [
        ("Queue", _number(facts.queue, "requests")),
        ("Running", _number(facts.running, "requests")),
        ("KV cache in use", _share(facts.cache)),
        ("GPU memory in use", _share(facts.memory)),
        ("p95 of its answers", _between(facts.p95)),
    ]


def sources(server: Server) -> str:
    """The pages that the figures were read from; "" where none tells anything."""
    facts = server.facts
    told = (facts.queue, facts.running, facts.cache, facts.memory, facts.p95)
    urls = sorted({one.source for one in told if one is not None})
    return f"read from {', '.join(urls)}" if urls else ""


def scaling(server: Server) -> str:
    """Which way to scale, and why."""
    way = {"nothing": "Nothing to change", "not known": "Which way to scale is not known"}
    said = way.get(server.way, f"What would help: {server.way}")
    return f"{said}: {server.advice}" if server.advice else f"{said}."


def gpu_rows(server: Server) -> list[dict[str, str]]:
    """Each GPU of a server."""
    return [
        {
            "GPU": one.gpu,
            "memory": "–" if one.memory is None else words.percent(100 * one.memory),
            "heat": "–" if one.celsius is None else f"{one.celsius:.0f} °C",
            "state": f"✗ {one.hot}" if one.hot else "✓",
            "faults": ", ".join(f"Xid {number}" for number in one.xids) or "none",
        }
        for one in server.gpus
    ]


def beyond(number: int) -> str:
    """How many rows are not shown; "" where all are."""
    more = number - ROWS
    return f"And {more:,} more; `crossfade status --json` has all." if more > 0 else ""


def silent(server: Server) -> list[str]:
    """Each page that is not read, in a sentence."""
    return [
        f"{page.url} tells nothing new: {page.fault or 'it was not read lately'}"
        for page in server.pages
        if page.stale or page.fault
    ]


def _whose(counts: dict[str, int]) -> str:
    told = [f"{count:,} {words.named(name)}" for name, count in sorted(counts.items()) if count]
    return ", ".join(told) or "0"


def _used(number: int, cap: int | None) -> str:
    return "–" if not cap else words.percent(round(100 * number / cap, 1))


def _number(fact: Fact | None, unit: str) -> str:
    return "–" if fact is None else f"{fact.value:,.0f} {unit}"


def _share(fact: Fact | None) -> str:
    return "–" if fact is None else words.percent(round(100 * fact.value, 1))


def _between(bounds: Between | None) -> str:
    if bounds is None:
        return "–"
    if bounds.high_s is None:
        return f"over {bounds.low_s:g} s"
    return f"{bounds.low_s:g} to {bounds.high_s:g} s"
