"""Tells what happens to the rollouts while they are watched, one line for everything new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cutover.rehearsal.control import View
from cutover.rehearsal.driver import Tally
from cutover.rehearsal.screen import STAGE_STYLE, Screen
from cutover.stages import Stage

type Key = tuple[str, str]


@dataclass(slots=True)
class Story:
    """What was seen so far."""

    screen: Screen
    tallies: Mapping[str, Tally]
    latest: dict[Key, View] = field(default_factory=dict)

    def saw(self, view: View) -> None:
        """Takes a view, says what is new in it, and redraws the rows."""
        before = self.latest.get(view.key)
        self.latest[view.key] = view
        for line in news(before, view):
            self.screen.say(line)
        self.screen.show(self.latest, self.tallies)


def news(before: View | None, view: View) -> list[str]:
    """What is new in a view, as lines for the screen."""
    said = []
    name = f"[b]{view.tenant}/{view.route}[/b]"
    if before is None or before.epoch != view.epoch:
        style = STAGE_STYLE.get(view.stage, "white")
        why = f": {'; '.join(view.reasons[:3])}" if view.stage == Stage.ROLLED_BACK else ""
        said.append(f"{name} is in [{style}]{view.stage}[/{style}] at {view.share:g} %{why}")
    proposal = view.proposal
    if proposal is not None and (before is None or before.proposal is None):
        said.append(
            f"{name}: promotion is shown; the move to {proposal.to_share:g} % of the sessions is proposed"
        )
    return said
