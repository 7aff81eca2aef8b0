import pytest

from compare.schemas.patterns import Unsupported, pattern


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        (r"^\d{3}$", "123", True),
        (r"^\d{3}$", "1234", False),
        (r"^\d{3}$", "123\n", False),
        ("b", "abc", True),
        (r"^\u00e9$", "é", True),
        (r"^\u{1F600}$", "😀", True),
        (r"^\\u00e9$", "é", False),
        (r"^\p{Script=Han}", "x", False),
        (r"^a\/b$", "a/b", True),
        ("^a$", "\ud800", False),
    ],
)
def test_expressions_are_those_of_ecmascript(written, text, found):
    try:
        assert pattern(written).found_in(text) is found
    except Unsupported:
        assert "Script=" in written


def test_an_expression_made_to_take_for_ever_takes_a_moment():
    assert not pattern("^(a+)+$").found_in("a" * 100_000 + "b")
    assert not pattern("^(a|a)*$").found_in("a" * 100_000 + "b")


@pytest.mark.parametrize("written", ["^(?=a)b", r"(a)\1", "(", "((a{1,100}){1,100}){1,100}"])
def test_what_is_not_run_says_why(written):
    for _ in range(2):
        with pytest.raises(Unsupported) as raised:
            pattern(written)
        assert str(raised.value)
