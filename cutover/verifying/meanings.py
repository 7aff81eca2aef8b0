"""What a person's signature on a move means, in words. Standard library only.

21 CFR 11.50 asks for three things of a signature: the printed name, the date and time, and the meaning.
"""

from __future__ import annotations

VERBS = {
    "approval.proposed": "proposes",
    "approval.given": "approves",
    "approval.rejected": "was refused to approve",
    "approval.void": "ends, as it no longer stands, the proposal of",
    "proposal.rejected": "says no to",
    "proposal.rejection_withdrawn": "takes back the no to",
}
"""What each type of event says of a proposed move."""


def standing_in_words(stage: str, share: str) -> str:
    """A stage with its percent where only a share of the sessions is meant: "canary 5 %"."""
    return f"{stage} {share} %" if stage == "canary" and share else stage


def move_in_words(rollout: str, before: tuple[str, str], after: tuple[str, str]) -> str:
    """A move from one stage and share to another: "clinic/chat going from mirror to canary 5 %"."""
    here, there = standing_in_words(*before), standing_in_words(*after)
    return f"{rollout} going from {here} to {there}"
