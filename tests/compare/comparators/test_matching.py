from compare.comparators.matching import matched


def test_objects_are_matched_by_what_identifies_them():
    ours = [{"drug": "Metformin", "dose": 1}, {"drug": "aspirin", "dose": 2}]
    theirs = [{"drug": "aspirin", "dose": 2}, {"drug": "metformin", "dose": 3}]
    assert matched(ours, theirs) == [(ours[0], theirs[1]), (ours[1], theirs[0])]


def test_the_member_that_is_shared_most_identifies():
    ours = [{"row": 1, "who": "Tan"}, {"row": 2, "who": "Lim"}]
    theirs = [{"row": 8, "who": "Lim"}, {"row": 9, "who": "Tan"}]
    assert matched(ours, theirs) == [(ours[0], theirs[1]), (ours[1], theirs[0])]


def test_what_is_spelled_nearly_the_same_belongs_together():
    ours, theirs = [{"name": "metformin"}], [{"name": "metformin HCl"}, {"name": "aspirin"}]
    assert matched(ours, theirs) == [(ours[0], theirs[0]), (None, theirs[1])]


def test_objects_that_nothing_identifies_are_matched_where_equal_and_by_place_else():
    ours = [{"a": 1, "b": [1]}, {"a": 1, "b": [2]}, {"a": 1, "b": [3]}]
    theirs = [{"a": 1, "b": [3]}, {"a": 1, "b": [1]}, {"a": 1, "b": [9]}, {"a": 1, "b": [8]}]
    assert matched(ours, theirs) == [
        (ours[0], theirs[1]),
        (ours[1], theirs[2]),
        (ours[2], theirs[0]),
        (None, theirs[3]),
    ]


def test_texts_are_matched_as_in_a_set():
    assert matched(["cough", "fever"], ["Fever", "cough", "rash"]) == [
        ("cough", "cough"),
        ("fever", "Fever"),
        (None, "rash"),
    ]
    assert matched(["a dry cough", "fever"], ["fever"]) == [
        ("a dry cough", None),
        ("fever", "fever"),
    ]


def test_numbers_and_mixed_items_keep_their_places():
    assert matched([1, 2], [2, 1, 3]) == [(1, 2), (2, 1), (None, 3)]
    assert matched([{"a": 1}, 2], [2]) == [({"a": 1}, 2), (2, None)]


def test_every_item_is_there_once_whatever_they_are():
    ours = [{"n": n % 7} for n in range(300)]
    theirs = [{"n": n % 5} for n in range(200)]
    pairs = matched(ours, theirs)
    assert [mine for mine, _ in pairs if mine is not None] == ours
    assert sorted(its["n"] for _, its in pairs if its is not None) == sorted(
        one["n"] for one in theirs
    )


def test_long_arrays_of_other_texts_are_matched_in_bounded_time():
    ours = [f"{n} sheep " * 20 for n in range(5000)]
    assert len(matched(ours, [text[::-1] for text in ours])) == 10_000


def test_an_empty_array_matches_nothing():
    assert matched([], [1]) == [(None, 1)] and matched([], []) == []
