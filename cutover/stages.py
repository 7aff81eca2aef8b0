"""The stages of a rollout and every move between them. Nothing outside this file changes a stage.

Rules: every stage has a row and every signal a column, so the table is total; an empty cell is an
illegal move. Holding is the absence of a signal. A person's hold is a field of the rollout, not a
stage. The diagram in the README is printed from `TRANSITIONS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Stage(StrEnum):
    """Where a rollout stands."""

    OFF = "off"  # the primary answers; nothing is copied
    MIRROR = "mirror"  # the primary answers; the candidate is sent copies
    CANARY = "canary"  # the candidate answers a share of the sessions, step by step
    LIVE = "live"  # the candidate answers every session
    ROLLED_BACK = (
        "rolled_back"  # the primary answers again; nothing is copied until the cooldown ends
    )


class Signal(StrEnum):
    """What moves a rollout."""

    START = "start"  # begin to mirror
    ENTER_CANARY = "enter_canary"  # the first step
    WIDEN = "widen"  # the next step
    NARROW = "narrow"  # the step before: undone for others that share its server
    GO_LIVE = "go_live"  # after the last step, or at once where there are no steps
    ROLL_BACK = "roll_back"  # harm was shown, or a person said so
    RETRY = "retry"  # mirror again, as a new attempt
    STOP = "stop"  # a person switches the rollout off


TAKES = frozenset({Signal.ROLL_BACK, Signal.NARROW})
"""What takes sessions from a candidate without anybody's word."""

SAID: Mapping[Signal, str] = {
    Signal.START: "start to mirror",
    Signal.ENTER_CANARY: "enter canary",
    Signal.WIDEN: "widen the canary",
    Signal.NARROW: "narrow the canary",
    Signal.GO_LIVE: "go live",
    Signal.ROLL_BACK: "roll back",
    Signal.RETRY: "try again in mirror",
    Signal.STOP: "switch off",
}
"""What moves a rollout, as people read it."""

TRANSITIONS: Mapping[Stage, Mapping[Signal, Stage]] = {
    Stage.OFF: {
        Signal.START: Stage.MIRROR,
    },
    Stage.MIRROR: {
        Signal.ENTER_CANARY: Stage.CANARY,
        Signal.GO_LIVE: Stage.LIVE,  # embed alone: no index holds vectors of two models
        Signal.ROLL_BACK: Stage.ROLLED_BACK,
        Signal.STOP: Stage.OFF,
    },
    Stage.CANARY: {
        Signal.WIDEN: Stage.CANARY,
        Signal.NARROW: Stage.CANARY,
        Signal.GO_LIVE: Stage.LIVE,
        Signal.ROLL_BACK: Stage.ROLLED_BACK,
        Signal.STOP: Stage.OFF,
    },
    Stage.LIVE: {
        Signal.ROLL_BACK: Stage.ROLLED_BACK,
        Signal.STOP: Stage.OFF,
    },
    Stage.ROLLED_BACK: {
        Signal.RETRY: Stage.MIRROR,
        Signal.STOP: Stage.OFF,
    },
}


class IllegalTransition(ValueError):
    """A signal that the table has no move for."""

    def __init__(self, stage: Stage, signal: Signal) -> None:
        """Names the stage, the signal and what would have been possible."""
        possible = ", ".join(TRANSITIONS[stage]) or "nothing"
        super().__init__(f"a rollout in {stage} cannot {signal}; possible there: {possible}")
        self.stage = stage
        self.signal = signal


def move(stage: Stage, signal: Signal) -> Stage:
    """The stage that a signal leads to. Raises IllegalTransition where there is none."""
    try:
        return TRANSITIONS[stage][signal]
    except KeyError:
        raise IllegalTransition(stage, signal) from None


def diagram() -> str:
    """The table as a Mermaid state diagram; several signals between two stages share an arrow."""
    arrows: dict[tuple[Stage, Stage], list[Signal]] = {}
    for stage, row in TRANSITIONS.items():
        for signal, target in row.items():
            arrows.setdefault((stage, target), []).append(signal)
    lines = [
        f"    {stage} --> {target}: {', '.join(signals)}"
        for (stage, target), signals in arrows.items()
    ]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {Stage.OFF}", *lines]) + "\n"
