import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.sections import sectioned, sections
from compare.comparison import Pair, Severity

NOTE = """SUBJECTIVE:
Mdm Tan has coughed for three weeks with yellow sputum and wheezing at night.
OBJECTIVE:
Scattered wheeze in both lungs, oxygen saturation normal, throat clear, afebrile today.
ASSESSMENT:
Infective exacerbation of chronic bronchitis in a former smoker, pneumonia unlikely, asthma possible.
PLAN:
Salbutamol inhaler twice daily, chest radiograph tomorrow, sputum culture, return within seven days."""


def kinds(text):
    return [one.kind for one in sectioned(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NOTE, ["subjective", "objective", "assessment", "plan"]),
        ("S: cough\nO: wheeze\nA: bronchitis\nP: inhaler", ["subjective", "objective", "assessment", "plan"]),
        ("**Assessment and Plan:** inhaler", ["assessment", "plan"]),
        ("## A&P\ninhaler", ["assessment", "plan"]),
        ("# \nHISTORY OF PRESENT ILLNESS\n:  cough  # \nPHYSICAL EXAM\n: clear", ["subjective", "objective"]),
        ("Section 4: Assessment and Plan The doctor starts an inhaler", ["assessment", "plan"]),
        ("CHIEF COMPLAINT\n\nCough.\n\nRESULTS\n\nNormal.", ["subjective", "results"]),
        ("1. Vital signs: normal\n2) Impression: asthma", ["objective", "assessment"]),
        ("Aduan utama: batuk\nPemeriksaan fizikal: jelas\nPenilaian: asma\nPelan rawatan: ubat sedut", ["subjective", "objective", "assessment", "plan"]),
        ("主诉：咳嗽三周\n体格检查：肺部哮鸣音\n诊断：支气管炎\n治疗方案：吸入剂", ["subjective", "objective", "assessment", "plan"]),
        ("Normal. 4) Assessment and plan: inhaler", ["assessment", "plan"]),
        ("The plan is to rest. We plan to see him. His history is long.", []),
        ("Results were normal and the plan: rest.", []),
        ("Take 5 mg. A banana a day. P.S. call me", []),
    ],
)  # fmt: skip
def test_headings_are_known_in_many_forms_and_prose_has_none(text, expected):
    assert kinds(text) == expected


def test_a_section_holds_what_stands_before_the_next():
    first = sectioned(NOTE)[0]
    assert first.body.startswith("Mdm Tan") and first.body.endswith("at night.")


def found(candidate, route="reason", primary=NOTE):
    return sections(Pair(route, "", primary, candidate))


def without(heading):
    head, _, rest = NOTE.partition(f"{heading}:\n")
    return head + "\n".join(rest.split("\n")[1:])


@pytest.mark.parametrize(
    ("heading", "severity"),
    [
        ("PLAN", Severity.FAIL),
        ("ASSESSMENT", Severity.FAIL),
        ("OBJECTIVE", Severity.REVIEW),
        ("SUBJECTIVE", Severity.REVIEW),
    ],
)
def test_a_section_that_is_missing_is_named_with_what_the_primary_has_there(heading, severity):
    (flag,) = found(without(heading)).flags
    assert (flag.code, flag.severity) == ("OMISSION", severity)
    assert f"no {heading.lower()}" in flag.evidence and "the primary's: " in flag.evidence
    assert found(without(heading)).signals["sections_kept"] < 0.4


def test_elsewhere_than_in_notes_it_is_for_review():
    (flag,) = found(without("PLAN"), route="chat").flags
    assert flag.severity is Severity.REVIEW


def test_the_same_in_prose_misses_nothing():
    prose = NOTE.replace(":\n", " ").replace("\n", " ").lower()
    assert kinds(prose) == [] and found(prose).flags == ()


def test_a_heading_with_nothing_behind_it_is_no_section():
    empty = NOTE[: NOTE.index("Salbutamol")]
    assert [flag.code for flag in found(empty).flags] == ["OMISSION"]


def test_assessment_and_plan_that_are_one_section_are_missed_once():
    both = NOTE.replace("ASSESSMENT:\n", "ASSESSMENT AND PLAN:\n").replace(
        "PLAN:\nSalb", "Salb"
    )
    cut = both[: both.index("ASSESSMENT AND")]
    assert len(found(cut, primary=both).flags) == 1


def test_a_primary_without_sections_asks_for_none():
    assert found("Rest.", primary="Rest and drink.").signals == {}


@given(st.text(alphabet="SOAP:\n #*planresults ", max_size=300))
def test_sections_of_any_text_are_parts_of_it(text):
    assert all(one.body in text for one in sectioned(text))
