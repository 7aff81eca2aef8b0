"""Where the keys of tenants live: a folder of files, a vault, a module of hardware."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from mirror.journal.schema import StoreError

TENANT = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
"""What a tenant may be called where its name becomes a part of a path or an address."""


class KeyLost(StoreError):
    """A tenant's key cannot be had now; the message names it and says what to do. Nothing is lost by it."""


class KeyStore(Protocol):
    """The key-encryption keys of tenants. They never leave it; `wrap` and `unwrap` are given what they protect.

    Key ids of one tenant sort by age. Every method raises `KeyLost` where the store of keys cannot be used.
    """

    def draw(self, tenant: str, after: str = "") -> str:
        """Makes a new key for a tenant, younger than `after`, which may be gone; its id. It is durable before this returns."""
        ...

    def ids(self, tenant: str) -> Sequence[str]:
        """The keys that a tenant has, the oldest first."""
        ...

    def wrap(self, tenant: str, key: str, plain: bytes, context: bytes) -> bytes:
        """`plain`, readable only with this key and the same context. Raises `KeyLost`."""
        ...

    def unwrap(self, tenant: str, key: str, wrapped: bytes, context: bytes) -> bytes:
        """What `wrap` was given. Raises `KeyLost`, also where it was changed or is another key's."""
        ...

    def destroy(self, tenant: str, key: str) -> None:
        """Makes a key of no use for ever. One that is gone is no error."""
        ...

    def pepper(self, tenant: str) -> bytes:
        """32 bytes for the pseudonyms of a tenant's patients, drawn at first use and never another."""
        ...
