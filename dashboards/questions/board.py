"""Where every rollout stands, and which need a person: what is looked for, and the rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import view, words
from dashboards.wire import Board, RolledBack, Rollout

REHEARSAL = "Rehearsal policy: margins and alphas are not for production."
NEEDS = {
    "approval": "approval",
    "sign_off": "pairs of answers to be labelled",
    "hold": "somebody to lift the hold",
    "resume": "somebody to resume it",
    "fault": "a fault to be mended; the controller's log says which",
}
"""What a rollout needs a person for. Where nobody has begun one, nobody is waited for."""


@dataclass(frozen=True, slots=True)
class Search:
    """What people look for: words, a stage and a verdict, "" for any."""

    find: str = ""
    stage: str = ""
    verdict: str = ""

    def asked(self) -> dict[str, str]:
        """As the API is asked."""
        return {"q": self.find.strip(), "stage": self.stage, "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class Row:
    """One rollout on the board. `needs` is why a person should look at it, "" for no reason.

    `why` is why it is ready, may not go on now or was rolled back, "" for none of these; `to_decide` says that a proposal waits on the page of approvals,
    `not_now` what stands in the way of what its evidence would have.
    """

    tenant: str
    route: str
    stage: str
    share: float
    verdict: str
    waits_for: str
    why: str
    to_decide: bool
    not_now: str
    needs: str
    held: str
    dry_run: str
    since: str
    sessions: str


def banner(board: Board) -> str:
    """What must be said before anything else; "" in production."""
    return "" if board.production else REHEARSAL


def rows(board: Board, now_us: int) -> list[Row]:
    """The rollouts of a page, as they come."""
    return [_row(rollout, now_us) for rollout in board.rollouts]


def summary(board: Board) -> list[tuple[str, int]]:
    """How many rollouts stand where, and how many wait for a person, whatever is looked for."""
    counts = board.summary
    return [
        ("Rollouts", counts.rollouts),
        ("In mirror", counts.stages.get("mirror", 0)),
        ("In canary", counts.stages.get("canary", 0)),
        ("Live", counts.stages.get("live", 0)),
        ("Rolled back", counts.stages.get("rolled_back", 0)),
        ("Held", counts.held),
        ("Need approval", counts.needs.get("approval", 0)),
    ]


def needs(rollout: Rollout) -> str:
    """Why a person should look at this rollout; "" where nothing asks for anybody."""
    if rollout.rolled_back is not None:
        return _rolled_back(rollout.rolled_back)
    if rollout.verdict == "roll_back" and rollout.stage != "rolled_back":
        return "harm is shown"
    # Where something stands in the way an approval is refused, and nobody is waited for.
    if rollout.proposal and not view.in_the_way(rollout):
        given, needed = len(rollout.proposal.approvals), rollout.proposal.needed
        label = ", pooled evidence" if rollout.proposal.pooled else ""
        return f"approval, {given} of {needed} given{label}"
    return NEEDS.get(rollout.needs or "", "")


def _rolled_back(back: RolledBack) -> str:
    if back.for_harm:
        return "harm was shown: the controller rolled it back"
    return f"{back.by} rolled it back"


def place(shown: int, before: int, found: int) -> str:
    """Which of the rollouts found are on the page: `26 to 50 of 10,000`."""
    if shown == found:
        return words.counted(found, "rollout")
    return f"{before + 1:,} to {before + shown:,} of {words.counted(found, 'rollout')}"


def _why(rollout: Rollout) -> str:
    ready = rollout.verdict == "promote" and rollout.stage != "live"
    told = (
        ready and (rollout.reasons or view.not_now(rollout))
    ) or rollout.rolled_back is not None
    return view.why_not(rollout) if told else ""


def _row(rollout: Rollout, now_us: int) -> Row:
    return Row(
        tenant=rollout.tenant,
        route=rollout.route,
        stage=rollout.stage,
        share=rollout.share,
        verdict=rollout.verdict,
        waits_for=view.waits_for(rollout),
        why=_why(rollout),
        to_decide=rollout.proposal is not None,
        not_now=view.not_now(rollout),
        needs=needs(rollout),
        held=view.held(rollout),
        dry_run=view.dry_run(rollout),
        since=words.duration(now_us - rollout.since_us),
        sessions=f"{rollout.sessions:,}",
    )
