"""Regular expressions of JSON schemas, in linear time: those of clients may be made to take for ever.

JSON schema means the expressions of ECMAScript. RE2 reads nearly the same, and neither look-around
nor references back, which no automaton matches in linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from compare.documents import readable

_LONGEST = 4_000
_MEMORY = 4 << 20  # bytes of one expression's automata
_CODE_POINT = re.compile(r"((?:\\\\)*)\\u(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))")


class Unsupported(ValueError):
    """An expression that is not run; the message says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """An expression that is found anywhere in a text unless it is anchored."""

    _compiled: Any

    def found_in(self, text: str) -> bool:
        """Whether some part of a text matches."""
        return self._compiled.search(readable(text, len(text))) is not None


def pattern(written: str) -> Pattern:
    """The expression, compiled once. Raises `Unsupported`."""
    found = _pattern(written)
    if isinstance(found, str):
        raise Unsupported(found)
    return found


@lru_cache(maxsize=512)
def _pattern(written: str) -> Pattern | str:
    if len(written) > _LONGEST:
        return f"longer than {_LONGEST:,} characters"
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    # ECMAScript writes a code point as \u00e9 or \u{e9}, RE2 as \x{e9}.
    expression = _CODE_POINT.sub(lambda m: f"{m[1]}\\x{{{m[2] or m[3]}}}", written)
    try:
        return Pattern(re2.compile(readable(expression, len(expression)), options))
    except re2.error as fault:
        said = fault.args[0] if fault.args else ""
        return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
