"""Where the words that caused a flag stand in an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import difference, grounding
from dashboards.grounding import MOST_PLACES, Grounds, Piece, marks, overlaid

WORDS = st.lists(
    st.sampled_from(
        ["500", "mg", "take", "毫克", "每日", "sehari", "dua kali", "; ", ", ", "主", "\n"]
    )
)
TEXTS = WORDS.map(" ".join) | st.text(max_size=60)


def found(evidence, text, side="candidate"):
    return [text[start:end] for start, end in Grounds(side, text).of(evidence)]


@given(st.lists(TEXTS, max_size=4), TEXTS, TEXTS)
def test_marks_never_change_the_text(evidence, primary, candidate):
    segments, _ = difference.marked(primary=primary, candidate=candidate)
    placed = marks(Grounds("primary", primary), evidence)
    pieces = overlaid(segments, placed)
    assert "".join(piece.text for piece in pieces) == primary
    assert all(piece.text for piece in pieces)


@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_a_character_carries_exactly_the_flags_whose_evidence_holds_it(evidence, text):
    placed = marks(Grounds("candidate", text), evidence)
    carried = [piece.flags for piece in overlaid(((text, False),), placed) for _ in piece.text]
    for at, flags in enumerate(carried):
        assert flags == tuple(
            number
            for number, spans in placed.items()
            if any(low <= at < high for low, high in spans)
        )


@given(TEXTS, TEXTS)
def test_places_are_in_order_apart_and_bounded(evidence, text):
    spans = Grounds("candidate", text).of(evidence)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges))
    assert len(spans) <= MOST_PLACES
    assert all(text[low:high].strip() == text[low:high] != "" for low, high in spans)


@given(
    st.text(min_size=3, max_size=40, alphabet="abc 1"),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_what_is_quoted_whole_is_found_wherever_it_stands(quoted, before, behind):
    if any(len(word) > 2 for word in quoted.split()):
        assert found(quoted, f"{before} {quoted} {behind}")


@pytest.mark.parametrize(
    ("evidence", "primary", "candidate", "of_primary", "of_candidate"),
    [
        ("metformin 850 mg; the primary says 500 mg", "Take metformin 500 mg.", "Take metformin 850 mg.", ["500 mg"], ["metformin 850 mg"]),
        ("metformin 5000** mg; the primary says 500 mg", "500 mg", "Metformin **5000** mg BD", ["500 mg"], ["Metformin **5000** mg"]),
        ("ibuprofen 每日四次; the primary says 每日两次", "布洛芬每日两次", "布洛芬每日四次", ["每日两次"], ["每日四次"]),
        ("paracetamol enam kali sehari; the primary says dua kali sehari", "Ambil dua kali sehari", "Ambil enam kali sehari", ["dua kali sehari"], ["enam kali sehari"]),
        ("no chest pain; elsewhere chest pain", "He has Chest Pain.", "There is no chest pain", ["Chest Pain"], ["no chest pain"]),
        ("blood pressure 150/80; the primary says 120/80", "BP was 120/80.", "BP 150/80.", ["120/80"], ["150/80"]),
        ("no plan, and 12% of its words; the primary's: Start amlodipine, 5 mg daily", "Plan: Start amlodipine, 5 mg daily.", "Rest.", ["Start amlodipine, 5 mg daily"], []),
        ("lisinopril is missing (heard: lysine)", "lisinopril 10", "lysine 10", ["lisinopril"], ["lysine"]),
        ("2500 ml, 3 days", "", "2500 ml for 3 days", [], ["2500 ml", "3 days"]),
        ("500, 7", "", "take 500 in 7", [], ["500", "7"]),
        ("காய்ச்சல்", "காய்ச்சல் உள்ளது", "", ["காய்ச்சல்"], []),
    ],
)  # fmt: skip
def test_quoted_words_are_found_on_their_side(
    evidence, primary, candidate, of_primary, of_candidate
):
    assert found(evidence, primary, "primary") == of_primary
    assert found(evidence, candidate) == of_candidate


@pytest.mark.parametrize(
    "evidence",
    [
        "12 words against the primary's 300",
        "6 words in a row that the primary did not hear: xyz",
        "candidate is 1.1 times as long",
        "zyvorin 9 mg; neither primary nor prompt has this dose",
        "the primary calls nothing",
        "alert(1)",
        "",
    ],
)
def test_the_words_of_the_checker_itself_quote_nobody(evidence):
    text = "In a row, 12 words of 300 that this dose has: 6, neither hear nor times, as long as it is. Then 1."
    assert found(evidence, text) == []


def test_a_number_is_found_as_a_whole_and_never_within_another():
    assert found("50 mg", "150 mg, 50 mg/day and 50.5 mg") == ["50 mg"]
    assert found("10,000 units", "10,000 units, not 000 units") == ["10,000 units"]


def test_a_side_is_not_marked_with_the_words_of_the_other():
    assert found("850 mg; the primary says 500 mg", "850 mg, never 500 mg") == ["850 mg"]


def test_evidence_of_two_flags_overlaps_and_both_are_told():
    text = "metformin 850 mg daily"
    pieces = overlaid(
        ((text[:10], True), (text[10:], False)),
        marks(Grounds("candidate", text), ["metformin 850 mg", "850 mg daily"]),
    )
    assert pieces == (
        Piece("metformin ", True, (1,)),
        Piece("850 mg", False, (1, 2)),
        Piece(" daily", False, (2,)),
    )


def test_a_long_answer_made_of_one_word_is_read_once_for_each_word_of_the_evidence():
    text = "mg 5 " * 4_000
    assert found("mg 5 " * 200, text)
    assert len(found("5 mg", "5 mg or " * 100)) == MOST_PLACES


def test_the_legend_says_what_marks_mean_and_which_flags_have_none():
    said = grounding.legend(3, [{1: ()}, {1: (), 3: ()}], compared=True)
    assert said == (
        "On a line: differs. Bold under a line, after ⚑1 ⚑3: the words that this flag is about. "
        "⚑2: no words of it in what is shown of the answers."
    )
    assert grounding.legend(0, [{}, {}], compared=False) == "Too long to mark what differs."
