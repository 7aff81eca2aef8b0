"""JSON as RFC 8785 writes it, and nothing else: read strictly, and written again to compare.

Every text has one form: sorted keys, no space, no fraction, no number beyond 2^53. Standard library only.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_JSON_MOST = 2**53 - 1
_JSON_HIGH = re.compile("[\ud800-\U0010ffff]")


class NotJson(ValueError):
    """Not JSON that an honest export could hold; the message says why."""


def read_json(text: bytes) -> Any:
    """The value of a text in UTF-8. Raises NotJson for all that cannot be read exactly."""
    try:
        return _DECODER.decode(text.decode("utf-8"))
    except NotJson:
        raise
    except UnicodeDecodeError:
        raise NotJson("not UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ValueError as error:
        raise NotJson(f"not JSON: {error}") from None


def canonical_json(value: Any) -> bytes:
    """A value of `read_json` after RFC 8785, in UTF-8. Raises NotJson."""
    try:
        text = _SORTED.encode(value)
        if _JSON_HIGH.search(text):  # its keys may sort otherwise in UTF-16
            text = _UNSORTED.encode(_json_sorted(value))
        return text.encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        raise NotJson("a text that no UTF-8 can hold, or nested too deeply") from None


def read_canonical(text: bytes) -> Any:
    """The value of a text that is written as RFC 8785 demands. Raises NotJson."""
    value = read_json(text)
    if canonical_json(value) != text:
        raise NotJson("not written in its canonical form (RFC 8785)")
    return value


def _json_sorted(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _json_sorted(value[key]) for key in keys}
    return [_json_sorted(one) for one in value] if isinstance(value, list) else value


def _json_no_fraction(text: str) -> NoReturn:
    raise NotJson(f"holds the number {text[:40]}, which is no whole number")


def _json_whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _JSON_MOST:
        raise NotJson(f"holds the number {text[:40]}, which is beyond 2^53")
    return int(text)


_DECODER = json.JSONDecoder(
    parse_float=_json_no_fraction, parse_constant=_json_no_fraction, parse_int=_json_whole
)
_SORTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_UNSORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
