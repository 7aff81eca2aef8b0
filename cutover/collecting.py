"""The garbage collector, for a command that reads a year's evidence and ends."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 100_000
"""Objects that are made between two looks: what evidence is made of holds no cycles, and each look goes through much of it."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Within this, garbage in circles is looked for seldom."""
    first, *others = gc.get_threshold()
    gc.set_threshold(max(first, SELDOM) if first else 0, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
