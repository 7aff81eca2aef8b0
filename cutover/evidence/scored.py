"""One compared exchange, as evidence sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class ScoredExchange(Protocol):
    """What evidence needs to know of one compared exchange. Times are integer microseconds.

    `noise_floor` is given wherever the primary was asked again and answered, also where the
    candidate failed: such an exchange counts as the largest difference possible.
    """

    @property
    def exchange_id(self) -> str:
        """Sorts by time within one microsecond."""
        ...

    @property
    def session(self) -> str:
        """The conversation it belongs to."""
        ...

    @property
    def accepted_us(self) -> int:
        """When the request came in."""
        ...

    @property
    def at_us(self) -> int:
        """When it was compared, by the clock of who did."""
        ...

    @property
    def serving(self) -> str:
        """The side that was to answer the client, a `Side`."""
        ...

    @property
    def resent(self) -> bool:
        """Whether it is a stored request that was sent again, and no client's."""
        ...

    @property
    def streaming(self) -> bool:
        """Whether the answer was asked for as a stream."""
        ...

    @property
    def attribution(self) -> str:
        """Who answered, an `Attribution`."""
        ...

    @property
    def equivalence(self) -> float | None:
        """Agreement of candidate and primary in 0..1; None where it could not be scored."""
        ...

    @property
    def noise_floor(self) -> float | None:
        """Agreement of the primary with itself in 0..1; None where it was not asked again."""
        ...

    @property
    def fail_codes(self) -> tuple[str, ...]:
        """Codes of the flags of severity `fail`."""
        ...

    @property
    def candidate_us(self) -> int | None:
        """How long the candidate took, from its own send, or had taken when its client left; None without an answer."""
        ...

    @property
    def candidate_first_token_us(self) -> int | None:
        """The same to its first token; None for an answer that was not streamed."""
        ...

    @property
    def primary_us(self) -> int | None:
        """How long the primary took, from its own send; None without an answer."""
        ...

    @property
    def primary_first_token_us(self) -> int | None:
        """The same to its first token; None for an answer that was not streamed."""
        ...

    @property
    def signals(self) -> Mapping[str, float]:
        """What comparators measured. `schema_primary` and `schema_candidate` are 1 for an answer of the
        form that was asked for and 0 for another, also where the candidate failed. `audio_s` is how
        long a recording is, as the primary told it.
        """
        ...

    @property
    def late(self) -> str:
        """The side whose copy was sent more than a minute after the client's; "" for none."""
        ...

    @property
    def unpaired(self) -> str:
        """Why the primary was not asked beside the candidate's answer; "" where it was."""
        ...

    @property
    def recorded_key(self) -> str:
        """The same for the same recorded answer to the same prompt; "" for none."""
        ...

    @property
    def comparators(self) -> str:
        """What compared: version, encoders, calibration, judges."""
        ...


AHEAD_US = 60_000_000
"""An exchange that began so much later than it was compared was stamped by a clock that is wrong."""


def ahead_us(row: ScoredExchange) -> int:
    """How much later it was accepted than compared; 0 where a clock that is right may say so."""
    ahead = row.accepted_us - row.at_us
    return ahead if ahead > AHEAD_US else 0
