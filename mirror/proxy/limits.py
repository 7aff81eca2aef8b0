"""How much one tenant may ask of this worker, and how large a compressed body may be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mirror.dialects.coding import CodingBroken, DecodedTooLong, decoder
from mirror.proxy.asgi import Refusal
from mirror.proxy.body import Body
from policies.limits import TenantLimits
from policies.policy import Policy

_PIECE = 1 << 10  # bytes in: what they decode to is thrown away before the next are looked at


@dataclass(slots=True)
class _Bucket:
    """Requests that may still come at once; filled again as time goes by."""

    left: float
    at_s: float


@dataclass(slots=True)
class Quotas:
    """What each tenant is doing now, whichever policy it came under. `enter` needs a `leave`."""

    limits: Mapping[str, TenantLimits]
    _under_way: Counter[str] = field(default_factory=Counter)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: Policy) -> Quotas:
        """The quotas of a policy's tenants. One that nobody knows has the defaults."""
        return cls({name: tenant.limits for name, tenant in policy.tenants.items()})

    def obey(self, policy: Policy) -> None:
        """Takes another policy's limits; what is under way and what was asked still counts."""
        self.limits = Quotas.of(policy).limits

    def enter(self, tenant: str, now_s: float) -> Refusal | None:
        """Takes a request in, or says why not. `now_s` is a monotonic clock's."""
        limits = self.limits.get(tenant) or TenantLimits()
        if limits.concurrent is not None and self._under_way[tenant] >= limits.concurrent:
            return _refusal(
                f"{limits.concurrent} requests of this tenant are being answered already",
                "too_many_concurrent_requests",
                1,
            )
        if limits.per_minute is not None:
            wait_s = self._take(tenant, limits.per_minute, now_s)
            if wait_s:
                return _refusal(
                    f"this tenant may ask {limits.per_minute} times a minute",
                    "rate_limit_exceeded",
                    wait_s,
                )
        self._under_way[tenant] += 1
        return None

    def leave(self, tenant: str) -> None:
        """A request that was taken in has ended."""
        self._under_way[tenant] -= 1

    def _take(self, tenant: str, per_minute: int, now_s: float) -> int:
        """0 where another request may come now, otherwise whole seconds until one may."""
        bucket = self._buckets.setdefault(tenant, _Bucket(per_minute, now_s))
        grown = (now_s - bucket.at_s) * per_minute / 60
        bucket.left, bucket.at_s = min(per_minute, bucket.left + grown), now_s
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        return math.ceil((1 - bucket.left) * 60 / per_minute)


def _refusal(message: str, code: str, retry_after_s: int) -> Refusal:
    return Refusal(
        429,
        f"{message}; ask again later, or raise `tenants.NAME.limits` in the policy",
        "rate_limit_error",
        code,
        retry_after_s=retry_after_s,
    )


def unpacked(body: Body, encoding: str, most: int) -> Refusal | None:
    """Why a compressed body is refused: it is larger than it looks, or not what it says it is."""
    try:
        decode = decoder(encoding, most)
    except CodingBroken:
        return _bad_coding(
            415, "bodies are read in gzip, deflate, br and zstd, or not compressed"
        )
    try:
        for piece in body.slices(_PIECE):
            decode(piece)
    except DecodedTooLong:
        return _bad_coding(413, f"the body decodes to more than {most} bytes", "too_large")
    except CodingBroken:
        return _bad_coding(400, "the body is not what its content-encoding says")
    return None


def _bad_coding(status: int, message: str, code: str = "bad_content_encoding") -> Refusal:
    return Refusal(status, message, "invalid_request_error", code, retry=False)
