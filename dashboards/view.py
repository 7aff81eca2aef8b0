"""What the pages show, as rows and sentences made from what the API says. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import quantiles

from dashboards import words
from dashboards.clock import Clock
from dashboards.wire import (
    Board,
    Comparison,
    Evidence,
    FlagCounts,
    Latency,
    Ledger,
    Moment,
    Rollout,
)

REHEARSAL = "Rehearsal policy: margins and alphas are not for production."


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One rollout on the board. `needs` is why a person should look at it first, "" for no reason."""

    tenant: str
    route: str
    stage: str
    share: float
    verdict: str
    waits_for: str
    needs: str
    held: str
    dry_run: str
    since: str
    sessions: str


def banner(board: Board) -> str:
    """What must be said before anything else; "" in production."""
    return "" if board.production else REHEARSAL


def board_rows(board: Board, now_us: int, find: str = "", stage: str = "") -> list[BoardRow]:
    """The rollouts asked for, those that need a person first, then by name."""
    wanted = [
        rollout
        for rollout in board.rollouts
        if stage in ("", rollout.stage)
        and all(word in _findable(rollout) for word in find.casefold().split())
    ]
    wanted.sort(key=lambda rollout: (not needs(rollout), rollout.tenant, rollout.route))
    return [_board_row(rollout, now_us) for rollout in wanted]


def summary(board: Board) -> list[tuple[str, int]]:
    """How many rollouts stand where, and how many wait for a person."""
    stages = Counter(rollout.stage for rollout in board.rollouts)
    return [
        ("Rollouts", len(board.rollouts)),
        ("In mirror", stages["mirror"]),
        ("In canary", stages["canary"]),
        ("Live", stages["live"]),
        ("Rolled back", stages["rolled_back"]),
        ("Held", sum(1 for rollout in board.rollouts if rollout.held_by)),
        ("Need approval", sum(1 for rollout in board.rollouts if rollout.proposal)),
    ]


def needs(rollout: Rollout) -> str:
    """Why a person should look at this rollout first; "" where nothing asks for anybody."""
    if rollout.verdict == "roll_back":
        return "harm was shown" if rollout.stage == "rolled_back" else "harm is shown"
    if rollout.proposal:
        given, needed = len(rollout.proposal.approvals), rollout.proposal.needed
        label = ", pooled evidence" if rollout.proposal.pooled else ""
        return f"approval, {given} of {needed} given{label}"
    return ""


def waits_for(rollout: Rollout) -> str:
    """What has to happen next, in one sentence."""
    return rollout.waits_for or "; ".join(rollout.reasons) or "nothing"


def held(rollout: Rollout) -> str:
    """Who holds it, with a sign; "" for nobody. The reason is part of what it waits for."""
    return f"‖ held by {rollout.held_by}" if rollout.held_by else ""


def dry_run(rollout: Rollout) -> str:
    """That nothing is moved, and what would have been; "" where there is no dry run."""
    return rollout.dry_run[0] if rollout.dry_run else ""


def why_not(rollout: Rollout) -> str:
    """Why this rollout is not further than it is, in one sentence."""
    reasons = "; ".join(reason.rstrip(".") for reason in rollout.reasons)
    if rollout.stage == "live":
        return f"Live: the candidate answers every session. {reasons}".rstrip()
    if rollout.verdict == "promote":
        return f"Ready to go on: {reasons or 'every gate has shown what it asks for'}."
    start = "Rolled back" if rollout.stage == "rolled_back" else "Not promoted"
    return f"{start}: {reasons or waits_for(rollout)}."


def sides(rollout: Rollout) -> str:
    """Who would replace whom."""
    return (
        f"{rollout.primary.model} at {rollout.primary.upstream} (primary)  →  "
        f"{rollout.candidate.model} at {rollout.candidate.upstream} (candidate)"
    )


def facts(rollout: Rollout, now_us: int, clock: Clock) -> str:
    """Where it stands since when, and what holds for the tenant."""
    pinned = "  ·  pinned to the primary" if rollout.pinned else ""
    return (
        f"{words.STAGES.get(rollout.stage, '').capitalize()}  ·  since {clock.when(rollout.since_us)}, "
        f"{words.duration(now_us - rollout.since_us)}  ·  attempt {rollout.attempt}  ·  "
        f"cloud {rollout.cloud}{pinned}"
    )


def stands(gate: Evidence) -> str:
    """What a gate says so far, with a sign."""
    if gate.against >= gate.roll_back_at:
        return "✗ holds" if gate.mode == "hold" else "✗ harm shown"
    if gate.shown >= gate.needed:
        return "✓ shown" if gate.needed else "✓ nothing against it"
    if gate.pooled is not None:
        return "✓ shown by the pool of the model, not by itself"
    if gate.n == 0:
        return "○ no evidence yet"
    part = max(0.0, gate.shown / gate.needed) if gate.needed > 0 else 0.0
    return f"… {100 * part:.0f} % of what promotion needs"


def readings(history: tuple[Moment, ...], gate: str) -> list[dict[str, float]]:
    """One gate's way through the sessions, for a chart: n, shown, against (log10)."""
    return [
        {
            "sessions": moment.n,
            "shown": moment.gates[gate].shown,
            "against": moment.gates[gate].against,
        }
        for moment in history
        if gate in moment.gates
    ]


