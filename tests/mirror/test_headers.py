"""Which headers an upstream is told of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.headers import header_map, recordable, sendable


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_what_is_recorded_never_holds_a_credential(headers):
    secrets = {"authorization": "Bearer k", "cookie": "c", "api-key": "k"}
    assert not secrets.keys() & recordable(headers | secrets).keys()


@pytest.mark.parametrize("value", [b"", b"app/1", b"a\tb", b"Jos\xc3\xa9", b"\xf0\x9f\x8f\xa5"])
def test_text_is_sent_byte_for_byte(value):
    assert sendable({"user-agent": value.decode("latin-1")}) == {b"user-agent": value}


@pytest.mark.parametrize(
    "value", [b"Jos\xe9", b"\xff", b"a\x01", b"a\x7f", b"a\r\nx: y", b"\0"]
)
def test_what_cannot_be_written_is_left_out_alone(value):
    headers = {"user-agent": value.decode("latin-1"), "accept": "*/*"}
    assert sendable(headers) == {b"accept": b"*/*"}


def test_the_first_header_of_a_name_counts():
    assert header_map([(b"A", b"1"), (b"a", b"2"), (b"B", b"\xe9")]) == {"a": "1", "b": "é"}
