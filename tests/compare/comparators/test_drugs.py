import pytest

from compare.comparators.drugs import drugs, named_before


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Take Panadol or acetaminophen", ["paracetamol", "paracetamol"]),
        ("metformin, then atorvastatin", ["metformin", "atorvastatin"]),
        ("服用二甲双胍和布洛芬", ["metformin", "ibuprofen"]),
        ("an unknown fluxipril", ["fluxipril"]),
        ("water, bread and a walk in April", []),
    ],
)
def test_medicines_are_named_by_their_generic_name(text, names):
    assert [one.name for one in drugs(text)] == names


def test_a_medicine_keeps_its_place():
    one = drugs("Take warfarin now")[0]
    assert one.at == (5, 13)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Zyloric ", "zyloric"),
        ("take Zyloric: ", "zyloric"),
        ("about ", ""),
        ("a dose of ", ""),
        ("", ""),
    ],
)
def test_the_word_before_a_dose_may_name_a_medicine(text, name):
    assert named_before(text + "100 mg", len(text)) == name
