"""Ed25519 signatures, checked after RFC 8032 section 5.1.7 in plain integers.

Python's standard library has none, and who verifies a bundle may have nothing else. It only checks: no
secret passes through here, so that its timing tells nobody anything. It is stricter than RFC 8032 where
that leaves a choice: an encoding that is not canonical and a public key of small order are refused.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

Point = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, x * y = T/Z, as in RFC 8032 section 5.1.4."""

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_CURVE_D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
_CURVE_2D = 2 * _CURVE_D % PRIME
_ROOT_OF_MINUS_1 = pow(2, (PRIME - 1) // 4, PRIME)
_NEUTRAL: Point = (0, 1, 1, 0)


@lru_cache(maxsize=4096)
def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the signature (64 bytes) of a message by the holder of a public key (32 bytes)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _point_of(public)
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or scalar >= ORDER or _is_neutral(_doubled(key, 3)):
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(hashed, "little") % ORDER
    expected = _sum(_times(scalar, _windows(_BASE)), _times(challenge, _windows(_minus(key))))
    return _encoded(expected) == signature[:32]


def _sum(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % PRIME
    c = one[3] * _CURVE_2D * other[3] % PRIME
    d = 2 * one[2] * other[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def _doubled(point: Point, times: int) -> Point:
    for _ in range(times):
        point = _sum(point, point)
    return point


def _minus(point: Point) -> Point:
    return (PRIME - point[0], point[1], point[2], PRIME - point[3])


def _times(scalar: int, windows: list[list[Point]]) -> Point:
    """A multiple of a point, of a table that `_windows` made of it: an addition for each four bits."""
    total = _NEUTRAL
    for window in windows:
        total = _sum(total, window[scalar & 15])
        scalar >>= 4
    return total


@lru_cache(maxsize=64)  # a bundle has few keys, and thousands of signatures of each
def _windows(point: Point) -> list[list[Point]]:
    """Row i holds 0 to 15 times 16^i times a point."""
    rows = []
    for _ in range(64):
        row = [_NEUTRAL]
        for _ in range(15):
            row.append(_sum(row[-1], point))
        rows.append(row)
        point = _doubled(point, 4)
    return rows


def _is_neutral(point: Point) -> bool:
    return point[0] % PRIME == 0 and (point[1] - point[2]) % PRIME == 0


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], PRIME - 2, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _point_of(encoded: bytes) -> Point | None:
    """The point of 32 bytes (RFC 8032 section 5.1.3); None for bytes that are none, or not written canonically."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(_CURVE_D * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * _ROOT_OF_MINUS_1 % PRIME
    if (x * x - square) % PRIME or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return (x, y, 1, x * y % PRIME)


def _base() -> Point:
    found = _point_of((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"))
    assert found is not None, "the base point is on the curve"
    return found


_BASE = _base()
