"""Whether a canary step gives the candidate the part of the sessions that it says, as a sequential test.

A session is given by its id alone, so of those that begin at a step each is the candidate's with the
same probability, the share. The evidence against that is a likelihood ratio: the observed number under
a Beta mixture of other shares, over its likelihood under this one (the Beta-binomial mixture
martingale; for counts of several arms see Lindon & Malek 2020, arXiv 2011.03567). It is an e-process
against one known probability, valid at every peek, and a function of two counts. It never rolls
anything back: where sessions go to somebody else, nobody has been harmed by the candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mirror.share import PLACES
from policies.gates import Mode
from policies.policy import Terms

NAME = "sample_ratio"
_TITLE = "sample ratio"


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """How the sessions that began at a canary step were given out.

    `part` in 0..1 is what its share comes to, of `sessions`; `given` of them were the candidate's, by
    the table that their proxy obeyed. `kept` says of how many of those, and why, it was kept all the
    same. `before` counts those that are left out because they began before the step.
    """

    part: float
    sessions: int = 0
    given: int = 0
    kept: tuple[tuple[str, int], ...] = ()
    before: int = 0

    @property
    def log_e(self) -> float:
        """The evidence that the candidate is given another part."""
        return log_e(self.given, self.sessions, self.part)

    def body(self) -> dict[str, object]:
        """As JSON types; `retold` reads it."""
        return asdict(self)


def retold(body: Mapping[str, Any]) -> SampleRatio:
    """What `body` gave, after JSON."""
    kept = tuple([(str(why), int(count)) for why, count in body["kept"]])
    return SampleRatio(**{**body, "part": float(body["part"]), "kept": kept})


def log_e(given: int, sessions: int, part: float) -> float:
    """The natural logarithm of the e-value against "each session is the candidate's with probability `part`".

    Of a share of all of them only too few speak: there is no more than all.
    """
    p = min(part, 1 - 1 / PLACES)
    if part > p and given >= p * sessions:
        return 0.0
    a, b = _other_shares(p)
    other = _log_beta(a + given, b + sessions - given) - _log_beta(a, b)
    return other - given * math.log(p) - (sessions - given) * math.log1p(-p)


def _other_shares(p: float) -> tuple[float, float]:
    """The mixture's Beta: p in the mean, and as wide as half a session of the smaller side."""
    return (0.5, 0.5 * (1 - p) / p) if p <= 0.5 else (0.5 * p / (1 - p), 0.5)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def log_hold_at(terms: Terms) -> float:
    """The level at which a step holds: the steps share `alpha`, so that all of canary errs no oftener."""
    return math.log(len(terms.steps) / terms.gates.sample_ratio.alpha)


def another(ratio: SampleRatio, terms: Terms) -> bool:
    """Whether the candidate is shown to be given another part than its share."""
    return ratio.log_e >= log_hold_at(terms)


def holds(ratio: SampleRatio, terms: Terms) -> bool:
    """Whether that stops a rollout from going on."""
    observed = terms.gates.sample_ratio.mode is Mode.OBSERVE
    return not observed and another(ratio, terms)


def sentence(ratio: SampleRatio, terms: Terms) -> str:
    """What was seen, and what follows from it."""
    only = " (observed only)" if terms.gates.sample_ratio.mode is Mode.OBSERVE else ""
    if not ratio.sessions:
        return f"{_TITLE}: no session has begun at this step yet{only}"
    found = (
        f"{_TITLE}: of {ratio.sessions:,} session{'s' * (ratio.sessions != 1)} that began at this step "
        f"{ratio.given:,} were given to the candidate, {_percent(ratio.given / ratio.sessions)}, "
        f"where its share is {_percent(ratio.part)}{_kept(ratio.kept)}"
    )
    if ratio.before:
        found += f"; {ratio.before:,} that began before it left out"
    if another(ratio, terms):
        found += ": shown to be another share; a proxy may obey an old route table"
    return found + only


def _kept(kept: Iterable[tuple[str, int]]) -> str:
    """Who of them it did not answer all the same; nothing of that is the share's doing."""
    told = [f"{count:,} {why.replace('_', ' ')}" for why, count in kept]
    return f" ({', '.join(told)}: kept from it for another reason)" if told else ""


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
