import json

import pytest

from compare import contract
from compare.contract import Contract

SCHEMA = {"type": "object"}
DEMANDS = {
    "chat completions": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "n", "schema": SCHEMA, "strict": True},
        }
    },
    "a schema beside the type": {"response_format": {"type": "json_object", "schema": SCHEMA}},
    "responses": {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}},
    "guided_json": {"guided_json": SCHEMA},
    "guided_json as a text": {"guided_json": json.dumps(SCHEMA)},
    "structured_outputs": {"structured_outputs": {"json": SCHEMA}},
}


@pytest.mark.parametrize("name", DEMANDS)
def test_the_schema_is_found_wherever_it_is_asked_for(name):
    assert contract.of(DEMANDS[name]) == Contract(json=True, schema=SCHEMA)


@pytest.mark.parametrize(
    "body",
    [
        {"response_format": {"type": "json_object"}},
        {"text": {"format": {"type": "json_object"}}},
        {"response_format": {"type": "json_schema", "json_schema": "lost"}},
    ],
)
def test_any_document_may_be_asked_for(body):
    assert contract.of(body) == Contract(json=True)


@pytest.mark.parametrize(
    "body", [{}, {"response_format": {"type": "text"}}, {"response_format": 5, "tools": "x"}]
)
def test_nothing_is_demanded_where_nothing_is_said(body):
    assert contract.of(body) == Contract()


def test_choices_are_words():
    assert contract.of({"guided_choice": ["yes", "no", 5]}).choices == ("yes", "no")
    assert contract.of({"structured_outputs": {"choice": ["a"]}}).choices == ("a",)


def test_tools_of_every_dialect_are_found_by_name():
    function = {"name": "book", "parameters": SCHEMA}
    tools = {"book": SCHEMA}
    assert contract.of({"tools": [{"type": "function", "function": function}]}).tools == tools
    assert contract.of({"tools": [{"type": "function"} | function]}).tools == tools
    old = contract.of({"functions": [function]})
    assert (old.tools, old.legacy) == (tools, True)
    assert contract.of({"tools": [{"function": {"name": "now"}}]}).tools == {"now": {}}
