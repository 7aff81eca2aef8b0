"""The results as Markdown, as docs/statistics.md shows them: `python bench/cutover.py --tables`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.rollouts.rows import NO_CLOCK, Row

By = Mapping[str, Row]

PEERS = {
    "flagger_5_of_25": "Flagger, 5 of 25",
    "flagger_10_of_25": "Flagger, 10 of 25",
    "flagger_tuned": "Flagger, tuned",
    "kayenta": "Kayenta's judge",
    "t_test": "t-test, peeked at",
    "unpaired_sequence": "unpaired sequence",
}
USUAL = "20_per_min"

PER_1000 = "false_rollbacks_per_1000"
WRONG = "false_promotions_per_1000"

CHANGED = {
    "quality_drop": "quality 0.05 lower",
    "errors_5pct": "errors of 5 %",
    "p95_3s": "p95 of 3 s",
}

BESIDE = {
    "equal, rolled back of 1,000": PER_1000,
    "equal through a shared incident, rolled back of 1,000": f"{PER_1000}_shared_incident",
    "half way to every bar, rolled back of 1,000": f"{PER_1000}_half_way",
    **{f"{what}, promoted of 1,000": f"{WRONG}_{kind}" for kind, what in CHANGED.items()},
    "2 % catastrophes, promoted of 1,000": f"{WRONG}_catastrophes",
    **{
        f"{what}, sessions until rolled back": f"{kind}_sessions"
        for kind, what in CHANGED.items()
    },
    "equal, sessions until promoted": "promote_equal_sessions",
    **{
        f"{what}, sessions answered of 6,000": f"harmed_sessions_{kind}"
        for kind, what in CHANGED.items()
    },
}
"""Questions, and the names of their rows."""


def markdown(rows: Sequence[Row]) -> str:
    """All tables of docs/statistics.md."""
    by = {str(row["name"]): row for row in rows}
    parts = [
        "What was promised:",
        _promised(rows),
        "Beside others, 20 sessions a minute where time counts:",
        _beside(by),
        "The same at other rates, equal candidates rolled back of 1,000, and sessions until quality 0.05 lower is:",
        _rates(by),
        "What was not promised:",
        _doubts(rows),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    names = list(head)
    told = [names, ["---"] * len(names), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in told)


def _promised(rows: Sequence[Row]) -> str:
    lines = [
        (f"`{row['name']}`", cell(row), str(row["target"]), _holds(row), str(row["note"]))
        for row in rows
        if row["target"]
    ]
    return _table(("row", "reached", "target", "", "what"), lines)


def _holds(row: Row) -> str:
    return {True: "holds", False: "**missed**", None: "not measured here"}[row["holds"]]  # type: ignore[index]


def _beside(by: By) -> str:
    lines = []
    for what, row in BESIDE.items():
        cells = [cell(by[_named(peer, row)]) for peer in PEERS]
        lines.append((what, cell(by[_ours(row)]), *cells))
    return _table(("", "crossfade", *PEERS.values()), lines)


def _ours(row: str, rate: str = USUAL) -> str:
    return f"{row}_{rate}" if row == PER_1000 else row


def _named(peer: str, row: str, rate: str = USUAL) -> str:
    told_once = peer in NO_CLOCK or "harmed" in row or row.endswith(("incident", "half_way"))
    return f"{peer}_{row}" if told_once else f"{peer}_{row}_{rate}"


def _rates(by: By) -> str:
    lines = []
    peers = [peer for peer in PEERS if peer not in NO_CLOCK]
    for rate in ("2_per_min", "20_per_min", "100_per_min"):
        minute = rate.removesuffix("_per_min")
        for row, what in {PER_1000: "rolled back", "quality_drop_sessions": "sessions"}.items():
            cells = [cell(by[_named(peer, row, rate)]) for peer in peers]
            lines.append((f"{minute} a minute, {what}", cell(by[_ours(row, rate)]), *cells))
    return _table(("", "crossfade", *(PEERS[peer] for peer in peers)), lines)


def _doubts(rows: Sequence[Row]) -> str:
    peers = tuple(f"{peer}_" for peer in PEERS)
    lines = [
        (f"`{row['name']}`", cell(row), str(row["note"]))
        for row in rows
        if not row["target"] and not str(row["name"]).startswith((*peers, "harmed"))
    ]
    return _table(("row", "reached", "what"), lines)


def cell(row: Mapping[str, object]) -> str:
    """A value and its interval: 372 [364, 383]."""
    if (
        row.get("target") and row.get("holds") is None
    ):  # of another script, that has not run here
        return "-"
    ends = [number(row.get(key)) for key in ("value", "low", "high")]
    if "low" not in row or ends == ["never"] * 3:  # of another script, or of nothing
        return ends[0]
    return f"{ends[0]} [{ends[1]}, {ends[2]}]"


def number(value: object) -> str:
    """As people read it; never for what did not happen."""
    if not isinstance(value, int | float):
        return "never"
    return f"{value:,.2g}" if value < 10 else f"{value:,.0f}"
