"""Every code that a comparator may raise has a sentence for people."""

import ast
import re
from pathlib import Path

import pytest

import compare
from compare.comparators import OF_TEXT
from compare.comparison import Attribution, Pair
from compare.meanings import (
    ALONE,
    FLAGS,
    MISSING,
    NEVER_FAIL,
    of_alone,
    of_flag,
    of_missing,
    of_signal,
)
from mirror import unpaired

FOLDER = Path(compare.__file__).parent


def codes_of(module):
    """Codes of the flags that a module makes: written at the flag, or somewhere in its tables."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Flag" and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant):
                found.add(code.value)
            else:  # chosen elsewhere in the module
                found |= {
                    one.value
                    for one in ast.walk(module)
                    if isinstance(one, ast.Constant)
                    and isinstance(one.value, str)
                    and one.value.replace("_", "").isalpha()
                    and one.value.isupper()
                    and len(one.value) > 4
                }
    return found


def test_every_flag_of_the_comparators_is_explained():
    raised = set()
    for file in FOLDER.rglob("*.py"):
        if file.name != "meanings.py":
            raised |= codes_of(ast.parse(file.read_text()))
    assert {"DOSE_CONFLICT", "TIMEOUT", "SERVED_BY_OTHER"} <= raised
    assert raised - FLAGS.keys() == set(), "say in compare/meanings.py what these codes mean"


def test_what_never_fails_is_what_the_page_says_never_does():
    page = (FOLDER.parent / "docs" / "comparing.md").read_text()
    rows = re.findall(r"^\| ((?:`[A-Z_]+`(?:, | (?=`))?)+) \| ([^|]*) \|", page, re.MULTILINE)
    said = {code: "" for codes, _ in rows for code in re.findall(r"[A-Z_]+", codes)}
    for codes, severity in rows:
        said |= {code: said[code] + severity for code in re.findall(r"[A-Z_]+", codes)}
    never = {code for code, severities in said.items() if "fail" not in severities}
    assert never & FLAGS.keys() == NEVER_FAIL


def test_no_comparator_fails_what_never_fails():
    for file in FOLDER.rglob("*.py"):
        text = file.read_text()
        found = set(re.findall(r'Flag\(\s*"([A-Z_]+)",\s*Severity\.FAIL', text))
        assert found & NEVER_FAIL == set(), file


def test_meanings_are_one_sentence_each():
    for said in FLAGS.values():
        assert said[0].isupper() and said.endswith(".") and len(said) < 130


def test_what_this_version_does_not_know_is_said_to_be_unknown():
    assert "another version" in of_flag("NEW_CODE")
    assert of_signal("of_tomorrow") == ""


def missing_of(module):
    """Reasons for a missing score that a module writes where it finds one."""
    return {
        word.value.value
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Finding", "_Plan"}
        for word in node.keywords
        if word.arg == "missing" and isinstance(word.value, ast.Constant) and word.value.value
    }


def test_every_reason_for_a_missing_score_is_explained():
    given = set()
    for file in FOLDER.rglob("*.py"):
        given |= missing_of(ast.parse(file.read_text()))
    assert "no_text" in given
    assert given - MISSING.keys() == set(), "say in compare/meanings.py what these mean"


def test_a_missing_score_has_its_reason_in_words():
    assert of_missing("") == ""
    assert of_missing("language:ta") == "no encoder reads the language of the answers (ta)"
    assert of_missing("no_comparator:speech").endswith("(speech)")
    assert of_missing("something_new") == "something new"
    assert of_missing("unpaired:drained") == (
        "the primary was not asked beside the candidate's answer: people took it out for a while"
    )


def test_every_reason_for_an_answer_alone_is_explained():
    reasons = {
        value
        for name, value in vars(unpaired).items()
        if name.isupper() and isinstance(value, str)
    }
    assert reasons == ALONE.keys(), "say in compare/meanings.py what these mean"
    assert of_alone("") == ""


@pytest.mark.parametrize("reason", [*ALONE, "of_tomorrow"])
@pytest.mark.parametrize("kind", ["unpaired", Attribution.NOT_COPIED])
def test_no_code_of_ours_stands_in_what_people_read_of_an_answer_alone(kind, reason):
    said = of_missing(f"{kind}:{reason}")
    assert "_" not in said and "unpaired:" not in said


def test_every_signal_of_texts_has_its_sentence():
    note = "PLAN:\nMetformin 500 mg twice a day for the left knee. No fever, BP 120/80. " * 4
    pair = Pair("reason", note * 3, note, note)
    signals = {name for comparator in OF_TEXT for name in comparator(pair).signals}
    assert {"doses_supported", "vitals_supported", "sections_kept"} <= signals
    assert [name for name in sorted(signals) if not of_signal(name)] == []
