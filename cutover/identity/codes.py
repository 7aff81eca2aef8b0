"""One-time codes of an authenticator app: TOTP (RFC 6238), six digits, a new one every 30 seconds."""

from __future__ import annotations

import hmac

import pyotp

STEP_S = 30
DRIFT = 1
"""Steps that a phone's clock may be off, before and after."""

ISSUER = "crossfade"


def new_secret() -> str:
    """A secret for one user's app, in base 32: 160 random bits."""
    return pyotp.random_base32()


def address(secret: str, name: str, deployment: str) -> str:
    """The address that an app reads as a QR code; it holds the secret."""
    account = f"{name} ({deployment})" if deployment else name
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def step_of(secret: str, code: str, now_us: int, last_step: int) -> int | None:
    """The step that a code belongs to; None for a wrong one, and for one that was used (`last_step` or before)."""
    if not (code.isascii() and code.isdigit()):
        return None
    now, found = now_us // (STEP_S * 1_000_000), None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).at(step * STEP_S), code) and step > last_step:
            found = step
    return found
