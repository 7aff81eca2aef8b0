import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policies.document import Document, read


def only_fault(text: str) -> str:
    (fault,) = read(text, "p.yaml").faults
    return str(fault)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("off", "off"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("010", 10),
        ("12", 12),
        ("-3", -3),
        (".15", 0.15),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ("2024-01-01", "2024-01-01"),
        ("12:30:00", "12:30:00"),
        ("0x10", "0x10"),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    document = read(f"k: {text}", "p.yaml")
    assert document.value == {"k": value}
    assert document.faults == ()


def test_every_place_has_its_line_and_a_missing_one_its_nearest_neighbour() -> None:
    document = read("# a policy\na: 1\nb:\n  - c: 2\n    d: 3\n", "p.yaml")
    assert document.line(("a",)) == 2
    assert document.line(("b", 0, "d")) == 5
    assert document.line(("b", 0, "missing")) == 4
    assert document.line(("nowhere",)) == 2


def test_a_key_given_twice_is_a_fault_that_names_both_lines() -> None:
    fault = only_fault("tenants:\n  a: 1\n  b: 2\n  a: 3\n")
    assert fault.startswith("p.yaml:4: tenants.a: is given twice; the first one is on line 2")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a:\n\tb: 1\n", "p.yaml:2: has a tab"),
        ("a: 1\n---\nb: 2\n", "starts a second document"),
        ("a: 1\nb: \x01\n", "p.yaml:2: has a control character"),
        ("a: 1\nb: [1, 2\nc: 3\n", "is not YAML from here on"),
        ("a: !!python/name:os.system x\n", "has the tag"),
        ("[a, b]: 1\n", "has a key that is not a plain word"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "p.yaml:3: c: uses `<<`"),
        ("a: *nowhere\n", "found undefined alias"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, says: str) -> None:
    assert says in only_fault(text)


def test_aliases_that_multiply_are_refused_before_they_grow() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    fault = only_fault("\n".join(rows))
    assert "is too large" in fault


def test_an_alias_inside_itself_ends() -> None:
    assert "is too large" in only_fault("a: &a [*a]\n")


def test_brackets_without_end_are_a_fault_and_no_crash() -> None:
    assert "nested too deeply" in only_fault("a: " + "[" * 5000 + "]" * 5000)


def test_an_empty_text_has_no_value_and_no_fault() -> None:
    assert read("# nothing yet\n", "p.yaml") == Document(None, {}, ())


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z")), max_size=12)
values = st.recursive(
    st.booleans() | st.integers(-(10**9), 10**9) | words | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(words, values, max_size=4))
def test_quoted_yaml_reads_as_what_was_written(value: dict[str, object]) -> None:
    text = yaml.safe_dump(value, default_style='"', allow_unicode=True)
    document = read(text, "p.yaml")
    assert document.faults == ()
    assert document.value == value
