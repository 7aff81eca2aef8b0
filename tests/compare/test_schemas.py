import socket

import pytest

from compare.schemas import Broken, compiled

DRUG = {
    "type": "object",
    "properties": {
        "drug": {"type": "string"},
        "dose": {"type": "number"},
        "unit": {"enum": ["mg", "mcg"]},
        "from": {"type": "string", "format": "date"},
    },
    "required": ["drug", "dose"],
    "additionalProperties": False,
}


def faults(schema, value):
    return compiled(schema).faults(value)


def test_a_valid_document_has_no_faults():
    assert faults(DRUG, {"drug": "metformin", "dose": 0.5, "unit": "mg"}) == ()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"drug": "a", "dose": "5"}, "$.dose: is string, not number"),
        ({"drug": "a"}, "$: 'dose' is a required property"),
        ({"drug": "a", "dose": 5, "x": 1}, "$: `x` is not allowed"),
        ({"drug": "a", "dose": 5, "unit": "g"}, '$.unit: g is none of ["mg", "mcg"]'),
        ({"drug": "a", "dose": 5, "from": "today"}, "$.from: today is no date"),
        ([], "$: is array, not object"),
    ],
)
def test_a_fault_says_where_and_what(document, words):
    assert faults(DRUG, document) == (words,)


def test_of_many_faults_the_first_few_are_told():
    schema = {"type": "array", "items": {"type": "integer"}}
    assert len(faults(schema, ["x"] * 1000)) == 3
    assert faults(schema, [1, "x"]) == ("$[1]: is string, not integer",)


def test_of_alternatives_the_nearest_is_told():
    schema = {"anyOf": [{"type": "null"}, {"type": "object", "required": ["dose"]}]}
    assert faults(schema, {"x": 1}) == ("$: 'dose' is a required property",)


def test_a_fault_of_a_long_document_is_short():
    assert all(len(words) < 200 for words in faults({"type": "integer"}, "x" * 100_000))
    assert all(len(words) < 300 for words in faults({"enum": [1]}, {"k": ["x" * 1000] * 100}))


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "objekt"}, "is no JSON schema"),
        ({"properties": 5}, "is no JSON schema"),
        ({"$schema": {"$ref": "#"}}, "is no JSON schema"),
        ({"$schema": 5}, "is no JSON schema"),
        (
            {
                "$ref": "#/const",
                "const": {
                    "$schema": "http://json-schema.org/draft-07/schema#",
                    "pattern": "^(a+)+$",
                },
            },
            "names a draft inside of a value",
        ),
        ({"$ref": "#"}, "refers to itself without an end"),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}},
            "refers to itself without an end",
        ),
        ({"$ref": "#/$defs/lost"}, "is not in it"),
        ({"$ref": "https://schemas.test/drug.json"}, "is not fetched"),
        ({"$id": "http://127.0.0.1/", "$ref": "drug.json"}, "is not fetched"),
    ],
)
def test_a_schema_of_no_use_is_broken_and_says_why(schema, why):
    for _ in range(2):
        with pytest.raises(Broken, match=why.replace("$", r"\$")):
            faults(schema, {"drug": "a"})


def test_no_schema_opens_a_connection(monkeypatch):
    def opened(*_, **__):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", opened)
    monkeypatch.setattr(socket, "getaddrinfo", opened)
    for address in ("https://schemas.test/a.json", "file:///etc/passwd", "urn:x"):
        with pytest.raises(Broken):
            faults({"properties": {"a": {"$ref": address}}}, {"a": 1})


def test_a_schema_may_refer_to_itself_as_deep_as_its_documents():
    tree = {"type": "object", "properties": {"of": {"type": "array", "items": {"$ref": "#"}}}}
    document = {}
    for _ in range(20):
        document = {"of": [document]}
    assert faults(tree, document) == ()
    assert faults(tree, {"of": [{"of": 5}]}) == ("$.of[0].of: is integer, not array",)


