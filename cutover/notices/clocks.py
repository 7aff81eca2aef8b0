"""What clocks that are wrong are called before people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.notify import Happening

if TYPE_CHECKING:
    from cutover.notices.words import Said


def jumped(said: Said) -> tuple[Happening, str, str]:
    """Of the clock of who decides: nothing is widened meanwhile."""
    if not said.details["off_s"]:
        return Happening.RECOVERED, f"the clock of the {said.about} is right again", ""
    return (
        Happening.ALARM,
        f"the clock of the {said.about} jumped: nothing is widened",
        "set it right",
    )


def apart(said: Said) -> tuple[Happening, str, str]:
    """Of a machine whose clock is another than the store's."""
    if not said.details["off_s"]:
        return (
            Happening.RECOVERED,
            f"the clock of {said.about} agrees with the store's again",
            "",
        )
    what = f"on {said.about} {said.reason}: what it records is told by that, and its copies may wait for as long"
    return (
        Happening.ALARM,
        what,
        "set it right, and see that the machine asks the same time servers as the others",
    )
