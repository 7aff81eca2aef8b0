import numpy as np
import pytest

from compare.comparators.alignment import Aligned
from compare.comparison import Flag, Severity
from compare.opinions import choosing
from compare.opinions.port import Claim, Ruling, Unheard, Verdict

REVIEW = Flag("NEGATION", Severity.REVIEW, "no chest pain; elsewhere chest pain")
INFO = Flag("LONG_TEXT", Severity.INFO, "no chest pain")
AGREE, DIFFER = Ruling(Verdict.AGREE), Ruling(Verdict.DIFFER, "the dose")


def at(*degrees):
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def test_sentences_that_are_alike_and_not_the_same_are_asked_about_the_most_alike_first():
    primary = ["Take it twice.", "Drink water.", "Rest at home."]
    candidate = ["Sleep at home.", "drink WATER", "Take it once.", "Parking is free."]
    aligned = Aligned(at(0, 60, 120), at(130, 60, 5, 270))
    assert choosing.claims(primary, candidate, aligned) == [
        Claim("Take it twice.", "Take it once."),
        Claim("Rest at home.", "Sleep at home."),
    ]


def test_sentences_of_another_matter_are_not_asked_about():
    cosine = [np.degrees(np.arccos(x)) for x in (0.54, 0.56)]
    assert choosing.claims(["a b"], ["c d"], Aligned(at(0), at(cosine[0]))) == []
    assert choosing.claims(["a b"], ["c d"], Aligned(at(0), at(cosine[1]))) != []
    assert choosing.claims([], ["c d"], Aligned(np.empty((0, 0)), at(0))) == []


def test_a_long_note_has_its_most_alike_sentences_asked_about():
    many = [f"one {n}" for n in range(40)]
    found = choosing.claims(
        many, [f"two {n}" for n in range(40)], Aligned(at(*range(40)), at(*range(40)))
    )
    assert len(found) == choosing.MOST_CLAIMS


def test_the_sample_is_a_share_and_the_same_each_time():
    drawn = [choosing.is_sampled("judge", str(n), 2) for n in range(5000)]
    assert 60 <= sum(drawn) <= 140
    assert drawn == [choosing.is_sampled("judge", str(n), 2) for n in range(5000)]
    assert not any(choosing.is_sampled("judge", str(n), 0) for n in range(1000))
    assert all(choosing.is_sampled("judge", str(n), 100) for n in range(1000))


def test_what_a_person_should_look_at_is_flagged():
    assert choosing.is_flagged([INFO, REVIEW])
    assert not choosing.is_flagged([INFO])


@pytest.mark.parametrize(
    ("flags", "severity"),
    [
        ((), Severity.REVIEW),
        ((REVIEW,), Severity.FAIL),
        ((INFO,), Severity.REVIEW),
        ((Flag("NUMBER_UNSUPPORTED", Severity.REVIEW, "pain"),), Severity.REVIEW),  # one word
        ((Flag("NEGATION", Severity.REVIEW, "no fever; elsewhere fever"),), Severity.REVIEW),
        (
            (Flag("OMISSION", Severity.REVIEW, "x: he has no chest pain today, he says"),),
            Severity.FAIL,
        ),
    ],
)
def test_a_contradiction_fails_only_where_a_rule_flags_the_same_sentence(flags, severity):
    claim = Claim("He has chest pain today.", "He has no chest pain today.")
    flag = choosing.contradiction(claim, flags)
    assert (flag.code, flag.severity) == ("NLI_CONTRADICTION", severity)
    assert "no chest pain" in flag.evidence and "primary says He has chest" in flag.evidence


def test_a_verdict_of_both_orders_is_kept_and_another_is_none():
    (differs,) = choosing.judged(DIFFER, Ruling(Verdict.DIFFER))
    assert differs == Flag("JUDGE_DIFFERS", Severity.REVIEW, "the dose")
    (agrees,) = choosing.judged(AGREE, AGREE)
    assert (agrees.code, agrees.severity) == ("JUDGE_AGREES", Severity.INFO)
    assert choosing.judged(AGREE, DIFFER) == choosing.judged(DIFFER, AGREE) == ()


def test_a_verdict_of_one_order_alone_is_none():
    for there, back in ((DIFFER, Unheard("it is gone")), (Unheard("it is gone"), DIFFER)):
        (flag,) = choosing.judged(there, back)
        assert (flag.code, flag.severity) == ("JUDGE_UNAVAILABLE", Severity.INFO)
        assert flag.evidence == "judge unavailable: it is gone"
