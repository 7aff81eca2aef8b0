import pytest

from compare.comparators.repetition import compression, repetition
from compare.comparison import Pair

PROSE = (
    "Paracetamol brings down a fever and eases pain. Adults take one or two tablets every six "
    "hours, and never more than eight in a day. Keep it away from children, and ask before you "
    "take it with other medicines that hold it too. See a doctor when the fever lasts three days."
)
STEPS = "\n".join(f"{n}. Measure the pressure in the morning of day {n}." for n in range(1, 8))


def codes(candidate, primary=PROSE):
    return [flag.code for flag in repetition(Pair("chat", "", primary, candidate)).flags]


@pytest.mark.parametrize(
    "candidate",
    [
        PROSE + " See a doctor when the fever lasts three days." * 6,
        "the " * 40,
        "tolong " * 30 + PROSE,
        "每日两次" * 20,
        "Good!" + "!" * 40,
        "the the of of and and the the of of and",
        PROSE + " Terima kasih." * 4,
        "Baik. " + "谢谢。" * 4,
        "Baik.\n" + "Ambil ubat\n" * 4,
        PROSE + " and then and then and then and then",
        "\n".join(f"{n % 3} glass water and rest then one more glass of" for n in range(40)),
    ],
)
def test_loops_fail(candidate):
    assert codes(candidate) == ["REPETITION"]


@pytest.mark.parametrize(
    "candidate",
    [
        "",
        "Yes.",
        PROSE,
        STEPS,
        "Yes, yes, yes.",
        "A\n" + "-" * 60 + "\nB",
        "No. No. No. No. No.",
        "no no no no no",
        PROSE + " Terima kasih." * 3,
        PROSE + "\nHeart rate, not examined |" + " Not examined |" * 6,
        PROSE + " Pain: N/A N/A N/A N/A",
        "\n".join(f"{part}: not examined" for part in ("Eyes", "Ears", "Nose", "Throat")),
    ],
)
def test_prose_lists_and_rules_are_no_loops(candidate):
    assert codes(candidate) == []


def test_what_the_primary_repeats_as_well_is_no_loop():
    refrain = "We will rest and we will mend again. " * 6
    assert codes(refrain) == ["REPETITION"]
    assert codes(refrain, primary=refrain + PROSE) == []


def test_a_short_phrase_is_no_loop_where_the_primary_says_it_twice_in_a_row():
    assert codes(PROSE + " Terima kasih." * 5, primary=PROSE + " Terima kasih.") == [
        "REPETITION"
    ]
    assert (
        codes(PROSE + " Terima kasih." * 5, primary=PROSE + " Terima kasih, terima kasih.")
        == []
    )


def test_the_evidence_is_what_is_repeated():
    found = repetition(Pair("chat", "", PROSE, "drink more water " * 9))
    assert found.flags[0].evidence == "again and again: drink more water"


def test_compression_is_told_of_the_worst_window_and_is_one_for_short_texts():
    assert compression("short") == 1.0
    assert compression(PROSE + "loop " * 400) > 5 > compression(PROSE * 1)
