"""The JSON Schema of a policy, for editors that complete and check YAML while it is typed."""

from __future__ import annotations

import json

from policies.policy import Policy

_ID = "urn:crossfade:policy:1"


def schema_text() -> str:
    """The schema as JSON text (draft 2020-12), as it stands in `policies/schema.json`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _ID,
        **Policy.model_json_schema(),
        "title": "crossfade policy",
        "description": "What is demanded of a deployment: tenants, upstreams, routes, rollouts and their gates.",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
