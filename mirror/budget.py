"""How long an answer may be, as its request says: what its deadline is made of."""

from __future__ import annotations

from collections.abc import Mapping

# The newer names first: a request that has both means the newer.
_NAMES = ("max_completion_tokens", "max_output_tokens", "max_tokens")
_MOST = 10_000_000


def tokens_of(document: Mapping[str, object]) -> int | None:
    """How many tokens the answer may have; None where the request does not say."""
    for name in _NAMES:
        value = document.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST:
            return value
    return None
