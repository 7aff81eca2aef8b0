"""Legal holds and the erasure of a patient: what stands, and what is asked of the control API. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dashboards import words
from dashboards.clock import Clock

HOLDS, ERASURES = "/v1/legal-holds", "/v1/erasures"
PATIENT, PSEUDONYM = "patient", "pseudonym"
NAMED = {
    PATIENT: "as the app writes the patient's reference",
    PSEUDONYM: "by the pseudonym that events show",
}
"""How people name a patient."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold. "" and 0 are no limit of its scope; `subject` is a pseudonym; times are microseconds of UTC."""

    id: int
    tenant: str
    exchange_id: str
    subject: str
    from_us: int
    until_us: int
    by: str
    reason: str
    at_us: int
    lifted_us: int


@dataclass(frozen=True, slots=True)
class Holds:
    """A page of them, newest first; `next` goes on with older ones."""

    holds: tuple[Hold, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A hold that was placed, and on how many exchanges it stands."""

    hold: Hold
    covers: int


@dataclass(frozen=True, slots=True)
class Gone:
    """What an erasure came to: how many exchanges' words went, and how many are kept, by what."""

    tenant: str
    subject: str
    erased: int
    held: int
    incidents: int
    by_law: int
    under_way: int


def scope(one: Hold, clock: Clock) -> str:
    """What a hold stands on."""
    said = [f"{one.tenant}: " + ("" if _limited(one) else "everything")]
    said += [f"exchange {one.exchange_id}"] if one.exchange_id else []
    said += [f"patient {one.subject}"] if one.subject else []
    said += [f"from {clock.when(one.from_us)}"] if one.from_us else []
    said += [f"until {clock.when(one.until_us)}"] if one.until_us else []
    return said[0] + ", ".join(said[1:])


def _limited(one: Hold) -> bool:
    return bool(one.exchange_id or one.subject or one.from_us or one.until_us)


def placed(made: Placed) -> str:
    """What placing came to."""
    return f"Legal hold {made.hold.id} stands on {words.counted(made.covers, 'exchange')} whose words are there."


def erased(gone: Gone) -> str:
    """What an erasure came to, with what was left and why."""
    kept = {
        "under a legal hold": gone.held,
        "kept for an incident": gone.incidents,
        "younger than the law's minimum": gone.by_law,
        "under way, so ask again when they have ended": gone.under_way,
    }
    left = [f"{many} {why}" for why, many in kept.items() if many]
    said = f"Erased: the words of {words.counted(gone.erased, 'exchange')} of patient {gone.subject}."
    return said + (f" Left: {'; '.join(left)}." if left else "")


def days(first: date | None, last: date | None, clock: Clock) -> dict[str, int]:
    """From the begin of a day to the end of another one, of those that are given, as the API is asked."""
    found = {"from_us": clock.midnight_us(first)} if first else {}
    if last:
        behind = last + timedelta(days=1) if last < date.max else last
        found["until_us"] = clock.midnight_us(behind)
    return found


def whom(named: str, patient: str) -> dict[str, str]:
    """How the API is told of a patient; nothing where none is named."""
    given = patient.strip()
    return {named: given.upper() if named == PSEUDONYM else given} if given else {}
