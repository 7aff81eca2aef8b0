"""Rows and tables from what the jobs drew: {name, value, unit, target, holds, low, high, note}."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from bench.rollouts import interval, peers
from bench.rollouts.jobs import CHANGES, RATES, STEP, USUAL, Found
from bench.rollouts.worlds import Numbers

Row = dict[str, object]
Drawn = Mapping[str, Found]

CHECKS = 25  # good ones that a threshold's canary needs, one a minute
HARMED_SHARE = 0.10  # of the sessions, while a peer has not decided


def row(
    name: str,
    value: float,
    unit: str,
    target: float | None,
    span: tuple[float, float],
    note: str,
) -> Row:
    """One row; `target` is the largest value allowed, `span` the 95 % interval. None where infinite."""
    return {
        "name": name,
        "value": _finite(value),
        "unit": unit,
        "target": "" if target is None else f"<= {target:g}",
        "holds": None if target is None else bool(value <= target),
        "low": _finite(span[0]),
        "high": _finite(span[1]),
        "note": note,
    }


def _finite(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None


def per_1000(name: str, which: Numbers, target: float | None, note: str) -> Row:
    """How many of a thousand runs, with the exact interval."""
    count, runs = int(which.sum()), which.size
    low, high = interval.of_share(count, runs)
    told = f"{count:,} of {runs:,} runs; {note}"
    span = (1000 * low, 1000 * high)
    return row(name, 1000 * count / runs, "per 1,000", target, span, told)


def share(name: str, which: Numbers, target: float | None, note: str) -> Row:
    """The share of runs, with the exact interval."""
    count, runs = int(which.sum()), which.size
    told = f"{count:,} of {runs:,} runs; {note}"
    return row(name, count / runs, "share", target, interval.of_share(count, runs), told)


def median(name: str, values: Numbers, target: float | None, note: str) -> Row:
    """The median of sessions; where some never end, the note says how many."""
    if values.size == 0:
        return row(name, math.inf, "sessions", target, (math.inf, math.inf), f"no runs; {note}")
    found = float(np.median(values))
    ninetieth = float(np.sort(values)[int(0.9 * values.size)])
    told = f"p90 {ninetieth:,.0f}" if math.isfinite(ninetieth) else "p90 never"
    ended = np.isfinite(values).mean()
    if ended < 1:
        told += f", {ended:.1%} of runs at all"
    return row(name, found, "sessions", target, interval.of_median(values), f"{told}; {note}")


def promised(drawn: Drawn) -> Iterator[Row]:
    """The rows with a target."""
    told = {
        **{name: "a whole cutover, mirror and five steps" for name in RATES},
        "correlated": "1 to 5 exchanges a session, correlated; a whole cutover",
        "shared_incident": "both sides fail 6 % of 1,000 sessions, in mirror and in each step",
        "at_margin": "every gate exactly on its bar, 3,000 sessions in mirror and 1,500 a step",
    }
    for name, note in told.items():
        rolled = np.isfinite(drawn[f"cutover_{name}"]["rolled_in"])
        yield per_1000(f"false_rollbacks_per_1000_{name}", rolled, 5, note)
    step = "from the start of a step, at its alpha"
    targets = {"quality_drop": 450, "errors_5pct": 750, "p95_3s": 60}
    for name, target in (targets | {"agreement_regression": 150}).items():
        rolled = drawn[f"step_{name}"]["rolled"]
        yield median(f"{name}_sessions", rolled, target, f"{WHAT[name]}; {step}")
    equal = drawn["promote_equal"]["promoted"]
    yield median(
        "promote_equal_sessions",
        equal,
        1_300,
        "all gates, one stage, without coverage; a judge grades every session, and quality watches",
    )
    yield _at_margin(drawn)
    for name, target in {"quality": 700, "errors": 800}.items():
        delay = drawn[f"live_{name}"]["delay"]
        early = int(np.isnan(delay).sum())
        note = f"after 10,000 good ones, A = 1,000,000; {early} alarms before"
        yield median(f"live_{name}_sessions", delay[~np.isnan(delay)], target, note)


WHAT = {
    "quality_drop": "a judge's grade 0.05 lower, every session judged",
    "errors_5pct": "errors 1 to 5 %",
    "p95_3s": "p95 1.5 to 3 s",
    "agreement_regression": "agreement 0.34 lower, every session asked again",
}


HALF_WAY = "worse, half way to every bar: quality -0.0075, agreement -0.075, alone failing 1.28 %, slow 3 %"


def _at_margin(drawn: Drawn) -> Row:
    """The gate that lets most through; a candidate on its bar and without fault elsewhere."""
    gates = ("equivalence", "errors", "latency", "flags")
    crossed = {
        gate: np.isfinite(drawn[f"promote_at_margin_{gate}"]["promoted"]) for gate in gates
    }
    worst = max(crossed, key=lambda gate: crossed[gate].mean())
    each = ", ".join(f"{gate} {1000 * seen.mean():.0f}" for gate, seen in crossed.items())
    note = f"within {STEP // 2:,} sessions, on the bar of {worst} alone; per 1,000: {each}"
    return share("false_promotion_at_margin", crossed[worst], 0.05, note)


def doubts(drawn: Drawn) -> Iterator[Row]:
    """What else is worth knowing of ours, without targets."""
    for name in CHANGES:
        what = WHAT[name]
        yield median(
            f"{name}_mirror_sessions",
            drawn[f"mirror_{name}"]["rolled"],
            None,
            f"{what}; in mirror",
        )
        later = drawn[f"after_1000_good_{name}"]["rolled"]
        early = later <= 1_000
        note = (
            f"{what}, after 1,000 good sessions of the step; {early.sum()} rolled back before"
        )
        yield median(f"after_1000_good_{name}_sessions", later[~early] - 1_000, None, note)
        promoted = np.isfinite(drawn[f"promote_{name}"]["promoted"])
        yield per_1000(
            f"false_promotions_per_1000_{name}", promoted, None, f"{what}; in mirror"
        )
    for name in RATES:
        for sd in (0.01, 0.02):
            rolled = np.isfinite(drawn[f"hours_{sd:g}_{name}"]["rolled"])
            note = f"equal in the long run, each hour {sd:g} better or worse (sd); 8 hours"
            yield per_1000(f"rollbacks_per_1000_hours_{sd:g}_{name}", rolled, None, note)
    found = np.isfinite(drawn["step_half_way"]["rolled"])
    yield per_1000(
        "false_rollbacks_per_1000_half_way", found, None, f"{HALF_WAY}; 6,000 sessions"
    )
    yield from catastrophes(drawn)
    found = drawn["promote_equal_quality_shown"]["promoted"]
    note = "an equal one, every session judged, with `gates.quality.promotion: shown`"
    yield median("promote_equal_quality_shown_sessions", found, None, note)
    found = np.isfinite(drawn["promote_night"]["promoted"])
    note = "0.02 better by day and 0.08 worse by night; within 30 hours from a morning on"
    yield per_1000("false_promotions_per_1000_night", found, None, note)
    yield from _late(drawn)
    yield from _real(drawn)


def catastrophes(drawn: Drawn) -> Iterator[Row]:
    """What passes where `severe` watches (chat), where it must be shown (reason, audio), and what that costs."""
    settings = {
        "": "`severe` watches: 200 re-asks, then 2 %",
        "_severe_shown": "`severe` must be shown: re-asks until it is",
    }
    for share in (2, 4, 6, 8):
        kind = "catastrophes" if share == 2 else f"catastrophes_{share}pct"
        for setting, how in settings.items():
            found = np.isfinite(drawn[f"promote_{kind}{setting}"]["promoted"])
            note = (
                f"{share} % of answers of the worst quality, equal otherwise; in mirror; {how}"
            )
            yield per_1000(f"false_promotions_per_1000_{kind}{setting}", found, None, note)
    for setting, how in settings.items():
        found = drawn[f"promote_equal_reasked{setting}"]["promoted"]
        name = f"promote_equal{setting or '_severe_watches'}_sessions"
        yield median(name, found, None, f"an equal one, without a judge; {how}")


def _late(drawn: Drawn) -> Iterator[Row]:
    note = "on the flags bar, the flagged scored 100 sessions late"
    seen = drawn["late_flagged"]
    for who, key in {"": "promoted", "_by_arrival": "promoted_by_arrival"}.items():
        name = f"false_promotions_per_1000_late{who}"
        yield per_1000(name, np.isfinite(seen[key]), None, note + _order(who))
    note = "equal, failures known at once and all else 100 sessions late"
    seen = drawn["late_good"]
    for who, key in {"": "rolled", "_by_arrival": "rolled_by_arrival"}.items():
        name = f"false_rollbacks_per_1000_late{who}"
        yield per_1000(name, np.isfinite(seen[key]), None, note + _order(who))


def _order(who: str) -> str:
    return "; counted in the order of arrival, which crossfade does not do" if who else ""


def _real(drawn: Drawn) -> Iterator[Row]:
    for name in ("fail", "review"):
        seen = drawn[f"real_flags_{name}"]
        counted = "`fail`" if name == "fail" else "`review` as if it were `fail`"
        note = f"a healthy model's real flags in their order, {counted}"
        yield per_1000(
            f"rollbacks_per_1000_real_flags_{name}", np.isfinite(seen["rolled"]), None, note
        )
        yield median(f"promote_real_flags_{name}_sessions", seen["promoted"], None, note)


def outcomes(drawn: Drawn, kind: str, rate: str) -> dict[str, tuple[Numbers, Numbers]]:
    """Each peer's sessions until the rollback and until the promotion, for a candidate at a rate."""
    per_minute = RATES[rate]
    watched = drawn[f"minutes_{kind}_{rate}"]
    failed = watched["failed"].T
    threshold = tuned_threshold(drawn, rate)
    peeked = drawn[f"peeked_{kind}"]
    return {
        "flagger_5_of_25": peers.thresholds(failed, 5, CHECKS, per_minute),
        "flagger_10_of_25": peers.thresholds(failed, 10, CHECKS, per_minute),
        "flagger_tuned": peers.thresholds(failed, threshold, CHECKS, per_minute),
        "kayenta": (watched["rolled"], watched["promoted"]),
        "t_test": (peeked["rolled_test"], peeked["promoted_test"]),
        "unpaired_sequence": (peeked["rolled_sequence"], peeked["promoted_sequence"]),
    }


