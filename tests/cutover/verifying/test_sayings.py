from hypothesis import given
from hypothesis import strategies as st

from cutover.verifying.sayings import found_at, number_at, text_at

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
