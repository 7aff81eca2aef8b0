"""What the controller refuses to people, each with a sentence that says what to do instead."""

from __future__ import annotations


class Refused(Exception):
    """An action that is not done. The message is for the person who asked."""


class WithoutRight(Exception):
    """An attempt at what somebody has no right to: it is an event, also where nothing comes of it.

    `kind` says in a few words what was lacking; `recorded`, that an event of its own tells it already.
    """

    def __init__(
        self, message: str, *, kind: str = "not allowed", recorded: bool = False
    ) -> None:
        super().__init__(message)
        self.kind, self.recorded = kind, recorded


class UnknownRollout(Refused):
    """No such tenant's route on its way."""


class NoExport(Refused):
    """No such export."""


class NotAllowed(WithoutRight, Refused):
    """This person may not do this, whatever the evidence says."""


class Conflict(Refused):
    """Not possible as things stand. `kind` says in a few words what stands against it, "" for anything else."""

    def __init__(self, message: str, *, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class StandsBy(Refused):
    """This controller does not act; another one does."""

    kind = "stands by"


class Unpublished(Refused):
    """It is done and recorded, and the proxies could not be told."""

    kind = "unpublished"
