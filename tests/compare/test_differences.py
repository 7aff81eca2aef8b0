"""Two answers side by side."""

from hypothesis import given
from hypothesis import strategies as st

from compare.differences import MOST, Piece, Row, side_by_side

TEXT = st.text(
    st.one_of(st.sampled_from("ab .!?\n。、-_5"), st.characters(exclude_categories=["Cs"])),
    max_size=60,
)


def told(primary, candidate):
    """Each row as text, its differing words in brackets."""

    def side(pieces):
        return "".join(f"[{p.text}]" if p.differs else p.text for p in pieces)

    return [
        (side(row.primary), side(row.candidate)) for row in side_by_side(primary, candidate)
    ]


def test_the_word_that_differs_is_marked():
    assert told("Take metformin 500 mg daily.", "Take metformin 5000 mg daily.") == [
        ("Take metformin [500] mg daily.", "Take metformin [5000] mg daily.")
    ]


def test_sentences_are_set_side_by_side_whatever_stands_between_them():
    primary = "No chest pain. Continue metformin 500 mg.\nReview in two weeks."
    candidate = "No chest pain. Avoid alcohol entirely. Review in three weeks."
    assert told(primary, candidate) == [
        ("No chest pain.", "No chest pain."),
        ("[Continue metformin 500 mg.]", ""),
        ("", "[Avoid alcohol entirely.]"),
        ("Review in [two] weeks.", "Review in [three] weeks."),
    ]


def test_case_white_space_and_punctuation_are_no_difference():
    (row,) = side_by_side("Take  it, DAILY.", "take it daily")
    assert row.same


def test_marks_without_a_word_are_no_difference_even_alone():
    assert told("Plan\nRest.", "Plan\n<\nRest.") == [
        ("Plan", "Plan"),
        ("", "<"),
        ("Rest.", "Rest."),
    ]


def test_chinese_is_marked_by_its_characters():
    assert told("左膝疼痛，没有发热。", "右膝疼痛，没有发热。") == [
        ("[左]膝疼痛，没有发热。", "[右]膝疼痛，没有发热。")
    ]


def test_decimal_numbers_are_one_word():
    assert told("Give 2.5 mg now", "Give 25 mg now") == [
        ("Give [2.5] mg now", "Give [25] mg now")
    ]


def test_an_answer_that_is_missing_leaves_the_other_alone():
    assert told("", "Yes.") == [("", "[Yes.]")]
    assert side_by_side("", " \n") == []
    assert Row((Piece("a"),), (Piece("a"),)).same


@given(primary=TEXT, candidate=TEXT)
def test_no_letter_is_lost_or_added(primary, candidate):
    rows = side_by_side(primary, candidate)
    for text, pieces in (
        (primary, [p for row in rows for p in row.primary]),
        (candidate, [p for row in rows for p in row.candidate]),
    ):
        assert "".join("".join(p.text for p in pieces).split()) == "".join(text.split())


@given(text=TEXT)
def test_an_answer_does_not_differ_from_itself(text):
    assert all(row.same for row in side_by_side(text, text))


def test_very_many_sentences_take_bounded_time():
    many = "a.\n" * 6000
    assert len(side_by_side(many, many + "b.\n" * 50)) == 6050
    assert MOST < 6000
