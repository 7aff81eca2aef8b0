"""What a text states of allergies."""

import pytest

from compare.comparators.stated_allergies import ANY, stated


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NKDA", [(ANY, False, "drug")]),
        ("NKA", [(ANY, False, "")]),
        ("No known drug or food allergies", [(ANY, False, "")]),
        ("Tiada alahan ubat", [(ANY, False, "drug")]),
        ("Tiada alahan penisilin", [("penicillin", False, "drug")]),
        ("否认药物、食物过敏史", [(ANY, False, "")]),
        ("Drug allergy: nil", [(ANY, False, "drug")]),
        ("Allergies: NKDA, dust", [("dust", True, "other"), (ANY, False, "drug")]),
        ("Allergies: none except latex", [("latex", True, "drug")]),
        ("Known allergies.", [(ANY, True, "")]),
        ("Allergic to kiwi", [(ANY, True, "other")]),
        (
            "No penicillin or egg allergy",
            [("egg", False, "food"), ("penicillin", False, "drug")],
        ),
        ("否认青霉素过敏", [("penicillin", False, "drug")]),
        ("不对青霉素过敏", [("penicillin", False, "drug")]),
        ("Are you allergic to penicillin?", []),
        ("He was asked whether he is allergic to latex", []),
        ("Amlodipine\nAllergies as above", []),
        ("Loratadine for allergies; Claritin allergy tablets", []),
        ("Allergies: continue Flonase", []),
        ("Treat hives with cetirizine, the rash with nystatin cream", []),
        ("No other allergies", []),
        ("Allergic rhinitis. Rash on the left arm.", []),
    ],
)
def test_a_statement_has_a_substance_a_kind_and_yes_or_no(text, said):
    assert sorted((one.substance, one.has, one.kind) for one in stated(text)) == sorted(said)


def test_a_text_of_a_thousand_statements_is_read_in_part():
    text = "".join(f"Allergies: a{chr(97 + n % 26)}{chr(97 + n // 26)}x. " for n in range(676))
    assert len(stated(text)) == 500
