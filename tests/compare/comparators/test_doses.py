"""Doses, frequencies and ways, medicine by medicine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.doses import doses
from compare.comparison import Pair, Severity

METFORMIN = "Take metformin 500 mg twice daily with food."
MEDICINES = st.sampled_from(
    ["metformin", "Lantus", "Panadol", "二甲双胍", "ibuprofen", "warfarin"]
)
UNITS = st.sampled_from(["mg", "mcg", "units", " mg", " 毫克", " milligrams"])


def note(candidate, primary, prompt=""):
    return [flag.evidence for flag in doses(Pair("reason", prompt, primary, candidate)).flags]


@pytest.mark.parametrize(
    ("primary", "candidate", "evidence"),
    [
        (
            METFORMIN,
            "Take metformin 5000 mg twice daily.",
            "metformin 5000 mg; the primary says 500 mg",
        ),
        (
            METFORMIN,
            "Take 850 mg of metformin twice daily.",
            "metformin 850 mg; the primary says 500 mg",
        ),
        (
            METFORMIN,
            "Glucophage 500 mg four times a day.",
            "metformin four times a day; the primary says twice daily",
        ),
        (
            "Levothyroxine 50 mcg",
            "Levothyroxine 50 mg",
            "levothyroxine 50 mg; the primary says 50 mcg",
        ),
        (
            "服用二甲双胍500毫克",
            "服用二甲双胍850毫克",
            "metformin 850毫克; the primary says 500毫克",
        ),
        (METFORMIN, "Metformin **5000** mg BD", "metformin 5000** mg; the primary says 500 mg"),
        (
            METFORMIN,
            "Metformin 50\u200b mg BD",
            "metformin 50\u200b mg; the primary says 500 mg",
        ),
        (
            "Give KCl 20 mmol by mouth",
            "Give potassium chloride 200 mmol by mouth",
            "potassium chloride 200 mmol; the primary says 20 mmol",
        ),
        (
            "Noradrenaline 0.1 mcg/kg/min",
            "Noradrenaline at 1 mcg/kg/min",
            "noradrenaline 1 mcg/kg/min; the primary says 0.1 mcg/kg/min",
        ),
        (
            "Heparin 1,000 units/hour",
            "Heparin 10,000 units/hr",
            "heparin 10,000 units/hr; the primary says 1,000 units/hour",
        ),
        (
            "Vincristine 2 mg intravenous",
            "Vincristine 2 mg intrathecal",
            "vincristine intrathecal; the primary says intravenous",
        ),
        (
            "胺碘酮200毫克",
            "胺碘酮2000毫克",
            "amiodarone 2000毫克; the primary says 200毫克",
        ),
        (
            "Ambil paracetamol 500 mg",
            "Ambil paracetamol 1500 mg",
            "paracetamol 1500 mg; the primary says 500 mg",
        ),
        (
            "Zyvorin 100 mg daily",
            "Zyvorin 900 mg daily",
            "zyvorin 900 mg; the primary says 100 mg",
        ),
        (
            "Paracetamol 500 mg to 1 g, at most 4 g a day.",
            "Paracetamol 500 mg to 1 g, at most 8 g a day.",
            "paracetamol 8 g; the primary says 4 g",
        ),
        (
            "Take metformin 500 mg and lisinopril 10 mg.",
            "Take metformin 10 mg and lisinopril 10 mg.",
            "metformin 10 mg; the primary says 500 mg",
        ),
        (
            "Give morphine 5 mg orally.",
            "Give morphine 5 mg intravenously.",
            "morphine intravenous; the primary says oral",
        ),
        (
            "Ventolin 2 puffs",
            "Ventolin 8 puffs",
            "salbutamol 8 puffs; the primary says 2 puffs",
        ),
        (
            "Panadol dua kali sehari",
            "Panadol enam kali sehari",
            "paracetamol enam kali sehari; the primary says dua kali sehari",
        ),
        ("布洛芬每日两次", "布洛芬每日四次", "ibuprofen 每日四次; the primary says 每日两次"),
        (
            "Methotrexate 10 mg once a week",
            "Methotrexate 10 mg daily",
            "methotrexate daily; the primary says once a week",
        ),
        (
            "The morning injection holds 20 mcg of it.",
            "The morning injection holds 20 mg of it.",
            "20 mg; the primary says 20 mcg",
        ),
        (
            "Inject 12 units of insulin.",
            "Inject 12 ml of insulin.",
            "12 ml; the primary says 12 units",
        ),
        ("胰岛素12单位", "胰岛素12毫升", "12毫升; the primary says 12单位"),
        (
            "Metformin total daily dose 1 g, given as 500 mg twice a day.",
            "Metformin 1 g twice a day.",
            "metformin 1 g; the primary says 500 mg",
        ),
        (
            "二甲双胍500毫克，每日两次（每日总量1克）。",
            "二甲双胍1克，每日两次。",
            "metformin 1克; the primary says 500毫克",
        ),
        (
            METFORMIN,
            "Metformin 1 g twice a day.",
            "metformin 1 g; the primary says 500 mg",
        ),
        (METFORMIN, "Metformin 8 g.", "metformin 8 g; the primary says 500 mg"),
        (
            "Metformin 500 mg tiga kali sehari",
            "Metformin 3 g sehari",
            "metformin 3 g; the primary says 500 mg",
        ),
        (
            "Metformin 500 mg 3 times a day",
            "Metformin 3 g",
            "metformin 3 g; the primary says 500 mg",
        ),
        (
            "Amlodipine 10 mg",
            "Amlodipine 5 mg x 3 tablets",
            "amlodipine 5 mg; the primary says 10 mg",
        ),
    ],
)
def test_another_dose_of_the_same_medicine_fails(primary, candidate, evidence):
    (flag,) = doses(Pair("chat", "", primary, candidate)).flags
    assert (flag.code, flag.severity, flag.evidence) == (
        "DOSE_CONFLICT",
        Severity.FAIL,
        evidence,
    )


@pytest.mark.parametrize(
    ("primary", "candidate", "prompt"),
    [
        (METFORMIN, "Metformin 0.5 g, 2 times a day.", ""),
        (METFORMIN, "Take metformin 850 mg twice daily.", "I was given metformin 850 mg."),
        (METFORMIN, METFORMIN + " Later 1000 mg.", ""),  # more is said, nothing is replaced
        (METFORMIN, "Take it twice daily with food.", ""),
        (METFORMIN, "Take metformin as written. Aspirin 100 mg may be added.", ""),
        ("Ibuprofen every 4 to 6 hours", "Ibuprofen every 6 hours", ""),
        ("Add 250 g of yoghurt", "Add 250 ml of yoghurt", ""),
        ("Mix 200 g flour with 5 g salt", "Mix 250 g flour with 10 g salt", ""),
        ("Ibuprofen twice daily", "Ibuprofen 3 times a day", "Is it ibuprofen 3 times a day?"),
    ],
)
def test_the_same_dose_in_other_words_and_grounded_doses_do_not(primary, candidate, prompt):
    assert doses(Pair("chat", prompt, primary, candidate)).flags == ()


@pytest.mark.parametrize(
    ("candidate", "primary", "prompt", "evidence"),
    [
        (
            "Less than 9,000 milligrams of sodium.",
            "A low sodium diet.",
            "eat less than one thousand milligrams of sodium",
            "9,000 milligrams; neither primary nor prompt has this dose",
        ),
        (
            "Increase Lantus to 200 units at night.",
            "Adjust insulin.",
            "we'll increase your lantus to twenty units",
            "insulin glargine 200 units; the prompt says twenty units",
        ),
        (
            "Motrin 800mg four times a day",
            "Motrin 800 mg",
            "take the motrin three times a day",
            "ibuprofen four times a day; neither primary nor prompt says so",
        ),
    ],
)
def test_in_a_note_a_dose_that_nobody_gave_fails(candidate, primary, prompt, evidence):
    assert note(candidate, primary, prompt) == [evidence]
    assert doses(Pair("chat", prompt, primary, candidate)).flags == ()


@pytest.mark.parametrize(
    ("candidate", "primary", "prompt"),
    [
        (
            "Metformin from 500 mg to 750 mg.",
            "Metformin 750 mg.",
            "metformin from five hundred to seven fifty",
        ),
        ("Motrin 800 mg.", "Motrin.", "i'll write eight hundred milligrams of motrin"),
        ("Take 800 mg.", "Rest.", "take eight hundred of it"),
        ("Protonix 40 mg daily.", "Protonix 40 mg.", "protonix, forty milligrams a day"),
        ("Lost 500 ml of blood.", "Blood loss.", ""),
        ("Weighs 80 kg.", "Heavy.", ""),
        ("Ventolin, 2 puffs.", "Ventolin.", ""),
    ],
)
def test_in_a_note_what_was_said_without_units_or_is_no_dose_does_not(
    candidate, primary, prompt
):
    assert note(candidate, primary, prompt) == []


@pytest.mark.parametrize(
    ("primary", "candidate"),
    [
        (METFORMIN, METFORMIN + " (total 1 g daily)"),
        (METFORMIN, "Metformin 500 mg twice daily, total 1000 mg per day."),
        ("Metformin 500 mg dua kali sehari", "Metformin 500 mg 2x sehari (jumlah 1 g sehari)"),
        ("二甲双胍500毫克，每日两次。", "二甲双胍500毫克，每天2次（每日总量1克）。"),
        ("Amlodipine 10 mg once daily", "Amlodipine 5 mg x 2 tablets once daily"),
        ("Amlodipine 10 mg once daily", "Amlodipine, two 5 mg tablets once daily"),
        ("Amlodipine, two 5 mg tablets once daily", "Amlodipine 10 mg once daily"),
        ("氨氯地平10毫克，每日一次。", "氨氯地平每次2片（每片5毫克），每日一次。"),
    ],
)
@pytest.mark.parametrize("route", ["reason", "chat"])
def test_a_dose_said_once_more_in_another_way_does_not(route, primary, candidate):
    assert doses(Pair(route, "", primary, candidate)).flags == ()


@pytest.mark.parametrize(
    ("primary", "candidate"),
    [
        (METFORMIN, METFORMIN + " (total 1.5 g daily)"),
        ("Metformin 500 mg dua kali sehari", "Metformin 500 mg dua kali sehari (jumlah 2 g)"),
        ("二甲双胍500毫克，每日两次。", "二甲双胍500毫克，每日两次（每日总量2克）。"),
    ],
)
def test_in_a_note_a_total_that_does_not_multiply_out_fails(primary, candidate):
    assert note(candidate, primary)


def test_the_signals_are_shares_of_what_is_said_of_medicines():
    pair = Pair("reason", "", "Metformin 500 mg twice daily.", "Metformin 800 mg twice daily.")
    assert doses(pair).signals == {"doses_supported": 0.5, "medications_f1": 0.5}
    nothing = Pair("reason", "", "Rest.", "Rest.")
    assert doses(nothing).signals == {"doses_supported": 1.0, "medications_f1": 1.0}
    left_out = Pair("reason", "", "Metformin 500 mg. Aspirin 75 mg.", "Metformin 500 mg.")
    assert doses(left_out).signals["medications_f1"] == pytest.approx(2 / 3)


@given(MEDICINES, st.integers(1, 4000), st.integers(1, 4000), UNITS)
def test_another_number_of_the_same_medicine_always_fails(name, was, now, unit):
    found = note(f"Take {name} {now}{unit}.", f"Take {name} {was}{unit}.")
    assert bool(found) is (was != now)


@given(
    MEDICINES,
    st.integers(1, 4000),
    st.sampled_from([("mg", "mcg"), ("mcg", "mg"), ("g", "mg"), ("mg", "g")]),
)
def test_another_unit_always_fails_and_another_notation_never(name, number, units):
    was, now = units
    assert note(f"Take {name} {number} {now}.", f"Take {name} {number} {was}.")
    assert not note(f"Take {name} {number * 1000} mcg.", f"Take {name} {number} mg.")


@given(st.text(max_size=120), st.text(max_size=120))
def test_an_answer_never_conflicts_with_itself(text, prompt):
    found = doses(Pair("reason", prompt, text, text))
    assert found.flags == ()
    assert found.signals == {"doses_supported": 1.0, "medications_f1": 1.0}


@given(
    st.lists(
        st.sampled_from(
            [
                "metformin ",
                "Panadol ",
                "500 mg ",
                "2 tablets ",
                "5 ",
                "twice daily ",
                "IV ",
                "orally ",
                ". ",
                "and ",
                "units ",
                "total ",
                "a day ",
                "x ",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_no_note_of_such_words_conflicts_with_itself(text):
    assert doses(Pair("reason", "", text, text)).flags == ()
