"""The way a rollout goes: stations, proposed moves and moves made, in words. Pure."""

from __future__ import annotations

from dashboards import words
from dashboards.clock import Clock
from dashboards.wire import Approval, Proposal, Rollout, Step, Transition


def way(rollout: Rollout) -> list[tuple[str, str]]:
    """The stations from mirror to live with `done`, `here` or `ahead`."""
    stations = [
        ("mirror", "mirror"),
        *((f"canary {_size(step)}", "canary") for step in rollout.steps),
        ("live", "live"),
    ]
    match rollout.stage:
        case "mirror":
            at = 0
        case "canary":
            at = 1 + min(rollout.step, max(0, len(rollout.steps) - 1))
        case "live":
            at = len(stations) - 1
        case _:
            at = -1
    places = ["done"] * max(0, at) + ["here"] * (at >= 0)
    places += ["ahead"] * (len(stations) - len(places))
    way = [(label, place) for (label, _), place in zip(stations, places, strict=True)]
    return way if at >= 0 else [(words.named(rollout.stage), "here"), *way]


def _size(step: Step) -> str:
    if step.percent is None:
        return words.counted(step.sessions or 0, "session")
    return words.percent(step.percent)


def change(rollout: Rollout, proposal: Proposal) -> str:
    """The move that a proposal asks for, as a title."""
    start = words.standing(rollout.stage, proposal.from_share)
    match proposal.signal:
        case "enter_canary" | "widen":
            end = words.standing("canary", proposal.to_share)
        case "go_live":
            end = "live"
        case "start" | "retry":
            end = "mirror"
        case _:
            end = words.signal(proposal.signal)
    return f"{start} → {end}"


def proposal_rows(proposal: Proposal, now_us: int, clock: Clock) -> list[tuple[str, str]]:
    """What an approver has to know of a proposal."""
    left_us = proposal.expires_us - now_us
    names = ", ".join(map(_said_yes, proposal.approvals)) or "nobody yet"
    return [
        ("Move", words.signal(proposal.signal)),
        (
            "Share",
            f"{words.percent(proposal.from_share)} → {words.percent(proposal.to_share)} of sessions",
        ),
        ("Proposed by", f"{proposal.proposer}, {clock.when(proposal.at_us)}"),
        ("Approved by", f"{names} ({len(proposal.approvals)} of {proposal.needed})"),
        ("Expires", f"in {words.duration(left_us)}" if left_us > 0 else "has expired"),
        ("Ticket", _ticket(proposal)),
        ("Evidence", f"SHA-256 {proposal.evidence_sha256}"),
    ]


def _said_yes(approval: Approval) -> str:
    return f"{approval.name}, {approval.ticket}" if approval.ticket else approval.name


def _ticket(proposal: Proposal) -> str:
    none = "none yet: who approves has to name one" if proposal.ticket_needed else "none"
    return proposal.ticket or none


def transition_rows(
    transitions: tuple[Transition, ...], clock: Clock
) -> list[tuple[str, str, str]]:
    """Moves newest first: what happened, when and by whom, why."""
    ordered = sorted(transitions, key=lambda move: (move.at_us, move.epoch), reverse=True)
    return [
        (
            f"{words.standing(move.from_stage, move.from_share)} → "
            f"{words.standing(move.to_stage, move.to_share)}",
            f"{clock.when(move.at_us)}, by {move.actor}",
            move.reason,
        )
        for move in ordered
    ]


def fingerprint(rollout: Rollout) -> tuple[object, ...]:
    """What decides which actions a page offers; when it changes, the page is drawn anew."""
    proposal = rollout.proposal
    asked = (proposal.id, len(proposal.approvals)) if proposal else ()
    return (
        rollout.stage,
        rollout.epoch,
        rollout.step,
        rollout.held_by,
        rollout.hold_reason,
        rollout.frozen,
        rollout.plan,
        asked,
        rollout.rejection.id if rollout.rejection else "",
    )
