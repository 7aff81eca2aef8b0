"""Which candidate a rollout has: what the evidence is about, as one fingerprint."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from policies.policy import Policy, Rollout


def candidate_fingerprint(policy: Policy, rollout: Rollout) -> str:
    """SHA-256 in hex of what the policy declares as candidate, and of how it is asked.

    That is upstream, model, address, identity and the rules of translation.

    Over canonical JSON (RFC 8785), so that every process that reads the policy finds the same.
    """
    target = rollout.candidate
    upstream = policy.upstreams[target.upstream]
    told: dict[str, Any] = {
        "upstream": target.upstream,
        "model": target.model,
        "base_url": str(upstream.base_url),
    }
    identity = upstream.identity.get(target.model)
    if identity is not None:
        told["identity"] = identity.model_dump(mode="json", exclude_none=True)
    if upstream.translation.rules:  # another request is another answer
        told["rules"] = [rule.told() for rule in upstream.translation.rules]
    return hashlib.sha256(rfc8785.dumps(told)).hexdigest()
