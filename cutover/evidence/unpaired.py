"""What is said of evidence that has no other side: the candidate's answer alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cutover.evidence.gate_tally import GateTally
from cutover.evidence.gates import OF_PAIRS, Rules
from cutover.evidence.tally import Tally
from cutover.stages import Stage
from mirror.unpaired import CREDENTIAL_FORWARDED, NO_PERMITTED_SIDE

AFTER = (Stage.CANARY, Stage.LIVE)
"""The stages in which the candidate answers clients."""

_WHY: Mapping[str, str] = {
    NO_PERMITTED_SIDE: "no permitted other side",
    CREDENTIAL_FORWARDED: "the primary wants each client's own key, which is never kept",
}


def unmeasured(rules: Rules, stage: Stage, tally: GateTally) -> str:
    """That a gate of pairs is without any, because the primary is never asked; else empty."""
    if stage not in AFTER or not rules.alone or tally.n or tally.demand.gate not in OF_PAIRS:
        return ""
    return f"{tally.demand.title}: not measured after the cutover: {_WHY[rules.alone]}"


def unpaired(rules: Rules, seen: Tally) -> Iterator[str]:
    """On how many sessions agreement is measured, and on how many everything else."""
    if rules.alone:
        yield f"unpaired: equivalence is not measured after the cutover: {_WHY[rules.alone]}"
    elif seen.unpaired:
        yield (
            f"the primary was asked beside {seen.sessions - seen.unpaired:,} of {seen.sessions:,} "
            "sessions: agreement is measured on those, errors and speed on all"
        )
