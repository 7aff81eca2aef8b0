from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.lexical import lexical, normalised
from compare.comparison import Pair


def signals(primary, candidate):
    return lexical(Pair("chat", "", primary, candidate)).signals


@given(st.text(max_size=80), st.text(max_size=80))
def test_signals_lie_between_zero_and_one_whichever_side_is_first(one, other):
    found = signals(one, other)
    assert all(0 <= value <= 1 for value in found.values())
    assert found["overlap"] == signals(other, one)["overlap"]


@given(st.text(max_size=80))
def test_a_text_is_wholly_like_itself(text):
    assert set(signals(text, text).values()) == {1.0}


def test_words_in_another_order_are_alike_only_where_order_does_not_count():
    found = signals("rest and drink water", "water drink and rest")
    assert found["overlap"] == found["token_sort_ratio"] == 1
    assert found["ratio"] < 1


def test_marks_and_case_do_not_count_and_chinese_is_read_by_character():
    assert normalised("**Take** 2x, NOW!") == "take 2x now"
    assert normalised("每日两次") == "每 日 两 次"
    assert 0 < signals("每日两次", "每日三次")["overlap"] < 1
