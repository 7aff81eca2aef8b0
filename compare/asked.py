"""What a request asked for, whatever dialect it was asked in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    """`prompt` is the request's words, of all messages in order with the system's last.

    `body` is its JSON object, or the fields of its form without files: where comparators find the
    schema, the tools or the format that was asked for. Both are empty where it could not be read.
    """

    prompt: str = ""
    body: Mapping[str, object] = field(default_factory=dict)
