"""Random tampers with bundles: how many are found and named, and how often an honest bundle is suspected."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

HONEST = 50


@dataclass
class Found:
    """How many tampers were tried and named, and honest bundles that were taken for tampered ones."""

    tried: int = 0
    named: int = 0
    honest: int = 0
    false_alarms: int = 0


def found(tampers: int, step: Callable[[str], None]) -> Found:
    """Tries so many, each of the next kind, with the number as its seed: as the tests do."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
    bundles, kinds = import_module("bundles"), import_module("tampers")
    here, seen = kinds.world(), Found()
    pinned = here.files["keys.json"]
    for number in range(tampers):
        if not number % 100:
            step(f"{number:,} of {tampers:,}")
        tamper = kinds.TAMPERS[number % len(kinds.TAMPERS)]
        content, kept, named = tamper(random.Random(number), here)
        report = bundles.checked(content, kept, pinned if tamper is kinds.other_keys else None)
        seen.tried += 1
        seen.named += kinds.is_named(report, named)
    for number in range(HONEST):
        step(f"honest bundle {number + 1} of {HONEST}")
        content = bundles.bundle(bundles.busy(rounds=1 + number % 5))
        seen.honest += 1
        seen.false_alarms += bundles.checked(content).code != 0
    return seen
