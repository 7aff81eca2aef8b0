from hypothesis import given
from hypothesis import strategies as st

from cutover.verifying.sayings import found_at, number_at, number_of, text_at, text_of

EVENT = {
    "seq": 3,
    "details": {"route": "chat", "flags": ["DOSE:fail", "TONE:info"], "cut": True},
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "b", "type"]), inner),
)


def test_a_text_is_found_at_its_place():
    assert text_at(EVENT, "details", "route") == "chat"
    assert text_at(EVENT, "details", "flags") == "DOSE:fail TONE:info"
    assert text_at(EVENT, "details", "cut") == "yes"
    assert text_at(EVENT, "details", "model") == text_at(EVENT, "seq", "x") == ""


def test_a_whole_number_is_found_at_its_place():
    assert number_at(EVENT, "seq") == 3
    assert number_at(EVENT, "details", "cut") is None
    assert number_at({"seq": 2**60}, "seq") is None


@given(ANYTHING)
def test_no_shape_of_an_event_breaks_its_reader(anything):
    for path in ((), ("a",), ("a", "b")):
        text_at({"a": anything}, *path)
        number_at({"a": anything}, *path)
        found_at({"a": anything}, *path)


@given(ANYTHING)
def test_a_place_made_ready_is_read_as_it_would_be_otherwise(anything):
    event = {"a": anything, "type": "egress.done"}
    for path in (("a",), ("a", "b"), ("absent",), ("absent", "b"), ("type",), ("type", "a")):
        assert text_of(*path)(event) == text_at(event, *path)
        found = number_of(*path)(event)
        assert (found, type(found)) == (number_at(event, *path), type(number_at(event, *path)))
