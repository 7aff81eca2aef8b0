import pytest
from jsonschema import Draft202012Validator

from compare.schemas.faults import said

LONG = "x" * 100_000


def fault(schema, document):
    return said(next(Draft202012Validator(schema).iter_errors(document)))


@pytest.mark.parametrize(
    ("schema", "document", "words"),
    [
        ({"type": ["integer", "null"]}, "5", "$: is string, not integer or null"),
        ({"type": "string"}, None, "$: is null, not string"),
        ({"items": {"enum": [1]}}, [1, 2], "$[1]: 2 is none of [1]"),
        ({"const": "a"}, "b", "$: b is not a"),
        ({"properties": {"a": {"minLength": 3}}}, {"a": "b"}, "$.a: b breaks minLength 3"),
        ({"maximum": 5}, 6, "$: 6 breaks maximum 5"),
        ({"oneOf": [{}, {}]}, 5, "$: 5 breaks oneOf"),
        (
            {"anyOf": [{"type": "null"}, {"type": "object", "required": ["a"]}]},
            {},
            "$: 'a' is a required property",
        ),
    ],
)
def test_a_fault_says_where_and_what(schema, document, words):
    assert fault(schema, document) == words


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ({"type": "integer"}, LONG),
        ({"enum": [LONG]}, LONG + "y"),
        ({"required": [LONG]}, {}),
        ({"properties": {LONG: {"type": "integer"}}}, {LONG: LONG}),
        ({"maxProperties": 0}, {LONG: [LONG]}),
    ],
)
def test_a_fault_of_a_long_document_is_short(schema, document):
    assert len(fault(schema, document)) < 250
