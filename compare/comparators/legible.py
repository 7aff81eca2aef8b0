"""Can a person read the answer? Signs that no reader sees, or that show others than were sent.

What primary or prompt hold as well was asked for: Hebrew with its marks of direction is no fault.
"""

from __future__ import annotations

import re

from compare.comparison import Finding, Flag, Pair, Severity

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BROKEN = "\N{REPLACEMENT CHARACTER}"
# Overrides show letters and digits in another order than they were sent: 01 for 10.
_OVERRIDE = re.compile(r"[\u202d\u202e]")
# Letters that no reader sees and every model reads; flags of countries have some behind them.
_HIDDEN = re.compile(
    r"(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0001\U000e0020-\U000e007f]+"
    r"|\U0001f3f4[\U000e0020-\U000e007f]{9,}"
)
_NO_WIDTH = re.compile(r"(?<=\w)[\u200b\u2060\ufeff\xad]+(?=\w)")
_TURNED = re.compile(r"[\u202a-\u202c\u2066-\u2069]")
_PILED = re.compile(r"[\u0300-\u036f\u0483-\u0489\u20d0-\u20ff]{4,}")
_DATA = re.compile(r"(?:data:[\w/+.-]{3,60};base64,)?[A-Za-z0-9+/]{240,}={0,2}")

_KINDS = (
    ("control characters", _CONTROL),
    ("broken characters", re.compile(_BROKEN)),
    ("signs that turn words round", _OVERRIDE),
    ("letters that are not shown", _HIDDEN),
    ("signs of no width within words", _NO_WIDTH),
    ("signs of another direction of writing", _TURNED),
    ("marks piled upon letters", _PILED),
    ("data in place of words", _DATA),
)
_SHOWN = 40
_MUCH = 0.02  # of the answer; a sign here and there leaves it legible


def legible(pair: Pair) -> Finding:
    """Flags `ILLEGIBLE` (`fail` for much of the answer, else `review`) and `NO_WORDS` (review)."""
    known = pair.primary + pair.prompt
    for name, signs in _KINDS:
        found = [match for match in signs.finditer(pair.candidate) if match[0] not in known]
        if found:
            share = sum(len(match[0]) for match in found) / len(pair.candidate)
            much = share > _MUCH or signs in (_OVERRIDE, _HIDDEN)
            severity = Severity.FAIL if much else Severity.REVIEW
            words = f"{len(found)} times {name}: {_shown(found[0])}"
            return Finding(flags=(Flag("ILLEGIBLE", severity, words),))
    if wordless(pair.candidate) and not wordless(pair.primary):
        return Finding(
            flags=(Flag("NO_WORDS", Severity.REVIEW, pair.candidate.strip()[:_SHOWN]),)
        )
    return Finding()


def wordless(text: str) -> bool:
    """Whether a text has no letter and no digit of any script: it says nothing that could be compared."""
    return not any(map(str.isalnum, text))


def _shown(match: re.Match[str]) -> str:
    return match[0][:_SHOWN].encode("unicode_escape").decode()
