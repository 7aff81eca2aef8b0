import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.exchange import Source
from mirror.journal.quick_json import read, told, written

TEXT = st.text(st.characters())  # half characters too
LEAF = TEXT | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none()
VALUE = st.recursive(LEAF, lambda of: st.lists(of) | st.dictionaries(TEXT, of), max_leaves=20)


@given(VALUE)
def test_what_is_written_is_read_as_it_was(value):
    assert read(written(value)) == read(told(value)) == value


@given(VALUE)
def test_the_standard_library_reads_it_too(value):
    assert json.loads(written(value)) == value


@given(VALUE)
def test_what_the_standard_library_wrote_is_read(value):
    assert read(json.dumps(value)) == value


def test_half_a_character_is_written_in_letters_that_every_store_takes():
    assert written("a\ud800") == b'"a\\ud800"'


def test_a_word_of_an_enumeration_is_written_as_its_text():
    assert written({"x": Source.OBSERVED}) == b'{"x":"observed"}'


def test_what_has_no_json_is_refused():
    with pytest.raises(TypeError):
        written({"x": object()})
    with pytest.raises(ValueError, match="Expecting"):
        read(b"{")
