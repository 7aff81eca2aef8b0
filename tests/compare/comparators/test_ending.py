import pytest

from compare.comparators.ending import ending
from compare.comparison import Pair, Severity

NOTE = (
    "History: Mdm Tan has coughed for three weeks, mostly at night, with yellow sputum and some "
    "wheezing. No fever. She smoked until last year. Examination: scattered wheeze in both lungs, "
    "oxygen saturation normal, throat clear. Assessment: exacerbation of chronic bronchitis. Plan: "
    "salbutamol inhaler twice daily, chest radiograph tomorrow, return in seven days or earlier if "
    "breathless; pneumonia vaccination offered and accepted."
)
SAME = NOTE.replace("mostly at night", "especially nights").replace(
    "offered and accepted", "given"
)


def found(candidate, primary=NOTE, route="reason"):
    return ending(Pair(route, "", primary, candidate))


def cut(text, words):
    return " ".join(text.split()[:words])


def test_an_answer_that_ends_as_the_primary_does_has_its_end():
    assert found(SAME).signals["ending_covered"] > 0.8 and found(SAME).flags == ()


def test_an_answer_that_was_cut_lacks_the_end_and_stops_within_a_sentence():
    (flag,) = found(cut(SAME, 38)).flags
    assert (flag.code, flag.severity) == ("CUT_OFF", Severity.FAIL)
    assert flag.evidence.endswith(cut(SAME, 38)[-30:])
    assert found(cut(SAME, 38)).signals["ending_covered"] < 0.2


def test_the_same_words_earlier_do_not_stand_for_the_end():
    turned = f"{NOTE[NOTE.index('Assessment') :]} {NOTE[: NOTE.index('Assessment')]}"
    assert found(turned).signals["ending_covered"] < 0.7


def test_a_full_stop_that_is_missing_is_for_review():
    (flag,) = found(SAME.rstrip(".")).flags
    assert (flag.code, flag.severity) == ("CUT_OFF", Severity.REVIEW)


@pytest.mark.parametrize(
    "candidate",
    [
        "Yes, twice a day",
        cut(SAME, 38) + ".",
        SAME + "\n- **Review in clinic**",
        SAME.rstrip(".") + "。",
    ],
)
def test_short_answers_and_those_that_stop_are_not_cut(candidate):
    assert found(candidate).flags == ()


def test_where_the_primary_stops_so_too_it_says_nothing():
    assert found(cut(SAME, 38), primary=NOTE.rstrip(".")).flags == ()


def test_of_a_short_primary_there_is_no_end_to_cover():
    assert found(SAME, primary="Twice a day.").signals == {"ending_covered": 1.0}
