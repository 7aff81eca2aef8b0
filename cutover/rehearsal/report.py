"""The report of a rehearsal: what happened to each rollout and to the clients, as one JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cutover.rehearsal.control import Transition, View
from cutover.stages import Stage


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered request as the store has it: when it was accepted and which side the client got."""

    tenant: str
    route: str
    accepted_us: int
    side: str
    answered: bool
    failed_over: bool


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One rollout at the end, with its transitions, and what the rehearsal alone knows of it."""

    view: View
    sessions: int
    first_bad_us: int | None


@dataclass(frozen=True, slots=True)
class Served:
    """What the clients got: every request is in exactly one of these."""

    primary: int
    candidate: int
    failover: int
    client_errors: int


def report(
    policy: str,
    rollouts: Iterable[Rehearsed],
    answers: Sequence[Answer],
    client_errors: int,
    seconds: float,
) -> dict[str, object]:
    """The whole report. Times are ISO 8601 in UTC, durations seconds, evidence log10 of e-values."""
    return {
        "policy": policy,
        "rollouts": [_rollout(rehearsed, answers) for rehearsed in rollouts],
        "served": asdict(served(answers, client_errors)),
        "seconds": round(seconds, 1),
    }


def served(answers: Iterable[Answer], client_errors: int) -> Served:
    """Counts the answers by who gave them; `failover` is the primary's in the candidate's place."""
    given = [answer for answer in answers if answer.answered]
    return Served(
        primary=sum(a.side == "primary" and not a.failed_over for a in given),
        candidate=sum(a.side == "candidate" for a in given),
        failover=sum(a.side == "primary" and a.failed_over for a in given),
        client_errors=client_errors,
    )


def rolled_back(view: View) -> Transition | None:
    """The last move into `rolled_back`, where there is one."""
    moves = [move for move in view.transitions if move.to_stage == Stage.ROLLED_BACK]
    return max(moves, key=lambda move: move.at_us, default=None)


def _rollout(rehearsed: Rehearsed, answers: Sequence[Answer]) -> dict[str, object]:
    view = rehearsed.view
    return {
        "tenant": view.tenant,
        "route": view.route,
        "stage": view.stage,
        "share": view.share,
        "verdict": view.verdict,
        "reasons": list(view.reasons),
        "sessions": rehearsed.sessions,
        "comparisons": view.ledger.compared,
        "evidence": [
            {
                "gate": gate.gate,
                "for": gate.shown,
                "against": gate.against,
                "needed": gate.needed,
            }
            for gate in view.evidence
        ],
        "transitions": [_move(move) for move in _in_time(view)],
        "ledger": view.ledger.model_dump(),
        "rollback": _rollback(rehearsed, answers),
    }


def _move(move: Transition) -> dict[str, object]:
    at = datetime.fromtimestamp(move.at_us / 1e6, UTC).isoformat(timespec="milliseconds")
    return {
        "from": move.from_stage,
        "to": move.to_stage,
        "share": move.to_share,
        "at": at,
        "actor": move.actor,
        "reason": move.reason,
    }


def _rollback(rehearsed: Rehearsed, answers: Sequence[Answer]) -> Mapping[str, object] | None:
    """How quick the last rollback was; an answer counts by when its request was accepted."""
    view = rehearsed.view
    move = rolled_back(view)
    if move is None:
        return None
    later = [other.at_us for other in view.transitions if other.at_us > move.at_us]
    until_us = min(later, default=None)
    late = [
        answer.accepted_us
        for answer in answers
        if (answer.tenant, answer.route) == view.key
        and answer.side == "candidate"
        and answer.accepted_us > move.at_us
        and (until_us is None or answer.accepted_us < until_us)
    ]
    first_bad_us = rehearsed.first_bad_us
    known = first_bad_us is not None and first_bad_us <= move.at_us
    return {
        "seconds_from_first_bad_answer": (
            round((move.at_us - first_bad_us) / 1e6, 3) if known and first_bad_us else None
        ),
        "seconds_from_decision": round((max(late) - move.at_us) / 1e6, 3) if late else 0.0,
        "candidate_answers_after_decision": len(late),
    }


def _in_time(view: View) -> list[Transition]:
    return sorted(view.transitions, key=lambda move: move.at_us)
