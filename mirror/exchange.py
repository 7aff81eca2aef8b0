"""An exchange: one request, the replies to it, and where it stands in the exact ledger.

Times are integer microseconds of UTC (`*_us`); durations between events of one leg are measured
on the monotonic clock and stored as microseconds since the leg's own send.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mirror.pace import Pace


class Side(StrEnum):
    """The two sides of a rollout."""

    PRIMARY = "primary"
    CANDIDATE = "candidate"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.CANDIDATE if self is Side.PRIMARY else Side.PRIMARY


class Leg(StrEnum):
    """Why an upstream was asked."""

    SERVED = "served"  # the client got this answer
    SHADOW = "shadow"  # the other side's copy, never seen by the client
    REASK = "reask"  # the primary asked again, to measure its noise


class Outcome(StrEnum):
    """Where an exchange stands: seen = the sum of these, per rollout and reason."""

    PENDING = "pending"  # its legs, or what is told of them, are still to come
    COMPARED = "compared"  # a comparison exists
    EXCLUDED = "excluded"  # may not be mirrored (state, an aborted client, no permitted side)
    UNSAMPLED = "unsampled"  # the policy's sampling left it out
    SHED = "shed"  # too much was waiting
    FAILED = "failed"  # ours: a killed process, a lost shadow, a comparator that broke


class End(StrEnum):
    """How a reply ended."""

    COMPLETE = "complete"  # with the dialect's own terminal event, or a whole JSON body
    NO_TERMINAL = "no_terminal"  # a stream that stopped without one
    ERROR_EVENT = "error_event"  # an error inside a 200 stream
    HTTP_ERROR = "http_error"  # a status of 400 or more
    CONNECT = "connect"  # nobody answered the connection
    TIMEOUT = "timeout"  # the deadline passed
    BROKEN = "broken"  # the connection broke in the middle
    MALFORMED = "malformed"  # it came whole, and is not what it says it is
    CLIENT_ABORT = "client_abort"  # the client left
    BLOCKED = "blocked"  # the egress guard refused the connection
    AT_CAPACITY = "at_capacity"  # not sent: as many were in flight as the policy allows
    DIVERTED = "diverted"  # not sent: its circuit breaker has been open for long
    SERVED_BY_OTHER = "served_by_other"  # whole, and not from the deployment that is declared
    CAPABILITY_GAP = "capability_gap"  # not asked: the upstream lacks what the request needs


UNSENT = frozenset({End.AT_CAPACITY, End.BLOCKED, End.CAPABILITY_GAP, End.DIVERTED})
"""Ends of legs of which no byte left this machine."""


@dataclass(frozen=True, slots=True)
class Large:
    """A long body in a sealed file of its own: the file's SHA-256, and the body's length in bytes.

    `commitment` is the SHA-256 of a random salt, sealed with the body, and the body. Both are hex.
    """

    digest: str
    length: int
    commitment: str


@dataclass(frozen=True, slots=True)
class Accept:
    """What is written to disk before the serving upstream is asked.

    `outcome` is PENDING for an exchange that will be compared; any other outcome is final and has
    a `reason`. PENDING with a reason is one whose other side is not asked for it (`mirror.unpaired`).
    `epoch` numbers the rollout's standing (attempt, stage, step) that the proxy obeyed.
    `kept` says why the candidate was not to answer a session that its share gave to it; else empty.
    `subject` is the pseudonym of the patient that it is about, where the client told (`mirror.patient`).
    A body that is `large` stands in a file; `body` then holds it only where it was read from there.
    """

    id: str
    tenant: str
    route: str
    session: str
    accepted_us: int
    method: str
    path: str
    requested_model: str
    streaming: bool
    stage: str
    epoch: int
    serving: Side
    outcome: Outcome
    reason: str = ""
    reask: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    large: Large | None = None
    kept: str = ""
    subject: str = ""


class Source(StrEnum):
    """How a fact about who answered is known."""

    DECLARED = "declared"  # the policy says so
    OBSERVED = "observed"  # the answer showed it


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known of who answered: `model`, `deployment`, `engine_version`, `gpus`, ..."""

    name: str
    value: str
    source: Source


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at an upstream that did not end up answering the client.

    `other` says why its answer was not the declared deployment's, where that ended it.
    """

    side: Side
    upstream: str
    location: str
    end: End
    status: int | None
    took_us: int
    other: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one leg answered, or why it did not. `body` is what the upstream sent, undecoded.

    One that is `large` stands in a file; `body` then holds it only where it was read from there.

    `facts` is what is known of who answered. `other` says why that is not the declared candidate;
    empty where nothing says so. `pace` is how the words of a stream came.
    """

    exchange_id: str
    leg: Leg
    side: Side
    upstream: str
    location: str
    model: str
    sent_us: int
    end: End
    status: int | None = None
    error: str = ""
    total_us: int = 0
    first_byte_us: int | None = None
    first_token_us: int | None = None
    content_type: str = ""
    content_encoding: str = ""
    body: bytes = b""
    body_cut: bool = False
    served_model: str = ""
    served_by: str = ""
    failed_over: tuple[Attempt, ...] = ()
    facts: tuple[Fact, ...] = ()
    other: str = ""
    large: Large | None = None
    pace: Pace | None = None

    @property
    def answered(self) -> bool:
        """Whether a client would call this an answer."""
        return self.end is End.COMPLETE


def exchange_id(now_us: int, randomness: bytes) -> str:
    """A new exchange's id: UUIDv7 (RFC 9562), so that ids sort by time.

    `now_us` is UTC microseconds, `randomness` ten fresh random bytes.
    """
    number = (now_us // 1000) << 80 | int.from_bytes(randomness[:10])
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
