"""Which moves wait for a person, on what evidence, and what that has come to since. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import view, words
from dashboards.clock import Clock
from dashboards.control import Key, path_of
from dashboards.wire import Approval, Evidence, Rollout

PATH = "/v1/approvals"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal that waits for people, of any rollout."""

    id: str
    tenant: str
    route: str
    signal: str
    from_share: float
    to_share: float
    proposer: str
    reason: str
    at_us: int
    expires_us: int
    approvals: tuple[Approval, ...]
    ticket: str = ""

    @property
    def key(self) -> Key:
        """Whose move it is."""
        return Key(self.tenant, self.route)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejection that stands."""

    id: str
    tenant: str
    route: str
    to_share: float
    name: str
    reason: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Approvals:
    """The proposals that are open, and the rejections that stand."""

    open: tuple[Waiting, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A proposal's evidence as it was when it was made; `intact` says that nobody changed it since."""

    id: str
    state: str
    why: str
    reason: str
    at_us: int
    evidence_sha256: str
    intact: bool
    verdict: str
    reasons: tuple[str, ...]
    sessions: int
    evidence: tuple[Evidence, ...]


def frozen_path(key: Key, proposal: str) -> str:
    """Where a proposal's evidence is told."""
    return f"{path_of(key)}/proposals/{proposal}"


def soonest(approvals: Approvals) -> list[Waiting]:
    """The open proposals, those first that end first."""
    return sorted(approvals.open, key=lambda one: (one.expires_us, one.tenant, one.route))


def share(one: Waiting) -> str:
    """From which share to which."""
    return f"{words.percent(one.from_share)} → {words.percent(one.to_share)} of sessions"


def ends(one: Waiting, now_us: int) -> str:
    """How long people have for it."""
    left_us = one.expires_us - now_us
    return f"{words.duration(left_us)} left" if left_us > 0 else "has expired"


def said(one: Waiting) -> str:
    """Who proposed it and who has said yes, and its change ticket, in one line."""
    names = ", ".join(given.name for given in one.approvals)
    yes = f"  ·  approved by {names}" if names else ""
    ticket = f"  ·  {one.ticket}" if one.ticket else ""
    return f"{words.signal(one.signal)}  ·  proposed by {one.proposer}{yes}{ticket}"


def rejected_rows(approvals: Approvals, clock: Clock) -> list[dict[str, str]]:
    """Rejections that stand, newest first."""
    newest = sorted(approvals.rejected, key=lambda one: one.at_us, reverse=True)
    return [
        {
            "rollout": f"{one.tenant} / {one.route}",
            "to": words.percent(one.to_share),
            "rejected by": one.name,
            "when": clock.when(one.at_us),
            "because": one.reason,
        }
        for one in newest
    ]


def compared(frozen: Frozen, rollout: Rollout) -> list[dict[str, str]]:
    """Each gate as it was frozen and as it is now; evidence as the odds that it stands for."""
    now = {gate.gate: gate for gate in rollout.evidence}
    return [
        {
            "gate": words.gate(gate.gate),
            "asked": _asked(gate, rollout.stage),
            "when proposed": _standing(gate, rollout.stage),
            "now": _standing(now[gate.gate], rollout.stage)
            if gate.gate in now
            else "not told any more",
            "what was found": f"When proposed: {gate.sentence}",
        }
        for gate in frozen.evidence
    ]


def _asked(gate: Evidence, stage: str) -> str:
    if not gate.needed:
        return "nothing against it"
    if view.carried(gate, stage):
        return f"not here; {words.odds(gate.needed)} in mirror"
    return words.odds(gate.needed) if gate.asked else "nothing here"


def _standing(gate: Evidence, stage: str) -> str:
    level = gate.shown if gate.pooled is None else gate.pooled
    if not gate.needed:
        harmed = gate.against >= gate.roll_back_at
        return "✗ holds" if harmed else "✓ nothing against it"
    sign = _sign(gate, level)
    sessions = words.counted(gate.n, "session")
    if view.carried(gate, stage):  # the odds are of other sessions than those of this stage
        return f"{sign} {words.odds(level)} in mirror; {sessions} watched here"
    return f"{sign} {words.odds(level)}, {sessions}"


def _sign(gate: Evidence, level: float) -> str:
    if level >= gate.needed:
        return "✓"
    return "…" if gate.asked else "○ not asked for, watched here:"


def since(frozen: Frozen, rollout: Rollout) -> list[str]:
    """What changed since the proposal, in sentences; the first says whether it still promotes."""
    still = rollout.verdict == "promote"
    told = [
        "The verdict is still promote."
        if still
        else f"! The verdict is {words.named(rollout.verdict)} now: {'; '.join(rollout.reasons) or rollout.waits_for}."
    ]
    more = rollout.sessions - frozen.sessions
    if more > 0:
        told.append(
            f"{words.counted(more, 'session')} more, {words.counted(rollout.sessions, 'session')} now."
        )
    elif not more:
        told.append("No session came since.")
    else:
        told.append(
            f"! The evidence was begun anew: {words.counted(rollout.sessions, 'session')} now."
        )
    told += [
        f"! {words.gate(gate.gate).capitalize()} no longer shows what it has to."
        for gate in rollout.evidence
        if gate.gate in _shown(frozen) and gate.gate not in _shown(rollout)
    ]
    if rollout.held_by:
        told.append(f"! {rollout.held_by} holds it: {rollout.hold_reason}")
    if not frozen.intact:
        told.insert(
            0,
            "! The evidence kept is not what was proposed: do not approve it, and tell who keeps the store.",
        )
    return told


def _shown(one: Frozen | Rollout) -> set[str]:
    return {
        gate.gate
        for gate in one.evidence
        if (gate.shown if gate.pooled is None else gate.pooled) >= gate.needed
        and gate.against < gate.roll_back_at
    }
