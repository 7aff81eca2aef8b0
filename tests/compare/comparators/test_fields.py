import pytest

from compare.comparators.fields import Sort, leaves, score


def agreed(primary, candidate, exact=frozenset()):
    return score(leaves({"x": primary}, {"x": candidate}, exact))


SAME = [
    (500, 500.0),
    ("Metformin", "metformin"),
    ("2026-03-04", "4 March 2026"),
    ("04/03/2026", "2026-03-04"),
    ("2026-03-04T10:00:00Z", "2026-03-04T18:00:00+08:00"),
    ("500 mg", "0.5 g"),
    ("1,000", "1000"),
    (None, ""),
    ([], None),
    ({"a": None}, {}),
    (["cough", "fever"], ["fever", "cough"]),
    ([{"id": 1, "v": 2}, {"id": 2, "v": 3}], [{"id": 2, "v": 3}, {"id": 1, "v": 2}]),
]
OTHER = [
    (500, 5000),
    (500, "500"),
    (True, False),
    (True, 1),
    (False, None),
    (0, None),
    ("500 mg", "500 mcg"),
    ("120/80", "120/90"),
    ("left", "right"),
    ("positive", "negative"),
    ("2026-03-04", "2026-03-05"),
    ("2026-03-04T10:00:00Z", "2026-03-04T10:00:00+08:00"),
    ([1, 2], [2, 1]),
    ({"a": 1}, [1]),
    ("two days", "three days"),
    ("!", "?"),
]


@pytest.mark.parametrize(("primary", "candidate"), SAME, ids=str)
def test_what_means_the_same_agrees(primary, candidate):
    assert agreed(primary, candidate) == 1.0 == agreed(candidate, primary)


@pytest.mark.parametrize(("primary", "candidate"), OTHER, ids=str)
def test_what_means_another_thing_does_not(primary, candidate):
    assert agreed(primary, candidate) == 0.0
    assert all(leaf.differs for leaf in leaves({"x": primary}, {"x": candidate}))


def test_prose_agrees_as_far_as_its_words_do():
    near = agreed("Take it with food, twice a day", "Take it twice a day with some food")
    far = agreed("Take it with food, twice a day", "The counter stamps your parking ticket")
    assert 0.7 < near < 1 and far < 0.5


def test_prose_with_other_numbers_agrees_less():
    text = "The blood pressure was measured as 120 over 80 by the nurse"
    assert agreed(text, text.replace("80", "90")) < 0.5


def test_what_a_schema_lists_and_what_codes_name_has_no_other_words():
    listed = frozenset({"needs a visit", "needs no visit"})
    assert agreed("needs a visit", "needs no visit", listed) == 0.0
    assert agreed("needs a visit", "needs no visit") > 0.5
    code = leaves({"icdCode": "E 11 9"}, {"icdCode": "E 11 8"})
    assert score(code) == 0.0 and code[0].sort is Sort.EXACT


def test_the_score_is_the_share_of_the_leaves():
    primary = {"a": 1, "b": {"c": "x", "d": True}, "e": [1]}
    assert score(leaves(primary, primary)) == 1.0
    assert score(leaves(primary, primary | {"a": 2})) == 0.75
    assert score(leaves(primary, {})) == 0.0
    assert score(leaves({}, {})) == 1.0


def test_a_tenfold_dose_among_many_fields_is_one_leaf_that_differs():
    primary = {"drugs": [{"name": f"d{n}", "dose": n} for n in range(20)]}
    candidate = {
        "drugs": [{"name": f"d{n}", "dose": n * (10 if n == 7 else 1)} for n in range(20)]
    }
    (only,) = [leaf for leaf in leaves(primary, candidate) if leaf.differs]
    assert only.words == "$.drugs[7].dose: 70; the primary says 7"
    assert only.sort is Sort.NUMBER


def test_what_one_side_alone_says_is_told_with_its_path():
    gone, new = leaves({"a": {"b": ["x"]}}, {"c": 5})
    assert gone.words == "$.a.b[0]: nothing; the primary says x"
    assert new.words == "$.c: 5; the primary says nothing"
    (typed,) = leaves({"a": 5}, {"a": "5"})
    assert typed.words == '$.a: "5"; the primary says 5'


def test_words_of_a_leaf_can_be_written_anywhere():
    (leaf,) = leaves({"\ud800": "\ud800"}, {"\ud800": "\udfff" * 500})
    assert len(leaf.words.encode()) < 300


def test_long_documents_take_bounded_time():
    primary = [{"v": n % 7, "w": "a" * 10} for n in range(5000)]
    candidate = [{"v": n % 5, "w": "b" * 10} for n in range(5000)]
    assert 0 < score(leaves(primary, candidate)) < 0.5
    assert score(leaves({"t": "a " * 500_000}, {"t": "b " * 500_000})) < 0.6


def test_texts_that_differ_beyond_what_is_compared_do_not_agree_wholly():
    long = "word " * 10_000
    assert agreed(long + "left", long + "right") < 0.5
    assert agreed(long, long) == 1.0