def test_a_schema_that_doubles_its_work_with_every_step_is_given_up():
    steps = {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(40)}
    schema = {"$ref": "#/$defs/s0", "$defs": steps | {"s40": {"type": "string"}}}
    with pytest.raises(Broken, match="too many steps"):
        faults(schema, "x")


def test_very_many_alternatives_for_a_long_text_are_given_up():
    with pytest.raises(Broken, match="too many steps"):
        faults({"anyOf": [{"type": "integer"}] * 3000}, "x" * 900_000)


def test_a_schema_nested_without_end_or_of_great_length_is_broken():
    deep = {}
    for _ in range(5000):
        deep = {"items": deep}
    with pytest.raises(Broken, match="nest"):
        compiled(deep)
    with pytest.raises(Broken, match="longer"):
        compiled({"description": "x" * 600_000})


EVIL = "a" * 40 + "b"


@pytest.mark.parametrize(
    ("schema", "document", "words"),
    [
        ({"pattern": "^(a+)+$"}, EVIL, "breaks pattern"),
        (
            {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
            {EVIL: 1},
            "is not allowed",
        ),
        ({"patternProperties": {"^a": {"type": "string"}}}, {EVIL: 1}, "not string"),
        (
            {
                "properties": {
                    "a": {
                        "$schema": "http://json-schema.org/draft-04/schema#",
                        "pattern": "^(a+)+$",
                    }
                }
            },
            {"a": EVIL},
            "breaks pattern",
        ),
    ],
)
def test_patterns_made_to_take_for_ever_take_a_moment(schema, document, words):
    assert words in faults(schema, document)[0]


def test_what_cannot_be_checked_is_left_out_and_named():
    schema = compiled(
        {"type": "string", "pattern": "^(?!no).*$", "unevaluatedProperties": False}
    )
    assert len(schema.unchecked) == 2 and "(?!no)" in "".join(schema.unchecked)
    assert schema.faults("no") == () and schema.faults(5) == ("$: is integer, not string",)
    named = compiled({"patternProperties": {"(?=a)": {}}, "additionalProperties": False})
    assert named.unchecked and named.faults({"b": 1}) == ()


def test_properties_that_have_the_names_of_keywords_are_kept():
    schema = {"properties": {"pattern": {"type": "string"}, "$schema": {"type": "string"}}}
    assert faults(schema, {"pattern": 5, "$schema": 5})
    assert compiled(schema).unchecked == ()


def test_what_a_schema_lists_is_known():
    schema = {
        "properties": {"next": {"enum": ["see a doctor", "wait", 5]}, "v": {"const": "x"}}
    }
    assert compiled(schema).words == {"see a doctor", "wait", "x"}


def test_the_same_item_twice_is_found_in_a_long_array():
    assert faults({"uniqueItems": True}, [*range(20_000), {"a": 1}, {"a": 1}])
    assert faults({"uniqueItems": True}, [*range(20_000), {"a": 1}]) == ()


@pytest.mark.parametrize(
    ("moment", "valid"),
    [
        ("2026-03-04T10:00:00Z", True),
        ("2026-03-04T10:00:00.5+08:00", True),
        ("2026-13-04T10:00:00Z", False),
        ("2026-03-04", False),
    ],
)
def test_moments_are_those_of_rfc_3339(moment, valid):
    assert (faults({"format": "date-time"}, moment) == ()) is valid


def test_an_older_draft_is_read_as_what_it_says_it_is():
    old = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"d": {"type": "integer"}},
        "items": [{"$ref": "#/definitions/d"}],
        "additionalItems": False,
    }
    assert faults(old, [1]) == ()
    assert faults(old, [1, 2]) and faults(old, ["x"])
    for nobody in ("https://nobody.test/x", "http://["):
        assert faults({"$schema": nobody, "type": "integer"}, 5) == ()
