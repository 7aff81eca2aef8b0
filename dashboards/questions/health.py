"""Whether the processes, the queues and the ledger are as they should be. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.clock import Clock
from dashboards.questions import reviews
from dashboards.questions.reviews import Reviews

PATH = "/v1/health"


@dataclass(frozen=True, slots=True)
class Controller:
    """The process that answers: whether it acts, and how its ticks go; None before the first."""

    acting: bool
    trouble: str
    ticks: int
    last_tick_s: float | None
    ended_us: int | None


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy: which route table of which controller's turn to act it obeys, and since when."""

    name: str
    since_us: int
    behind: bool
    turn: int
    number: int

    @property
    def table(self) -> str:
        """The route table: `12 of turn 3`."""
        return (
            f"{self.number:,} of turn {self.turn:,}" if self.turn or self.number else "none yet"
        )


@dataclass(frozen=True, slots=True)
class Proxies:
    """Those of the controller's machine; `why` says why they are unknown."""

    proxies: tuple[Proxy, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Busy:
    """A worker by the pieces of work it holds."""

    owner: str
    kind: str
    held: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Work of one kind that is not ended."""

    kind: str
    count: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Spool:
    """Records that are not in the store yet; None where that cannot be read."""

    bytes: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Sums:
    """The ledger of all rollouts added up."""

    seen: int
    outcomes: dict[str, int]
    comparisons: int
    adds_up: bool
    gaps: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An event log that is signed no further; "" is the deployment's own."""

    tenant: str
    since_us: int
    why: str


@dataclass(frozen=True, slots=True)
class Signing:
    """Whether anything was ever signed, and for how long the log that waits longest has waited."""

    ever: bool
    waits_s: float
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """How the deployment is; `ledger` is None for who may not read of every tenant."""

    controller: Controller
    proxies: Proxies
    busy: tuple[Busy, ...]
    queues: tuple[Queue, ...]
    spool: Spool
    ledger: Sums | None
    signing: Signing
    reviews: Reviews
    keys_missing: tuple[str, ...]


LATE_S = 180.0
"""For how long a log may wait for its signature: a pass of the signer is made every minute."""


def troubles(found: Health) -> list[str]:
    """What is not as it should be, a sentence each; the gravest first."""
    told = []
    if not found.controller.acting:
        told.append(
            "This controller does not act: another one does, or none. `crossfade controller` says which."
        )
    if found.controller.trouble:
        told.append(f"The proxies cannot be told what holds: {found.controller.trouble}")
    ledger = found.ledger
    if ledger is not None and not ledger.adds_up:
        told.append(
            "The ledger does not add up: an exchange counts as compared and has no comparison, or the other way round."
        )
    if ledger is not None and ledger.gaps:
        told.append(
            f"{words.counted(ledger.gaps, 'gap')} in the records: what was lost is in the event log as audit.gap."
        )
    told += [
        f"{one.name} obeys route table {one.table}, which is not the newest: a newer one is published."
        for one in found.proxies.proxies
        if one.behind
    ]
    missing = [_missing(tenant) for tenant in found.keys_missing]
    return told + unsigned(found.signing) + reviews.troubles(found.reviews) + missing


def unsigned(found: Signing) -> list[str]:
    """What is wrong with the signatures of the event log."""
    if not found.ever:
        return [
            "The event log was never signed: `crossfade run signer` signs it, a part of `crossfade up`."
        ]
    told = [
        f"The signer signs the event log {_log(one.tenant)} no further: {one.why}. `crossfade fsck` says more."
        for one in found.refused
    ]
    if found.waits_s > LATE_S:
        waits = words.duration(round(found.waits_s * 1_000_000))
        told.append(
            f"Events have waited for their signature for {waits}: look whether the signer runs, and at its log."
        )
    return told


def _log(tenant: str) -> str:
    return f"of {tenant}" if tenant else "of the deployment"


def _missing(tenant: str) -> str:
    return f"A key of {tenant} could not be had in the last two hours, or is another: `crossfade keys list` names it."


def figures(found: Health) -> list[tuple[str, str]]:
    """The numbers that people ask for first; what is not known says so."""
    controller, spool = found.controller, found.spool
    tick = controller.last_tick_s
    waits = sum(queue.count for queue in found.queues)
    oldest = max((queue.oldest_s for queue in found.queues), default=0.0)
    proxies = len(found.proxies.proxies)
    return [
        ("Controller", "✓ acts" if controller.acting else "✗ stands by"),
        ("Last tick took", "none yet" if tick is None else words.milliseconds(1000 * tick)),
        ("Proxies here", "unknown" if found.proxies.why and not proxies else f"{proxies:,}"),
        ("Spool", "unknown" if spool.bytes is None else size(spool.bytes)),
        ("Event log", _signed(found.signing)),
        ("Work that waits", f"{waits:,}"),
        ("Oldest of it", words.duration(round(oldest * 1_000_000)) if waits else "–"),
    ]


def _signed(found: Signing) -> str:
    if not found.ever:
        return "✗ never signed"
    if found.refused:
        return "✗ refused"
    return "✗ waits" if found.waits_s > LATE_S else "✓ signed"


def proxy_rows(found: Health, clock: Clock) -> list[dict[str, str | int]]:
    """Each proxy and what it obeys."""
    return [
        {
            "proxy": one.name,
            "route table": one.table,
            "since": clock.when(one.since_us) if one.since_us else "–",
            "state": "✗ behind" if one.behind else "✓ newest",
        }
        for one in found.proxies.proxies
    ]


def queue_rows(found: Health) -> list[dict[str, str | int]]:
    """What waits by kind, and who holds work of it."""
    holders: dict[str, list[str]] = {}
    for one in found.busy:
        holders.setdefault(one.kind, []).append(f"{one.owner} ({one.held:,})")
    return [
        {
            "work": words.work(one.kind),
            "waits": one.count,
            "oldest": words.duration(round(one.oldest_s * 1_000_000)),
            "held by": ", ".join(holders.get(one.kind, [])) or "nobody",
        }
        for one in found.queues
    ]


def ledger_rows(sums: Sums) -> list[dict[str, str | int]]:
    """What became of every request, and whether the comparisons are there."""
    rows: list[dict[str, str | int]] = [
        {"requests": name, "number": count} for name, count in sums.outcomes.items()
    ]
    verdict = "✓ adds up" if sums.adds_up else "✗ does not add up"
    return [*rows, {"requests": f"seen ({verdict})", "number": sums.seen}]


def size(count: int) -> str:
    """Bytes as people read them."""
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:,.1f} {unit}"
    return f"{count:,} bytes"
