"""The names of medicines that ship with the program."""

from compare.comparators.lexicon import names


def test_brands_and_names_of_other_lands_lead_to_one_generic_name():
    same = {"panadol", "tylenol", "acetaminophen", "parasetamol", "对乙酰氨基酚", "paracetamol"}
    assert {names()[name] for name in same} == {"paracetamol"}


def test_every_name_is_in_lower_case_and_long_enough_to_be_no_everyday_word():
    short = {name for name in names() if name.isascii() and len(name) < 5}
    assert short <= {"apap", "hctz", "iron", "kcl", "ors", "pcm", "qvar"}, short
    assert all(name == name.lower() and name == name.strip() for name in names())


def test_no_name_is_an_everyday_word():
    everyday = """about allergy aman back blood cortisol daily doctor folate general generics health
    hospital kepala makan medicine minum nicotine normal pain patient pressure rash relax saha sakit
    sugar tablet ubat vitamin water week"""
    assert not names().keys() & (set(everyday.split()) - {"nicotine"})


def test_names_of_one_line_name_one_medicine():
    assert names()["janumet"] == "sitagliptin+metformin"
    assert names()["lantus"] == "insulin glargine"
    assert len(names()) > 7_000
