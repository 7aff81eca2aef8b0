from compare.comparators.coverage import coverage
from compare.comparison import Pair

NOTE = (
    "Cough for two weeks without fever. Lungs are clear on both sides. No wheezing was heard. "
    "Chest xray is normal. Viral bronchitis is likely. Rest, fluids and honey; return if fever comes."
)


def kept(candidate, primary=NOTE):
    return coverage(Pair("reason", "", primary, candidate)).signals["kept"]


def test_the_same_letters_are_kept_whatever_their_case_and_marks():
    assert kept(NOTE.upper().replace(".", "!")) == 1


def test_an_empty_answer_keeps_nothing_and_nothing_can_be_kept_of_an_empty_primary():
    assert kept("") == 0
    assert kept("anything", primary="") == 1


def test_what_is_added_takes_nothing_away():
    assert kept(f"{NOTE} A flu vaccine was offered as well.") == 1


def test_what_is_left_out_is_missed_in_proportion_in_chinese_too():
    assert abs(kept(NOTE[: len(NOTE) // 2]) - 0.5) < 0.05
    assert kept("患者咳嗽", primary="患者咳嗽两周无热") == 0.5


def test_order_counts():
    first, _, rest = NOTE.partition(". ")
    assert kept(f"{rest} {first}") < 0.9
