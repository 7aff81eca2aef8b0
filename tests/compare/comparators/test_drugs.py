import pytest

from compare.comparators.drugs import drugs, named_before


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Take Panadol or acetaminophen", ["paracetamol", "paracetamol"]),
        ("metformin, then atorvastatin", ["metformin", "atorvastatin"]),
        ("服用二甲双胍和布洛芬", ["metformin", "ibuprofen"]),
        ("T. PCM 1 g", ["paracetamol"]),
        ("an unknown fluxipril", ["fluxipril"]),
        ("a new brand, Blisomab? fremzumab", ["fremzumab"]),
        ("Glucophage or Janumet", ["metformin", "sitagliptin+metformin"]),
        ("Ponstan, Piriton dan Ubat batuk", ["mefenamic acid", "chlorphenamine"]),
        ("tranexamic acid, folic acid and uric acid", ["tranexamic acid", "folic acid"]),
        (
            "lisinopril's effect, Tylenol’s and clarityne'",
            ["lisinopril", "paracetamol", "loratadine"],
        ),
        ("a losartan-hydrochlorothiazide day", ["losartan", "hydrochlorothiazide"]),
        ("头孢呋辛和硝苯地平", ["cefuroxime", "nifedipine"]),
        ("two Advils and a Panadol", ["ibuprofen", "paracetamol"]),
        ("KCl, potassium chloride or potassium", ["potassium chloride"] * 2),
        ("norepinephrine, then magnesium sulfate", ["noradrenaline", "magnesium sulphate"]),
        ("氯氮平、氨氯地平和去甲肾上腺素", ["clozapine", "amlodipine", "noradrenaline"]),
        ("water, bread and a walk in April", []),
        ("Cholesterol, potassium and testosterone were normal; no nicotine.", []),
        ("Please align the general contour, relax, and allow for more balance.", []),
        ("Saya makan ubat selepas makan dan sakit kepala sudah kurang.", []),
    ],
)
def test_medicines_are_named_by_their_generic_name(text, names):
    assert [one.name for one in drugs(text)] == names


def test_a_medicine_keeps_its_place():
    one = drugs("Take warfarin now")[0]
    assert one.at == (5, 13)


def test_a_combination_has_its_ingredients():
    (one,) = drugs("Augmentin 625 mg")
    assert one.ingredients == ("amoxicillin", "clavulanic acid")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Zyvorin ", "zyvorin"),
        ("take Zyvorin: ", "zyvorin"),
        ("about ", ""),
        ("a dose of ", ""),
        ("", ""),
    ],
)
def test_the_word_before_a_dose_may_name_a_medicine(text, name):
    assert named_before(text + "100 mg", len(text)) == name
