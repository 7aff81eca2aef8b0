"""What the pages show, as rows and sentences made from what the API says. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles

from dashboards import words
from dashboards.clock import Clock
from dashboards.wire import (
    Evidence,
    FlagCounts,
    Latency,
    Ledger,
    Moment,
    RolledBack,
    Rollout,
)


def waits_for(rollout: Rollout) -> str:
    """What has to happen next, in one sentence."""
    return rollout.waits_for or "; ".join(rollout.reasons) or "nothing"


def held(rollout: Rollout) -> str:
    """Who holds it, with a sign; "" for nobody. The reason is part of what it waits for."""
    return f"‖ held by {rollout.held_by}" if rollout.held_by else ""


def dry_run(rollout: Rollout) -> str:
    """That nothing is moved, and what would have been; "" where there is no dry run."""
    return rollout.dry_run[0] if rollout.dry_run else ""


def in_the_way(rollout: Rollout) -> str:
    """What keeps a move from being made now, whatever its evidence; "" for nothing. The API refuses an approval then."""
    by = f"{rollout.held_by} holds it: {rollout.hold_reason}" if rollout.held_by else ""
    return "; ".join([one.rstrip(".") for one in (by, not_widened(rollout)) if one])


def not_widened(rollout: Rollout) -> str:
    """What of the deployment keeps it from being widened: an emergency, a freeze, an incident, its turn; "" for nothing."""
    return "; ".join([one.rstrip(".") for one in (rollout.frozen, rollout.plan) if one])


def not_now(rollout: Rollout) -> str:
    """What stands in the way of one whose evidence would take it on; "" where nothing does, or nothing would."""
    onward = rollout.verdict == "promote" and rollout.stage != "live"
    return in_the_way(rollout) if onward else ""


def why_not(rollout: Rollout) -> str:
    """Why this rollout is not further than it is, in one sentence."""
    reasons = _reasons(rollout)
    if rollout.stage == "live":
        return f"Live: the candidate answers every session. {reasons}".rstrip()
    if still := not_now(rollout):
        shown = f" Its evidence promotes it: {reasons}." if reasons else ""
        return f"Not now: {still}.{shown}"
    if rollout.verdict == "promote":
        return f"Ready to go on: {reasons or 'every gate has shown what it asks for'}."
    if rollout.rolled_back is not None:
        return _why_back(rollout, rollout.rolled_back)
    return f"Not promoted: {reasons or waits_for(rollout)}."


def _reasons(rollout: Rollout) -> str:
    """The verdict's reasons; what stands in the way is among them in the API, and is told apart."""
    apart = (rollout.frozen, rollout.plan) if rollout.verdict == "promote" else ()
    return "; ".join(one.rstrip(".") for one in rollout.reasons if one not in apart)


def _why_back(rollout: Rollout, back: RolledBack) -> str:
    by = "the controller, because harm was shown" if back.for_harm else back.by
    reasons = "; ".join(rollout.reasons) if back.for_harm else ""
    return f"Rolled back by {by}: {(reasons or back.reason).rstrip('.')}."


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


def stands(gate: Evidence, stage: str = "mirror") -> str:
    """What a gate says so far, with a sign; of one that this stage does not ask again, that mirror showed it."""
    if gate.against >= gate.roll_back_at:
        return "✗ holds" if gate.mode == "hold" else "✗ harm shown"
    if carried(gate, stage):
        shown = gate.shown >= gate.needed
        return "✓ shown in mirror, watched here" if shown else "○ not asked for, watched here"
    if gate.shown >= gate.needed:
        return "✓ shown" if gate.needed else "✓ nothing against it"
    if gate.pooled is not None:
        return "✓ shown by the pool of the model, not by itself"
    if gate.n == 0:
        return "○ no evidence yet"
    part = max(0.0, gate.shown / gate.needed) if gate.needed > 0 else 0.0
    return f"… {100 * part:.0f} % of what promotion needs"


def carried(gate: Evidence, stage: str) -> bool:
    """Whether what a gate shows is what mirror showed: its sessions of this stage speak of harm alone."""
    return stage in ("canary", "live") and not gate.asked and gate.needed > 0


def scope(gate: Evidence, rollout: Rollout) -> str:
    """On how many sessions a gate's sentence and its harm rest, and of which stage."""
    return f"{words.counted(gate.n, 'session')} {_of_stage(rollout)}"


def _of_stage(rollout: Rollout) -> str:
    """Of which stage sessions count as evidence."""
    match rollout.stage:
        case "canary":
            return f"at {words.standing(rollout.stage, rollout.share)}"
        case "live":
            return "since it is live"
        case "mirror":
            return "in mirror"
        case _:
            return f"until it was {'rolled back' if rollout.stage == 'rolled_back' else 'switched off'}"


def readings(history: tuple[Moment, ...], gate: str) -> list[dict[str, float | None]]:
    """One gate's way through the sessions of an attempt, for a chart: n, shown, against (log10), and the standing.

    Evidence begins anew with each standing. Where what is shown stays as it was through a whole one after the
    first, it was carried there from mirror, and nothing is drawn.
    """
    known = [moment for moment in history if gate in moment.gates]
    carried = _standings_carried(known, gate)
    return [
        {
            "sessions": moment.n,
            "shown": None if moment.epoch in carried else moment.gates[gate].shown,
            "against": moment.gates[gate].against,
            "standing": moment.epoch,
        }
        for moment in known
    ]


def _standings_carried(history: Sequence[Moment], gate: str) -> set[int]:
    shown: dict[int, list[float]] = {}
    for moment in history:
        shown.setdefault(moment.epoch, []).append(moment.gates[gate].shown)
    later = list(shown)[1:]
    return {epoch for epoch in later if len(set(shown[epoch])) == 1}


def standings(rollout: Rollout) -> list[tuple[int, str]]:
    """After how many sessions of the attempt each standing began, and which it is: `canary 5 %`."""
    named = {
        move.epoch: words.standing(move.to_stage, move.to_share) for move in rollout.transitions
    }
    begun: list[tuple[int, str]] = []
    epoch, n = None, 0
    for moment in rollout.history:
        if moment.epoch != epoch:
            begun.append((n, named.get(moment.epoch, "")))
        epoch, n = moment.epoch, moment.n
    return begun


def first_words(latency: Latency) -> Latency:
    """The times until the first words, as times of their own."""
    return Latency(latency.primary_first_ms, latency.candidate_first_ms)


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


def _percentile(times: tuple[float, ...], part: int) -> float | None:
    """The value that `part` percent do not exceed, interpolated (R's type 7); None without times."""
    if not times:
        return None
    if len(times) == 1:
        return times[0]
    return quantiles(times, n=100, method="inclusive")[part - 1]


def evidence_since(rollout: Rollout) -> str:
    """Of which stage sessions count, and how many of them had the candidate's answer alone."""
    told = _of_stage(rollout)
    return f"{told}, {rollout.unpaired:,} unpaired" if rollout.unpaired else told


def compared_of(rollout: Rollout) -> str:
    """Of what the compared requests are a part: unlike sessions, they are counted over all stages."""
    return f"in all stages, of {rollout.ledger.seen:,} seen"