def latency_rows(latency: Latency) -> list[dict[str, str]]:
    """Median and 95th percentile of both sides, with how many answers they rest on."""
    return [
        {
            "side": side,
            "answers": f"{len(times):,}",
            "p50": words.milliseconds(_percentile(times, 50)),
            "p95": words.milliseconds(_percentile(times, 95)),
        }
        for side, times in (
            ("primary", latency.primary_ms),
            ("candidate", latency.candidate_ms),
        )
    ]


def latency_curve(latency: Latency) -> list[dict[str, float | str]]:
    """For a chart: which percent of a side's answers took at most how many seconds."""
    return [
        {"side": side, "percent": float(part), "seconds": value / 1000}
        for side, times in (
            ("primary", latency.primary_ms),
            ("candidate", latency.candidate_ms),
        )
        for part in range(1, 100)
        if (value := _percentile(times, part)) is not None
    ]


def flag_rows(flags: FlagCounts) -> list[dict[str, str | int]]:
    """Flags by kind, the gravest and most frequent first."""
    weight = {"fail": 0, "review": 1, "info": 2}
    ordered = sorted(
        flags.kinds,
        key=lambda kind: (weight.get(kind.severity, 3), -kind.comparisons, kind.code),
    )
    return [
        {
            "severity": words.severity(kind.severity),
            "flag": kind.code,
            "comparisons": kind.comparisons,
            "share": words.percent(100 * kind.comparisons / max(1, flags.of)),
        }
        for kind in ordered
    ]


LEDGER = {
    "compared": "scored against each other",
    "pending": "on their way",
    "unsampled": "not chosen for a copy",
    "excluded": "may not be copied or compared",
    "shed": "left out, the queue was full",
    "failed": "could not be compared",
}


def ledger_rows(ledger: Ledger) -> list[dict[str, str | int]]:
    """What became of every request, and the sum that has to come out."""
    rows: list[dict[str, str | int]] = [
        {"requests": name, "number": getattr(ledger, name), "meaning": meaning}
        for name, meaning in LEDGER.items()
    ]
    return [*rows, {"requests": "seen", "number": ledger.seen, "meaning": balance(ledger)}]


def balance(ledger: Ledger) -> str:
    """Whether the ledger adds up."""
    missing = ledger.seen - sum(getattr(ledger, name) for name in LEDGER)
    return "✓ adds up" if missing == 0 else f"✗ {missing:+,} unaccounted for"


def _findable(rollout: Rollout) -> str:
    models = f"{rollout.primary.model} {rollout.candidate.model}"
    text = f"{rollout.tenant} {rollout.route} {models} {rollout.verdict} {rollout.stage}"
    return text.casefold()


def _board_row(rollout: Rollout, now_us: int) -> BoardRow:
    return BoardRow(
        tenant=rollout.tenant,
        route=rollout.route,
        stage=rollout.stage,
        share=rollout.share,
        verdict=rollout.verdict,
        waits_for=waits_for(rollout),
        needs=needs(rollout),
        held=held(rollout),
        dry_run=dry_run(rollout),
        since=words.duration(now_us - rollout.since_us),
        sessions=f"{rollout.sessions:,}",
    )


def _percentile(times: tuple[float, ...], part: int) -> float | None:
    """The value that `part` percent do not exceed, interpolated (R's type 7); None without times."""
    if not times:
        return None
    if len(times) == 1:
        return times[0]
    return quantiles(times, n=100, method="inclusive")[part - 1]


def evidence_since(rollout: Rollout) -> str:
    """Since when sessions count, and how many of them had the candidate's answer alone."""
    told = "since this stage began"
    return f"{told}, {rollout.unpaired:,} unpaired" if rollout.unpaired else told


NO_TEXT = "(no text)"


def pair_facts(comparison: Comparison, clock: Clock) -> str:
    """What a comparison says beside the two texts."""
    scored = f"agreement {words.score(comparison.equivalence)}"
    if comparison.equivalence is None and comparison.missing:
        scored = f"no agreement score: {words.named(comparison.missing)}"
    noise = comparison.noise_floor
    floor = "" if noise is None else f" (primary with itself {words.score(noise)})"
    both = words.named(comparison.attribution)
    if comparison.unpaired:
        both += f", unpaired ({words.named(comparison.unpaired)})"
    return (
        f"#{comparison.number}  ·  {clock.when(comparison.at_us)}  ·  session {comparison.session}"
        f"  ·  {scored}{floor}  ·  {both}"
    )


def side_facts(comparison: Comparison, side: str) -> str:
    """Which side a text is from, whether clients saw it, and how long it took."""
    times = comparison.performance
    timing = times.primary if side == "primary" else times.candidate
    told = [words.milliseconds(timing.total_ms)]
    if timing.first_token_ms is not None:
        told.append(f"first words after {words.milliseconds(timing.first_token_ms)}")
    if timing.chars_per_s is not None:
        told.append(f"{timing.chars_per_s:,.0f} characters a second")
    if timing.stalls:
        longest = words.milliseconds(timing.longest_stall_ms)
        told.append(f"{timing.stalls} stalls, the longest {longest}")
    served = "answered the client" if comparison.serving == side else "copy"
    late = ", sent over a minute later" if times.late == side else ""
    return f"{side.capitalize()} · {served}{late} · {', '.join(told)}"
