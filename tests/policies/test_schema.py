"""The schema that editors read is the one the loader obeys."""

import json
from pathlib import Path

import policies
from policies.policy import Policy
from policies.schema import schema_text

COMMITTED = Path(str(policies.__file__)).parent / "schema.json"


def test_the_committed_schema_is_current() -> None:
    said = "run: .venv/bin/crossfade policy schema > policies/schema.json"
    assert COMMITTED.read_text(encoding="utf-8") == schema_text(), said


def test_the_schema_names_itself_and_every_key() -> None:
    schema = json.loads(schema_text())
    assert schema["title"] == "crossfade policy"
    assert schema["$id"]
    assert set(schema["properties"]) == set(Policy.model_fields)
    assert schema["additionalProperties"] is False
