"""Which candidate a rollout has: what the evidence is about, as one fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import rfc8785

from policies.policy import Policy, Rollout, Upstream


def candidate_fingerprint(policy: Policy, rollout: Rollout) -> str:
    """SHA-256 in hex of what the policy declares as candidate, and of how it is asked.

    That is upstream, model, address, identity and the rules of translation.

    Over canonical JSON (RFC 8785), so that every process that reads the policy finds the same.
    """
    target = rollout.candidate
    return _fingerprint(target.upstream, target.model, _Same(policy.upstreams[target.upstream]))


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A value that is the same as itself alone, and as nothing that merely equals it."""

    upstream: Upstream

    def __hash__(self) -> int:
        return id(self.upstream)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.upstream is self.upstream


@lru_cache(maxsize=4096)  # every request of a rollout asks; an upstream never changes
def _fingerprint(name: str, model: str, of: _Same) -> str:
    upstream = of.upstream
    told: dict[str, Any] = {
        "upstream": name,
        "model": model,
        "base_url": str(upstream.base_url),
    }
    identity = upstream.identity.get(model)
    if identity is not None:
        told["identity"] = identity.model_dump(mode="json", exclude_none=True)
    if upstream.translation.rules:  # another request is another answer
        told["rules"] = [rule.told() for rule in upstream.translation.rules]
    return hashlib.sha256(rfc8785.dumps(told)).hexdigest()
