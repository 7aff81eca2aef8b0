"""What the controller refuses to people, each with a sentence that says what to do instead."""

from __future__ import annotations


class Refused(Exception):
    """An action that is not done. The message is for the person who asked."""


class UnknownRollout(Refused):
    """No such tenant's route on its way."""


class NotAllowed(Refused):
    """This person may not do this, whatever the evidence says."""


class Conflict(Refused):
    """Not possible as things stand."""


class StandsBy(Refused):
    """This controller does not act; another one does."""


class Unpublished(Refused):
    """It is done and recorded, and the proxies could not be told."""
