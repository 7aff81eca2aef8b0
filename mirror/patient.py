"""Whose a request is: a pseudonym of the patient, keyed per tenant. Pure.

base32(HMAC-SHA256(pepper, reference))[:20] (RFC 2104, RFC 4648): a plain hash of twelve digits with a date in them could be
searched in minutes; with another pepper for each tenant the same patient is not the same one at two clinics.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata

LENGTH = 20


def normalised(reference: str) -> str:
    """A reference without what people write differently: its letters and digits, in capitals."""
    plain = unicodedata.normalize("NFKC", reference).upper()
    return "".join([one for one in plain if one.isalnum()])


def pseudonym(pepper: bytes, reference: str) -> str:
    """Twenty capitals and digits that stand for a patient of one tenant; "" for a reference without a letter or digit."""
    plain = normalised(reference)
    if not plain:
        return ""
    digest = hmac.new(pepper, b"crossfade subject\0" + plain.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:LENGTH]
