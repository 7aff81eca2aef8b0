import pytest
from jsonschema import Draft202012Validator

from compare.schemas.keywords import BUDGET, FORMATS, Broken, Budget, bounded


@pytest.fixture
def faults():
    """Checks documents within a budget."""

    def check(schema, document, steps=10_000):
        token = BUDGET.set(Budget(steps))
        try:
            validator = bounded(Draft202012Validator)(schema, format_checker=FORMATS)
            return [error.message for error in validator.iter_errors(document)]
        finally:
            BUDGET.reset(token)

    return check


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ({"items": {"type": "integer"}}, [1] * 200),
        ({"enum": list(range(200))}, 5),
        ({"required": ["a"] * 200}, {}),
        ({"patternProperties": {"^b": {}}}, {f"a{n}": 1 for n in range(200)}),
        ({"anyOf": [{"type": "integer"}]}, "x" * 20_000),
    ],
)
def test_every_keyword_pays_for_its_work(faults, schema, document):
    with pytest.raises(Broken, match="too many steps"):
        faults(schema, document, steps=100)
    faults(schema, document)


@pytest.mark.parametrize(
    ("schema", "document", "count"),
    [
        ({"pattern": "^a$"}, "b", 1),
        ({"pattern": "^a$"}, 5, 0),
        ({"pattern": "(?=not run)"}, "b", 0),
        ({"patternProperties": {"^a": {"type": "string"}}}, {"a1": 5, "b": 5}, 1),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "b": 2}, 1),
        ({"additionalProperties": {"type": "string"}}, {"a": 1, "b": "2"}, 1),
        ({"additionalProperties": False}, [], 0),
        ({"uniqueItems": True}, [1, 1], 1),
        ({"uniqueItems": False}, [1, 1], 0),
        ({"format": "email"}, "nobody", 1),
        ({"format": "uuid"}, "nobody", 1),
        ({"format": "hostname"}, "not asked", 0),
    ],
)
def test_replaced_keywords_say_what_the_library_s_do(faults, schema, document, count):
    assert len(faults(schema, document)) == count
