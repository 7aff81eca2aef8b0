"""Why a tenant's rollouts stand where they stand: each move with its approvals, and its evidence computed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from cutover.evidence.replay import StandingAgain
from cutover.reports.placing import Signed
from cutover.verifying.meanings import move_in_words
from cutover.verifying.rows import APPROVALS, TRANSITIONS
from cutover.verifying.sayings import Event
from cutover.verifying.table import Row

MOVED = "state.transition"
TYPES = (MOVED, "approval.proposed", "approval.given")

_WHO = ("at_utc", "at_plus8", "actor_kind", "actor", "roles", "reason", "signal", "from_stage")
_MOVE = (
    *_WHO,
    "from_share",
    "to_stage",
    "to_share",
    "policy_sha256",
    "evidence_sha256",
    "ticket",
)
_SIGNED = ("printed_name", "at_utc", "at_plus8", "meaning", "reason", "confirmed_by", "roles")
COLUMNS = (
    "rollout",
    "epoch",
    "move",
    *_MOVE,
    "approved_by",
    "evidence_again",
    "verdict_again",
    "why",
)


_NONE = Signed()


def moves(
    events: Iterable[Event],
    again: Mapping[str, Sequence[StandingAgain]],
    signed: Signed = _NONE,
) -> list[dict[str, object]]:
    """Every move as JSON types, the oldest first; one of a wrong clock stands where it was recorded. `again` has each rollout's standings, computed once more.

    `evidence_again` and `verdict_again` are "equal" where what was recorded comes out again to the last digit,
    "differs" or "gap" where it does not or what it came of is gone, and "nothing" where nothing was compared.
    """
    made: list[tuple[Event, Row]] = []
    given: dict[str, list[Row]] = {}
    for event in events:
        if (row := TRANSITIONS.row(event)) is not None:
            made.append((event, row))
        elif (row := APPROVALS.row(event)) is not None and row["type"] == "approval.given":
            given.setdefault(str(row["proposal"]), []).append(row)
    places = signed.places([event for event, _ in made])
    rows = [row for _, (_, row) in sorted(zip(places, made, strict=True), key=itemgetter(0))]
    return [_move(row, given, again.get(str(row["rollout"]), ())) for row in rows]


def wanted(events: Iterable[Event]) -> dict[str, set[int]]:
    """Which moves are told of, by rollout and epoch: the evidence behind no other is asked for."""
    found: dict[str, set[int]] = {}
    for event in events:
        row = TRANSITIONS.row(event)
        if row is not None and isinstance(epoch := row["epoch"], int):
            found.setdefault(str(row["rollout"]), set()).add(epoch)
    return found


def flat(move: Mapping[str, object]) -> Row:
    """A move as one row of text: its approvals in a cell."""
    given = move["approvals"]
    assert isinstance(given, list), "that is how they are made"
    names = "; ".join([f"{one['printed_name']} at {one['at_utc']}" for one in given])
    return {name: names if name == "approved_by" else _cell(move[name]) for name in COLUMNS}


def _move(
    row: Row, signed: Mapping[str, list[Row]], again: Sequence[StandingAgain]
) -> dict[str, object]:
    ends = [(str(row[f"{end}_stage"]), str(row[f"{end}_share"])) for end in ("from", "to")]
    before = next((one for one in again if _ended(one, row)), None)
    found = {
        "evidence_again": before.evidence.outcome.value if before else "nothing",
        "verdict_again": before.verdict.outcome.value if before else "nothing",
        "why": "; ".join(filter(None, [before.evidence.why, before.verdict.why]))
        if before
        else "",
        "sessions": before.sessions if before else 0,
    }
    given = signed.get(str(row["proposal"]), []) if row["proposal"] else []
    told = move_in_words(str(row["rollout"]), ends[0], ends[1])
    return {
        "rollout": row["rollout"],
        "epoch": row["epoch"],
        "move": told,
        **{name: row[name] for name in _MOVE},
        "approvals": [{name: one[name] for name in _SIGNED} for one in given],
        **found,
    }


def _ended(one: StandingAgain, row: Row) -> bool:
    """Whether a move ended this standing."""
    return one.moved is not None and one.moved.transition.epoch == row["epoch"]


def _cell(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)
