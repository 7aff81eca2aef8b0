"""What holds for the reader of every dialect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streams import anything

from compare.dialects import READERS


@pytest.mark.parametrize("dialect", READERS)
@given(
    value=st.dictionaries(st.sampled_from(["choices", "output", "input", "prompt"]), anything())
)
def test_no_reader_raises_whatever_it_reads(dialect, value):
    reader, merger = READERS[dialect], READERS[dialect].merger()
    reader.of_object(value)
    merger.take(value)
    merger.answer()
    assert isinstance(reader.prompt(value), str)


@pytest.mark.parametrize("dialect", READERS)
def test_where_nothing_was_taken_there_is_no_answer(dialect):
    merger = READERS[dialect].merger()
    assert (merger.answer(), merger.finished, merger.last) == (None, False, False)
