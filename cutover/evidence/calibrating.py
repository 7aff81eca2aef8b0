"""Taking the scales of a rollout's equivalence from its own traffic: what would come of it, and doing it.

It changes what comparisons are measured with, so a person does it, before the evidence is there: in
canary and live people rest on evidence of the present scales.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from compare import calibration, calibrations, noise
from compare.noise import Calibration
from cutover import history
from cutover.controller import Controller
from cutover.evidence import reasks
from cutover.history import Key
from cutover.people import Deed, Person
from cutover.refusals import Conflict
from cutover.stages import Stage
from mirror.journal import events

FEWEST = 50
"""Second answers of the primary without which nothing is known of its noise."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What a rollout's own answers come to now, and the calibration that is in force, if any."""

    now: Calibration
    in_force: str
    asked_today: int = 0
    most_a_day: int = 0

    @property
    def floors(self) -> int:
        """Second answers of the primary that were compared with its first."""
        return sum(one.floors for one in self.now.cells)

    @property
    def short(self) -> str:
        """What is missing for a calibration; "" for nothing."""
        if self.floors >= FEWEST:
            return ""
        return (
            f"the primary's second answer was compared {self.floors} times; {FEWEST} are needed"
        )

    def told(self) -> dict[str, object]:
        """As JSON types."""
        return {
            "in_force": self.in_force,
            "would_be": self.now.id,
            "short": self.short,
            "asked_today": self.asked_today,
            "most_a_day": self.most_a_day,
            "cells": [
                {
                    "encoder": one.cell.encoder,
                    "language": one.cell.language,
                    "length": one.cell.length,
                    "floors": one.floors,
                    "nulls": one.nulls,
                    "signals": {name: _told(each) for name, each in one.signals.items()},
                }
                for one in self.now.cells
            ],
        }


@dataclass(frozen=True, slots=True)
class Calibrating:
    """What people may see and do of one controller's rollouts' scales."""

    controller: Controller

    def look(self, key: Key) -> Noise:
        """What a calibration would come to now. Raises UnknownRollout and StandsBy."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
        with cabinet.store.read() as conn:
            asked = reasks.today(conn, key, cabinet.now_us())
            most = cabinet.terms(file).sampling.reask_max_per_day
            return replace(_noise(conn, key), asked_today=asked, most_a_day=most)

    def calibrate(self, person: Person, key: Key, reason: str) -> Noise:
        """From now on a rollout's answers are compared on its own scales. Raises Conflict."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            if file.rollout.stage in (Stage.CANARY, Stage.LIVE):
                raise Conflict(
                    f"in {file.rollout.stage} people rest on evidence of the present scales; "
                    "calibrate while it mirrors"
                )
            with cabinet.changing(file) as conn:
                found = _noise(conn, key)
                if found.short:
                    raise Conflict(found.short)
                if found.now.id == found.in_force:
                    raise Conflict("nothing new was measured since the last calibration")
                deed = Deed(person.actor, cabinet.now_us(), reason)
                calibrations.keep(conn, key, found.now, deed.at_us)
                details: dict[str, events.Value] = {
                    "calibration": found.now.id,
                    **events.changed(found.in_force or None, found.now.id),
                    "second_answers": found.floors,
                    "cells": len(found.now.cells),
                }
                history.report(conn, file.rollout, "noise.calibrated", deed, details)
        return found


def _noise(conn: Connection, key: Key) -> Noise:
    samples = calibrations.of(conn, *key)
    now = noise.calibrate(samples, lambda encoder: calibration.scales(encoder, key[1]))
    before = calibrations.in_force(conn).get(key)
    return Noise(now, before.id if before else "")


def _told(one: noise.Estimate) -> dict[str, object]:
    return {
        "null": one.null,
        "floor": one.floor,
        "spread": one.spread,
        "dropped": one.dropped,
    }
