"""What makes bundles here: the version of crossfade, and which sources it has.

The papers of a bundle are words of the sources that made them. Between two releases sources change under one
version, so the version alone does not say whether these would make the same papers again.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources
from importlib.metadata import version

_SOURCES = (
    "cutover.exports",
    "cutover.exports.summary",
    "cutover.verifying",
    "mirror.journal.signed",
)
"""The folders whose modules say what stands in a bundle."""
_LETTERS = 12


@functools.cache
def edition() -> str:
    """Like "0.7.0+2c26b46b68ff": the version, and the beginning of a SHA-256 over its sources."""
    hashed = hashlib.sha256()
    for folder in _SOURCES:
        for file in sorted(resources.files(folder).iterdir(), key=lambda one: one.name):
            if file.name.endswith(".py"):
                hashed.update(f"{folder}/{file.name}\0".encode() + file.read_bytes() + b"\0")
    return f"{version('crossfade')}+{hashed.hexdigest()[:_LETTERS]}"
