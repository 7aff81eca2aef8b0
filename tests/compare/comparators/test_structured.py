import json

import pytest

from compare.asked import Asked
from compare.canonical import Answer
from compare.comparators.structured import agreement, applies, owed, prose, structured
from compare.comparison import Severity
from compare.sides import Sides

SCHEMA = {
    "type": "object",
    "properties": {"drug": {"type": "string"}, "dose": {"type": "number"}},
    "required": ["drug", "dose"],
}
BODY = {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}
GOOD = '{"drug": "metformin", "dose": 500}'
PROMPT = "Metformin 500 mg, twice a day for 30 days."


def sides(candidate, primary=GOOD, body=None, prompt=PROMPT):
    answers = (
        one if isinstance(one, Answer) else Answer(one, "stop") for one in (primary, candidate)
    )
    return Sides("chat", "chat", Asked(prompt, BODY if body is None else body), *answers)


def codes(candidate, **values):
    return {(one.code, one.severity) for one in structured(sides(candidate, **values)).flags}


def fails(candidate, **values):
    return {code for code, severity in codes(candidate, **values) if severity is Severity.FAIL}


def equivalence(candidate, **values):
    return agreement(sides(candidate, **values)).signals.get("equivalence")


def test_the_same_document_in_another_spelling_agrees_in_all():
    same = '{\n  "dose": 500.0,\n  "drug": "Metformin"\n}'
    assert codes(same) == set() and equivalence(same) == 1.0
    found = structured(sides(same)).signals
    assert found | {"schema_primary": 1.0, "schema_candidate": 1.0, "fields": 1.0} == found
    assert found["numbers_supported"] == 1.0


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        ('{"drug": "metformin"}', "$: 'dose' is a required property"),
        ('{"drug": "metformin", "dose": "500"}', "$.dose: is string, not number"),
        ('{"drug": "metformin", "dose": 500,}', "is no JSON: Illegal trailing comma"),
        ("Metformin, 500 mg.", "is no JSON"),
        (f"Sure: {GOOD}", "repairable"),
        ("", "is empty"),
        ("[" * 10_000, "nested deeper"),
        ('{"drug": "metformin", "drug": "metformin", "dose": 500}', "the key `drug` twice"),
    ],
)
def test_an_answer_of_another_shape_than_asked_for_fails_with_path_and_reason(candidate, words):
    (flag,) = [
        one for one in structured(sides(candidate)).flags if one.code == "SCHEMA_INVALID"
    ]
    assert flag.severity is Severity.FAIL and words.split(":")[-1].strip() in flag.evidence


def test_what_cannot_be_read_agrees_in_nothing():
    assert equivalence("Metformin, 500 mg.") == 0.0
    assert equivalence('{"drug": "metformin", "dose": 500,}') == 0.0


def test_a_shape_that_the_primary_breaks_as_well_is_for_review():
    broken = '{"drug": "metformin", "dose": "500"}'
    assert ("SCHEMA_INVALID", Severity.REVIEW) in codes(broken, primary=broken)
    assert structured(sides(broken, primary=broken)).signals["schema_primary"] == 0.0


def test_a_fence_that_only_the_candidate_has_fails_and_what_is_inside_is_compared():
    fenced = f"```json\n{GOOD}\n```"
    assert codes(fenced) == {("JSON_FENCED", Severity.FAIL)} and equivalence(fenced) == 1.0
    assert codes(fenced, primary=fenced, body={}) == {("JSON_FENCED", Severity.INFO)}
    assert codes(GOOD, primary=fenced, body={}) == set()


def test_a_number_of_the_prompt_that_the_candidate_changed_fails():
    assert fails('{"drug": "metformin", "dose": 5000}') == {"FIELD_CONFLICT"}
    assert equivalence('{"drug": "metformin", "dose": 5000}') == 0.5


def test_a_number_that_nobody_took_from_the_prompt_is_for_review():
    assert codes(
        '{"risk": 0.7}',
        primary='{"risk": 0.4}',
        body={"response_format": {"type": "json_object"}},
    ) >= {("FIELD_DIFFERS", Severity.REVIEW)}
    assert not fails('{"days": 30}', primary='{"days": 500}', body={})


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("dose", ""),
        ("doseMg", ""),
        ("quantity", ""),
        ("total", "3 at 20 each"),
        ("age", "born in 1962, seen in 2026"),
    ],
)
def test_another_amount_that_the_prompt_does_not_hold_fails(name, prompt):
    told = {"primary": json.dumps({name: 500}), "body": {}, "prompt": prompt}
    assert "FIELD_CONFLICT" in fails(json.dumps({name: 5000}), **told)
    assert "FIELD_CONFLICT" not in fails(json.dumps({name: 5000}), **told | {"prompt": "5000"})


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        ("dose", 2.46, 2.5),
        ("total", 19.99, 20),
        ("risk", 500, 5000),
        ("price", 20, 30),
        ("overdosed", 2, 3),
    ],
)
def test_rounding_and_amounts_that_nobody_can_know_are_for_review(name, was, now):
    told = {"primary": json.dumps({name: was}), "body": {}, "prompt": "Make up 3, one a line."}
    assert ("FIELD_DIFFERS", Severity.REVIEW) in codes(json.dumps({name: now}), **told)
    assert "FIELD_CONFLICT" not in fails(json.dumps({name: now}), **told)


def test_truth_and_words_that_differ_are_for_review():
    found = codes('{"urgent": true}', primary='{"urgent": false}', body={})
    assert found == {("FIELD_DIFFERS", Severity.REVIEW)}