def tuned_threshold(drawn: Drawn, rate: str) -> int:
    """So that at most 5 of 1,000 healthy candidates are rolled back at this rate."""
    return peers.tuned(drawn[f"minutes_equal_{rate}"]["failed"].T, CHECKS, 0.005)


NO_CLOCK = ("t_test", "unpaired_sequence")  # told once, not at each rate


def of_peers(drawn: Drawn) -> Iterator[Row]:
    """The same questions to the peers."""
    for rate in RATES:
        for peer, (rolled, promoted) in outcomes(drawn, "equal", rate).items():
            if peer in NO_CLOCK and rate != "20_per_min":
                continue
            note = _setting(drawn, peer, rate)
            where = "" if peer in NO_CLOCK else f"_{rate}"
            name = f"{peer}_false_rollbacks_per_1000{where}"
            yield per_1000(name, np.isfinite(rolled), None, note)
            yield median(f"{peer}_promote_equal_sessions{where}", promoted, None, note)
        for kind in (*CHANGES, "catastrophes"):
            yield from _of_change(drawn, kind, rate)
    others = {
        "shared_incident": "both sides fail 6 % of 1,000 sessions, from the 100th on",
        "half_way": HALF_WAY,
    }
    for kind, note in others.items():
        for peer, (rolled, _) in outcomes(drawn, kind, "20_per_min").items():
            name = f"{peer}_false_rollbacks_per_1000_{kind}"
            yield per_1000(name, np.isfinite(rolled), None, note)


