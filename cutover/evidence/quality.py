"""How much better an answer is than the primary's, by what can be scored on both sides."""

from __future__ import annotations

from collections.abc import Mapping

from cutover.evidence.gates import Score


def better(score: str, signals: Mapping[str, float], *, failed: bool) -> float | None:
    """The candidate's score less the primary's, in [-1, 1]; None where the candidate's was not asked for.

    A candidate that failed, or whose answer could not be shown to the judge, is as bad as can be.
    """
    name = "schema" if score == Score.SCHEMA else "judge"
    ours, theirs = (signals.get(f"{name}_{side}") for side in ("candidate", "primary"))
    if ours is None:
        return None
    if failed or (theirs is None and name == "judge"):
        return -1.0
    return None if theirs is None else ours - theirs
