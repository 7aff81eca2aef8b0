import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from mirror.patient import normalised, pseudonym


@given(st.text(min_size=1), st.binary(min_size=32, max_size=32))
def test_a_pseudonym_is_twenty_capitals_and_digits_or_nothing(reference, pepper):
    found = pseudonym(pepper, reference)
    assert re.fullmatch(r"[A-Z2-7]{20}", found) if normalised(reference) else found == ""


def test_however_it_is_written_it_is_the_same_patient():
    written = ("880512-10-5233", "880512105233", " 880512 10 5233 ", "８８０５１２１０５２３３")
    assert len({pseudonym(b"p" * 32, one) for one in written}) == 1
    assert pseudonym(b"p" * 32, "a-12") == pseudonym(b"p" * 32, "A12")


def test_with_another_pepper_it_is_another_one():
    found = pseudonym(b"p" * 32, "880512-10-5233")
    assert found != pseudonym(b"q" * 32, "880512-10-5233")
    assert found != pseudonym(b"p" * 32, "880512-10-5234")
    assert hashlib.sha256(b"880512105233").hexdigest() not in found