def _of_change(drawn: Drawn, kind: str, rate: str) -> Iterator[Row]:
    for peer, (rolled, promoted) in outcomes(drawn, kind, rate).items():
        if peer in NO_CLOCK and rate != "20_per_min":
            continue
        where = "" if peer in NO_CLOCK else f"_{rate}"
        note = WHAT.get(kind, "2 % of answers of the worst quality")
        yield median(f"{peer}_{kind}_sessions{where}", rolled, None, note)
        name = f"{peer}_false_promotions_per_1000_{kind}{where}"
        yield per_1000(name, np.isfinite(promoted), None, note)


def _setting(drawn: Drawn, peer: str, rate: str) -> str:
    return {
        "flagger_5_of_25": "5 failed checks before 25 good ones",
        "flagger_10_of_25": "10 failed checks before 25 good ones",
        "flagger_tuned": f"{tuned_threshold(drawn, rate)} failed checks before 25 good ones, tuned to this rate",
        "kayenta": "98 % intervals each hour, three hours, 75 and 95 points",
        "t_test": "paired, two-sided 0.05 on three metrics, a look each 100 of 6,000",
        "unpaired_sequence": "0.05 on three metrics, a look each 100",
    }[peer]


def harmed(drawn: Drawn) -> Iterator[Row]:
    """Sessions that a bad candidate answered out of 6,000, from the start of the 10 % step on; means."""
    for kind in CHANGES:
        walked = drawn[f"harmed_{kind}"]
        after = np.where(walked["live"] > 0, np.maximum(0, STEP - walked["sessions"]), 0)
        yield _mean(f"harmed_sessions_{kind}", walked["served"] + after, WHAT[kind])
        for peer, (rolled, promoted) in outcomes(drawn, kind, "20_per_min").items():
            decided = np.minimum(np.minimum(rolled, promoted), STEP)
            wrong = np.where(np.isfinite(promoted), STEP - np.minimum(promoted, STEP), 0)
            yield _mean(
                f"{peer}_harmed_sessions_{kind}", HARMED_SHARE * decided + wrong, WHAT[kind]
            )


def _mean(name: str, values: Numbers, what: str) -> Row:
    middle = float(values.mean())
    half = 1.96 * float(values.std(ddof=1)) / math.sqrt(values.size)
    note = f"{what}, at {USUAL:g} a minute; of {STEP:,} from the 10 % step on"
    return row(name, middle, "sessions", None, (middle - half, middle + half), note)


def every(drawn: Drawn) -> list[Row]:
    """All rows, the promised ones first."""
    return [*promised(drawn), *doubts(drawn), *harmed(drawn), *of_peers(drawn)]
