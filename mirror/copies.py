"""The mark that copies carry, so that a copy that comes back to us is never copied again.

A marked request of this deployment is a loop: some upstream of ours leads back to us. One of
another deployment is an ordinary request of its candidate's, answered and not mirrored: two
deployments in a row would otherwise measure each other's copies.
"""

from __future__ import annotations

from collections.abc import Mapping

HEADER = "x-crossfade-copy"


def mark(headers: Mapping[str, str], deployment: str) -> dict[str, str]:
    """The headers of a copy: without the key that asks for the first answer again, with our mark."""
    kept = {name: value for name, value in headers.items() if name != "idempotency-key"}
    return kept | {HEADER: deployment}


def is_copy(headers: Mapping[str, str]) -> bool:
    """Whether a request, its header names lower case, is somebody's copy."""
    return HEADER in headers


def is_loop(headers: Mapping[str, str], deployment: str) -> bool:
    """Whether it is our own copy that has come back."""
    return headers.get(HEADER) == deployment
