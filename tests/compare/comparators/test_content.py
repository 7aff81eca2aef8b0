import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.content import content, covered


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The patient denies headaches.", ("deni", "headach")),
        ("He is treated; the treatment works", ("treat", "treatment", "work")),
        ("Pesakit sakit kepala dan demam", ("sakit", "kepala", "demam")),
        ("患者头痛", ("患者", "者头", "头痛")),
        ("BP 120/80, HR 72", ()),
        ("", ()),
    ],
)
def test_what_a_text_says_is_its_stems_without_what_any_text_has(text, said):
    assert content(text) == said


def test_two_forms_of_a_word_are_one():
    assert content("coughing coughed coughs cough") == ("cough",) * 4


@given(st.text(max_size=200))
def test_any_text_has_content_of_lower_case_words(text):
    assert all(word == word.lower() and len(word) >= 2 for word in content(text))


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_covered_is_a_share_that_grows_with_what_covers(of, by):
    share = covered(of, by)
    assert 0 <= share <= covered(of, [*by, "a"]) <= 1
    assert covered(of, of) == 1