PLAN = '{"drug": "metformin", "follow_up": "4 March 2026", "ward": "B12"}'
NOTE = "Metformin. See him again on 4 March 2026 or on 7 April 2026, ward B12."


@pytest.mark.parametrize(
    ("old", "new"), [("4 March 2026", "5 March 2026"), ("B12", "C12"), ("metformin", "aspirin")]
)
def test_a_word_or_date_of_the_prompt_that_the_candidate_changed_fails(old, new):
    found = codes(PLAN.replace(old, new), primary=PLAN, body={}, prompt=NOTE)
    assert ("FIELD_CONFLICT", Severity.FAIL) in found


def test_another_word_of_the_prompt_or_of_the_schema_is_for_review():
    for other in (
        PLAN.replace("4 March", "7 April"),
        PLAN.replace("4 March 2026", "2026-04-07"),
    ):
        assert fails(other, primary=PLAN, body={}, prompt=NOTE) == set()
    assert "FIELD_CONFLICT" not in fails(PLAN.replace("B12", "C12"), primary=PLAN, body={})
    listed = {"guided_json": {"properties": {"ward": {"enum": ["B12", "C12"]}}}}
    assert fails(PLAN.replace("B12", "C12"), primary=PLAN, body=listed, prompt=NOTE) == set()


def test_a_dose_in_words_is_read_as_in_prose():
    primary = '{"plan": {"drug": "metformin", "dose": "500 mg"}}'
    assert "DOSE_CONFLICT" in fails(
        primary.replace("500 mg", "500 g"), primary=primary, body={}
    )
    assert fails(primary, primary=primary, body={}) == set()


def test_a_refusal_is_told_as_one_and_not_as_a_broken_document():
    refused = Answer("", "stop", refusal="I cannot do that.")
    assert fails(refused) == {"REFUSAL_ONLY_CAND"} and equivalence(refused) == 0.0
    assert fails(refused, primary=refused) == set()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"$ref": "https://schemas.test/a.json"},
        {"$ref": "#"},
        {"properties": {"drug": {"$ref": "#/properties/drug"}}},
    ],
)
def test_a_schema_of_no_use_is_nobody_s_fault(schema):
    body = {"guided_json": schema}
    found = structured(sides(GOOD, body=body))
    assert [(one.code, one.severity) for one in found.flags] == [
        ("INCOMPARABLE", Severity.INFO)
    ]
    assert "schema" in found.flags[0].evidence
    assert agreement(sides(GOOD, body=body)).missing == "schema_broken"
    assert agreement(sides("no json", body=body)).signals == {} or "drug" in str(schema)


def test_a_pattern_that_is_not_run_is_named():
    body = {"guided_json": {"properties": {"drug": {"pattern": "(?=m)"}}}}
    (flag,) = structured(sides(GOOD, body=body)).flags
    assert (flag.code, flag.severity) == ("SCHEMA_UNCHECKED", Severity.INFO)


def test_a_primary_that_gave_no_document_cannot_be_agreed_with():
    assert agreement(sides(GOOD, primary="Metformin")).missing == "primary_not_json"


def test_choices_are_compared_as_they_are():
    body = {"guided_choice": ["urgent", "not urgent"]}
    assert codes("urgent", primary="urgent", body=body) == set()
    assert equivalence("not urgent", primary="urgent", body=body) == 0.0
    assert fails("Urgent!", primary="urgent", body=body) == {"SCHEMA_INVALID"}


def test_documents_are_known_by_what_was_asked_or_by_the_primary_s():
    assert applies(sides("no")) and applies(sides("no", body={}))
    assert applies(sides("yes", primary="yes", body={"guided_choice": ["yes"]}))
    assert not applies(sides(GOOD, primary="Take metformin.", body={}))
    assert not applies(sides(GOOD, primary="5", body={}))
    assert not applies(sides(GOOD, primary="[see a doctor] now", body={}))


def test_a_document_s_words_are_a_line_an_object():
    document = {"note": "Fever", "drugs": [{"n": "metformin", "d": 500, "u": "mg"}], "ok": True}
    assert prose(json.dumps(document)) == "Fever.\nmetformin 500 mg."
    assert prose("Just words") == "Just words"


def test_members_that_say_the_same_are_no_loop_and_items_of_a_list_are():
    parts = ("eyes", "ears", "nose", "neck")
    flat = dict.fromkeys(parts, "not examined")
    deep = {part: {"found": "not examined"} for part in parts}
    for document in (flat, deep):
        assert codes(
            json.dumps(document), primary='{"eyes": null, "ears": "clear"}', body={}
        ) == {("FIELD_DIFFERS", Severity.REVIEW)}
    looped = json.dumps({"steps": ["rest and drink"] * 6})
    assert "REPETITION" in fails(looped, primary='{"steps": ["rest"]}', body={})


def test_an_answer_of_a_million_characters_is_told_and_not_read():
    assert "SCHEMA_INVALID" in fails('{"drug": "' + "a" * 1_000_000 + '"}')


@pytest.mark.parametrize(
    ("primary", "body", "signals"),
    [
        (GOOD, None, {"schema_primary": 1.0, "schema_candidate": 0.0}),
        ('{"drug": 5}', None, {"schema_primary": 0.0, "schema_candidate": 0.0}),
        (
            GOOD,
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"schema": {"type": 5}},
                }
            },
            {},
        ),
    ],
)
def test_a_candidate_without_an_answer_owed_one_of_the_form_that_was_asked_for(
    primary, body, signals
):
    assert owed(sides("", primary=primary, body=body)) == signals
