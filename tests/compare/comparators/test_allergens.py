"""Substances by family, class and kind."""

import pytest

from compare.comparators.allergens import (
    allergens,
    allergens_at_start,
    causes,
    kind_of,
    last_allergen,
    same_allergen,
)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("Amoxicillin or ampicillin", {"penicillin"}),
        ("Augmentin", {"penicillin"}),
        ("Bactrim", {"sulfamethoxazole"}),
        ("trimethoprim", {"trimethoprim"}),
        ("NSAIDs, ACE inhibitors", {"nsaid", "ace inhibitor"}),
        ("makanan laut", {"seafood"}),
        ("头孢", {"cephalosporin"}),
        ("rest", set()),
    ],
)
def test_a_substance_has_one_name(words, names):
    assert allergens(words) == names


def test_a_class_is_the_same_as_its_members_which_are_not_each_other():
    assert same_allergen("cefalexin", "cephalosporin")
    assert same_allergen("nsaid", "ibuprofen")
    assert same_allergen("penicillin", "antibiotic")
    assert same_allergen("atorvastatin", "statin")
    assert not same_allergen("nystatin", "statin")
    assert not same_allergen("ibuprofen", "aspirin")
    assert not same_allergen("penicillin", "cephalosporin")


def test_a_medicine_is_a_drug_as_are_contrast_and_latex():
    names = ("metformin", "latex", "contrast", "nut", "dust")
    assert [kind_of(name) for name in names] == ["drug", "drug", "drug", "food", "other"]


def test_substances_are_found_at_either_end():
    assert allergens_at_start(" penicillin and egg") == {"penicillin"}
    assert allergens_at_start("for egg") == set()
    assert last_allergen("takes losartan, egg ") == len("takes losartan, ")
    assert last_allergen("egg for him") is None


def test_remedies_are_no_causes():
    assert causes({"loratadine", "hydrocortisone", "penicillin"}) == {"penicillin"}
