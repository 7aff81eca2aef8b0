"""What candidates must reach, and what was measured of them last. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.clock import Clock

PATH = "/v1/targets"
SAYS = {
    "pass": "✓ reached",
    "fail": "✗ missed",
    "not enough requests to say": "… not enough requests to say",
    "not measured": "○ not measured",
}
ASKED = {
    "reason_p95_s": ("SOAP note, 95 % within", "s"),
    "audio_p95_s": ("transcript, 95 % within", "s"),
    "retrieval_p95_ms": ("embed and rerank, 95 % within", "ms"),
    "first_token_ms": ("first token, median within", "ms"),
    "tokens_per_s": ("one stream alone, at least", "tokens/s"),
    "together_tokens_per_s": ("streams together, at least", "tokens/s"),
    "availability": ("answered whole, at least", "share"),
}
"""The targets of a policy as people read them, each with its unit."""


@dataclass(frozen=True, slots=True)
class Row:
    """One target, at most or at least so much of a unit, and what was measured of `n` requests."""

    name: str
    at_most: float | None
    at_least: float | None
    unit: str
    measured: float | None
    interval_95: tuple[float | None, ...] | None
    n: int
    says: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What `crossfade acceptance --keep` measured of a candidate last; `by_these_targets` where they are still the same."""

    at_us: int
    passed: bool
    by_these_targets: bool
    requests: int
    concurrency: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model on a server for a route, the candidate of so many rollouts; no report where nobody measured it."""

    route: str
    upstream: str
    model: str
    rollouts: int
    report: Report | None


@dataclass(frozen=True, slots=True)
class Targets:
    """The policy's targets, None for what is not asked for, and a page of candidates."""

    targets: dict[str, float | None]
    candidates: tuple[Candidate, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Every candidate."""


def asked_rows(found: Targets) -> list[dict[str, str]]:
    """What the policy asks of every candidate."""
    return [
        {"target": label, "asked": amount(value, unit)}
        for name, (label, unit) in ASKED.items()
        if (value := found.targets.get(name)) is not None
    ]


def title(one: Candidate) -> str:
    """Which candidate, and of how many rollouts."""
    return f"{one.model} at {one.upstream} for {one.route}  ·  {words.counted(one.rollouts, 'rollout')}"


def standing(one: Candidate, clock: Clock) -> str:
    """What its last report says in one sentence, or what makes one."""
    report = one.report
    if report is None:
        return "○ Not measured yet. The command crossfade acceptance --keep puts load on it and keeps what it measures."
    verdict = "✓ reaches every target" if report.passed else "✗ does not reach every target"
    others = (
        ""
        if report.by_these_targets
        else "; the policy's targets are others by now: measure it again"
    )
    return (
        f"{verdict}, measured {clock.when(report.at_us)} with {words.counted(report.requests, 'request')}, "
        f"{report.concurrency:,} at once{others}"
    )


def report_rows(report: Report) -> list[dict[str, str | int]]:
    """Each target beside what was measured."""
    return [
        {
            "target": row.name,
            "asked": _bound(row),
            "measured": amount(row.measured, row.unit),
            "95 % interval": _interval(row),
            "requests": row.n,
            "says": SAYS.get(row.says, words.named(row.says)),
            "of": row.note,
        }
        for row in report.rows
    ]


def amount(value: float | None, unit: str) -> str:
    """A number with its unit; a share as a percent, a dash for none."""
    if value is None:
        return "–"
    return words.percent(round(100 * value, 2)) if unit == "share" else f"{value:,.4g} {unit}"


def _bound(row: Row) -> str:
    if row.at_most is not None:
        return f"at most {amount(row.at_most, row.unit)}"
    return f"at least {amount(row.at_least, row.unit)}" if row.at_least is not None else "–"


def _interval(row: Row) -> str:
    if row.interval_95 is None or len(row.interval_95) != 2:
        return "–"
    low, high = row.interval_95
    if high is None:
        return f"over {amount(low, row.unit)}"
    return f"{amount(low, row.unit)} to {amount(high, row.unit)}"
