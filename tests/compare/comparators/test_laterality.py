"""Sides of the body in English, Malay and Chinese, against primary and prompt."""

import pytest

from compare.comparators.laterality import laterality, sided
from compare.comparison import Pair, Severity


def found(candidate, primary, prompt=""):
    return laterality(Pair("reason", prompt, primary, candidate))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Pain in the left knee.", [("knee", "left")]),
        ("Swelling of the LEFT lower posterior leg", [("leg", "left")]),
        (
            "left-sided chest pain; right sided facial droop",
            [("chest", "left"), ("face", "right")],
        ),
        ("Both kidneys; the right kidneys", [("kidney", "right")]),
        ("Sakit lutut kanan dan bahu sebelah kiri", [("knee", "right"), ("shoulder", "left")]),
        ("左膝疼痛,右侧乳房肿块", [("knee", "left"), ("breast", "right")]),
        ("Come right now. That's right, doctor. He left the hand clinic.", []),
        ("It went left and the knee hurt.", []),
        ("all right, your knee", []),
        (
            "R knee, L TM; RLQ pain",
            [("knee", "right"), ("ear", "left"), ("quadrant", "right lower")],
        ),
        ("LUQ; left upper quadrant; upper left abdomen", [("quadrant", "left upper")] * 3),
        (
            "Sakit perut kanan bawah, kuadran atas kiri",
            [("quadrant", "right lower"), ("quadrant", "left upper")],
        ),
        ("右下腹疼痛，左腹", [("quadrant", "right lower"), ("abdomen", "left")]),
        ("Right quadrant; left upper arm", [("abdomen", "right"), ("arm", "left")]),
        (
            "right middle lobe, left lobe",
            [("part of a lobe", "right middle"), ("lobe", "left")],
        ),
        ("Drained 2 L chest fluid; r knee", []),
        ("Right handed with left wrist pain", [("wrist", "left")]),
        ("He turned right on his left ankle", [("ankle", "left")]),
        ("Crackles at the left base; right lung base", [("base", "left"), ("lung", "right")]),
        ("(L) knee, ankle (R)", [("knee", "left"), ("ankle", "right")]),
        ("Right inguinal hernia, left nephrectomy", [("groin", "right"), ("kidney", "left")]),
        (
            "Cataract OD. Acuity: OS 20/40. Metformin 500 mg OD.",
            [("eye", "right"), ("eye", "left")],
        ),
        ("Lemah sebelah kiri badan", [("body", "left")]),
        ("numb on the right side of her face", [("face", "right")]),
        ("左侧肢体无力，右上肢", [("limb", "left"), ("limb", "right")]),
    ],
)
def test_a_side_is_read_with_its_part(text, parts):
    assert [(one.part, one.side) for one in sided(text)] == parts


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("Injection into the right knee.", "Injection into the left knee."),
        ("Suntikan di lutut kanan.", "Injection into the left knee."),
        ("右膝注射。", "左膝注射。"),
        ("L knee pain", "R knee pain"),
        ("L knee pain", "right knee pain"),
        ("Tender LLQ", "Tender RLQ"),
        ("Tender RUQ", "Tender RLQ"),
        ("Tender LLQ", "Tender in the left upper quadrant"),
        ("Sakit perut kanan atas", "Pain in the lower right abdomen"),
        ("右上腹压痛", "右下腹压痛"),
        ("Consolidation of the right upper lobe", "Consolidation of the right lower lobe"),
        ("Left-sided weakness", "Right-sided weakness"),
        ("Right handed with right wrist pain", "Right handed with left wrist pain"),
        ("He turned right on his right ankle", "He turned right on his left ankle"),
        ("Cataract OS", "Cataract in the right eye"),
        ("Lemah sebelah kanan badan", "Lemah sebelah kiri badan"),
        ("右侧肢体无力", "左侧肢体无力"),
    ],
)
def test_the_other_side_alone_is_a_failure_with_both_words(candidate, primary):
    (flag,) = found(candidate, primary).flags
    assert (flag.code, flag.severity) == ("LATERALITY", Severity.FAIL)
    assert sided(candidate)[0].said in flag.evidence
    assert sided(primary)[0].said in flag.evidence


@pytest.mark.parametrize(
    ("candidate", "primary", "prompt"),
    [
        ("The left knee.", "The left knee.", ""),
        ("The left knee.", "The knee.", ""),
        ("The left knee.", "The right knee.", "my left knee and my right knee"),
        ("The left knee.", "Both of her knees, the right knee more.", ""),
        ("The left knee.", "The right hip.", ""),
        ("The knee.", "The left knee.", ""),
        ("Tender RUQ", "Tender in the upper right quadrant", ""),
        ("Tender RUQ", "Tender right abdomen", ""),
        (
            "Tender RUQ and RLQ",
            "Tender LLQ",
            "it hurts in the right upper quadrant and the RLQ",
        ),
        ("The right upper extremity is strong.", "The right lower extremity is weak.", ""),
    ],
)
def test_what_somebody_else_says_too_or_nobody_says_is_none(candidate, primary, prompt):
    assert found(candidate, primary, prompt).flags == ()


def test_the_signal_is_the_share_of_mentions_that_agree():
    primary = "left knee, left knee, right knee"
    assert found("right knee", primary).signals == {"sides_supported": pytest.approx(1 / 3)}
    assert found("left knee", primary).signals == {"sides_supported": pytest.approx(2 / 3)}
    assert found("no side", primary).signals == {"sides_supported": 1.0}


def test_one_side_where_the_others_name_only_both_is_for_review():
    (flag,) = found("Pain in the left knee.", "Pain in both knees.").flags
    assert (flag.code, flag.severity) == ("LATERALITY", Severity.REVIEW)
    assert found("Left knee worse; both knees ache.", "Pain in both knees.").flags == ()
    assert found("The left knee and the right knee.", "Pain in both knees.").flags == ()
