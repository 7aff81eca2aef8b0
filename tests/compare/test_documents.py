import pytest

from compare.documents import DEEPEST, LONGEST, may_be, read, readable, shown

BROKEN = {
    '{"a": 1,}': "is no JSON: Illegal trailing comma",
    "Once a day": "is no JSON",
    "": "is empty",
    " \n": "is empty",
    '{"a": NaN}': "is no JSON: NaN",
    "[-Infinity]": "is no JSON: -Infinity",
    "[1e999]": "out of range: 1e999",
    "[" + "9" * 5000 + "]": "too long to read",
    '{"a": 1, "b": {"c": 1, "c": 2}}': "has the key `c` twice",
    "[" * 10_000 + "]" * 10_000: "nested deeper",
    '{"a":' * 10_000 + "1" + "}" * 10_000: "nested deeper",
    "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1): "nested deeper",
    '"' + "a" * LONGEST + '"': "is longer than",
    '{"day": "Mon': "is no JSON: Unterminated string",
}


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:20])
def test_nothing_is_repaired_and_what_is_wrong_is_said(text):
    document = read(text)
    assert BROKEN[text].split(":")[0] in document.problem
    assert document.value is None and not document.holds_fields


def test_a_fence_is_taken_off_and_told():
    document = read('```json\n{"dose": 500}\n```\n')
    assert (document.value, document.problem, document.fenced) == ({"dose": 500}, "", True)
    assert read("```\nnot json\n```").problem.startswith("is no JSON")
    assert not read('{"dose": "```"}').fenced
    assert read("```json\n{}").problem and not read("```not json\n{}\n```").fenced


def test_a_fence_of_a_million_blanks_takes_a_moment():
    blanks = " " * (LONGEST - 20)
    assert read(f"```json\n{blanks}x\n").problem and read(f"{{}}{blanks}x").problem


def test_json_between_other_words_is_said_to_be_repairable():
    assert "repairable" in read('Here it is: {"dose": 500}. Anything else?').problem
    assert "repairable" not in read('Here it is: {"dose": 500').problem


def test_the_deepest_document_that_is_read_is_read():
    assert read("[" * DEEPEST + "]" * DEEPEST).problem == ""


def test_what_may_be_a_document_is_told_from_its_start():
    assert may_be(' {"a"') and may_be("[1]") and may_be("```json")
    assert not may_be("Take two tablets.") and not may_be("")


def test_bare_values_are_documents_without_fields():
    assert read("5").value == 5 and not read("5").holds_fields


@pytest.mark.parametrize("value", ["a\ud800b", {"a": 1}, [1, 2], 0.5, None, True, "x" * 500])
def test_values_are_shown_in_few_words_that_can_be_written(value):
    words = shown(value)
    assert 0 < len(words.encode()) <= 80


def test_half_characters_are_replaced():
    assert readable("a\ud800b\0c", 10) == "a?b c"
    assert readable("abc", 2) == "ab"
