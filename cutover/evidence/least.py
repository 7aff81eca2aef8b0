"""The least that an open session can still come to, gate by gate, as far as evidence of harm may count it.

A session has at most `sessions.exchanges` exchanges, and what one of them said it will always have said. So at
a gate whose badness of a session is a mean over its exchanges, each in [0, 1], known exchanges of badness s in
all make the session at least s/n bad, n being the most exchanges that can speak there in the end. Evidence of
harm never falls when an observation rises (every factor grows with x), a restarting detector included: with
s > 0 the session will be an observation, so that one may start there. Hence at every look the evidence with
open sessions at their least is at most that of the same sessions when they are complete, whatever they become
(but for an exchange that the store hears of only after later ones were compared: it may push one of those out),
and what bounds the error of the one bounds that of the other (Ville's inequality).

Some things are known of none and so left at nothing: the clipped mean of differences, which later
exchanges may turn; at gates of pairs, exchanges of which it is not known yet whether their recorded answer counts
here; what is measured in a session that two kinds of comparators have met, or may meet
because an exchange before its first pair still waits; and a session whose id has another open one before it, since its start may still move. Evidence for a
promotion counts open sessions as before, at their worst.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cutover.evidence import badness
from cutover.evidence.conversation import Part
from cutover.evidence.gates import OF_COMPARATORS, OF_PAIRS, Basis, Gate, Rules

OF_MEANS = (
    Gate.ERRORS,
    Gate.LATENCY,
    Gate.FLAGS,
    Gate.SEVERE,
    Gate.FIRST_TOKEN,
    Gate.SCHEMA_VALIDITY,
    Gate.UNPAIRED_FLAGS,
    Gate.RELATIVE_LATENCY,
)
"""The gates whose badness of a session is the plain mean of what its exchanges say, each in [0, 1]."""


def floors(rules: Rules, part: Part, standings: Sequence[bool | None]) -> Mapping[str, float]:
    """The least badness of an open session by the names of gates; without those where it may be nothing.

    `standings` are of its exchanges: whether the recorded answer of each counts here, None for not known yet.
    """
    if not part.settled:
        return {}
    said = [
        (badness.of(rules, [row]), first)
        for row, first in zip(part.rows, standings, strict=True)
        if not badness.unasked(row)
    ]
    mixed = len({row.comparators for row in part.rows}) > 1 or _may_be_led(
        rules, part, standings
    )
    found = {}
    for demand in rules.demands:
        if demand.gate not in OF_MEANS and not _of_agreement(rules, demand.gate):
            continue
        if mixed and demand.name in OF_COMPARATORS:
            continue
        heard, may_be = said, part.remaining
        if demand.gate in OF_PAIRS:
            heard = [(bad, first) for bad, first in said if first]
            may_be += sum([first is None for _, first in said])
        known = [bad[demand.name] for bad, _ in heard if demand.name in bad]
        if (total := sum(known)) > 0:
            found[demand.name] = total / (len(known) + may_be)
    return found


def _may_be_led(rules: Rules, part: Part, standings: Sequence[bool | None]) -> bool:
    """Whether one that waits may be the first of the pairs, and say by which comparators all of them count."""
    pairs = [
        row.accepted_us
        for row, first in zip(part.rows, standings, strict=True)
        if first and not (row.unpaired or badness.left(row) or badness.silent(rules, row))
    ]
    return part.waits_us is not None and part.waits_us <= min(pairs, default=part.waits_us)


def _of_agreement(rules: Rules, gate: Gate) -> bool:
    """Whether it is the mean of disagreement with the primary, which no clip and no difference turns."""
    return gate is Gate.EQUIVALENCE and rules.basis is not Basis.NOISE
