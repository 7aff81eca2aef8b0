"""What one request came to under load, and what a phase of load was."""

from __future__ import annotations

import math
from dataclasses import dataclass

from policies.routes import Route


@dataclass(frozen=True, slots=True)
class Sample:
    """One request's end. Times are seconds from its own send; `tokens_*` are what the server told.

    `characters` are those of the answer's words. `audio_s` is how long a recording is, where known.
    """

    route: Route
    end: str
    answered: bool
    total_s: float
    first_token_s: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    characters: int = 0
    audio_s: float | None = None

    @property
    def waited_s(self) -> float:
        """How long its asker waits for an answer: for ever, where there is none."""
        return self.total_s if self.answered else math.inf

    @property
    def writing_s(self) -> float | None:
        """From the first token to the end, of a stream that was answered."""
        if not self.answered or self.first_token_s is None:
            return None
        lasted = self.total_s - self.first_token_s
        return lasted if lasted > 0 else None


@dataclass(frozen=True, slots=True)
class Phase:
    """Requests that were sent together. `at_once` is how many at a time, `took_s` how long it took.

    `short` says why it was not run as it was asked for; empty where it was.
    """

    samples: tuple[Sample, ...] = ()
    at_once: int = 0
    took_s: float = 0.0
    short: str = ""

    def of(self, *routes: Route) -> list[Sample]:
        """The samples of some routes."""
        return [one for one in self.samples if one.route in routes]


@dataclass(frozen=True, slots=True)
class Measured:
    """All phases: everything at the given load, SOAP beside chats, streams together, one at a time."""

    loaded: Phase = Phase()
    beside: Phase = Phase()
    together: Phase = Phase()
    alone: Phase = Phase()

    @property
    def samples(self) -> list[Sample]:
        """Of every phase."""
        phases = (self.loaded, self.beside, self.together, self.alone)
        return [one for phase in phases for one in phase.samples]
