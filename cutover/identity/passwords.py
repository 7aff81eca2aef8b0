"""Passwords of local users, kept as Argon2id hashes (RFC 9106, its second recommended setting)."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 256
NAMELIKE = 3
"""Shorter names are in many words by chance."""

AT_ONCE = threading.BoundedSemaphore(2)
"""Each hash takes 64 MiB: as many guesses as threads would take all of the memory."""

_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$vOKqXlbXS9DvwegYVEbGeg$8HluUTvJRJ8FO1Pk2foDvIfulG7+Zwi2yfzQwBZ7A+4"
"""Looked at for who has no password: it takes as long."""


def weak(password: str, name: str) -> str:
    """Why a password is not taken for a user; "" where it is. Length counts, not kinds of characters (NIST SP 800-63B)."""
    said = _spelled(password)
    if not SHORTEST <= len(said) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    if len(name) >= NAMELIKE and name.lower() in said.lower():
        return "a password does not contain its user's name"
    if len(set(said.lower())) < SHORTEST // 2:
        return f"a password has at least {SHORTEST // 2} different characters"
    return ""


def hashed(password: str) -> str:
    """What is kept of a password. Takes a tenth of a second and 64 MiB, on purpose."""
    with AT_ONCE:
        return _HASHER.hash(_spelled(password))


def matches(kept: str, password: str) -> bool:
    """Whether a password is the one of which this was kept; of "" none is, after as long a time."""
    try:
        with AT_ONCE:
            _HASHER.verify(kept or _NOBODYS, _spelled(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def _spelled(password: str) -> str:
    """One spelling for what looks alike, however a keyboard composes it (RFC 8265)."""
    return unicodedata.normalize("NFC", password)
