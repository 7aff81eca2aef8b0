"""Small policies for tests of what stands between their parts: a cloud `cloud`, a server `gpu`, a tenant `a`."""

from typing import Any

from policies.policy import Policy

CLOUD = {"base_url": "https://api.openai.com/v1", "location": "cloud", "models": ["gpt-4o"]}
GPU = {"base_url": "http://10.0.0.3:8000/v1", "location": "onprem", "models": ["llama", "qwen"]}
AT_CLOUD = {"upstream": "cloud", "model": "gpt-4o"}
AT_GPU = {"upstream": "gpu", "model": "llama"}


def rollout(**parts: Any) -> dict[str, Any]:
    """The chat of `a` on its way to `llama`, as it is written."""
    whole = {"tenant": "a", "route": "chat", "primary": AT_CLOUD, "candidate": AT_GPU}
    return whole | parts


def tenant(name: str, **parts: Any) -> dict[str, Any]:
    """A tenant known by a header of its own name."""
    return {"identify": {"header": name}, "cloud": "allowed"} | parts


def policy(**parts: Any) -> Policy:
    """A policy without faults, but for what `parts` say instead."""
    good = {
        "version": 1,
        "deployment": "d",
        "upstreams": {"cloud": CLOUD, "gpu": GPU},
        "tenants": {"a": tenant("a")},
        "rollouts": [rollout()],
    }
    return Policy.model_validate(good | parts)
