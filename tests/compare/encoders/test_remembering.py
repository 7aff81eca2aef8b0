import pytest

from compare.encoders.remembering import Remembering


def kept(words, number):
    """What so many short sentences take: a vector of 64 numbers each, and a little beside it."""
    return number * (words.encode(["a"]).nbytes + 201)


def test_what_was_seen_is_not_encoded_again(words):
    remembering = Remembering(words, capacity=kept(words, 3) + 2)
    words.asked.clear()
    first = remembering.encode(["a b", "c", "a b"])
    assert words.asked == [["a b", "c"]]
    assert (remembering.encode(["c", "a b"]) == first[[1, 0]]).all()
    assert len(words.asked) == 1
    remembering.encode(["d", "e"])  # the oldest is forgotten
    remembering.encode(["c"])
    assert words.asked[1:] == [["d", "e"], ["c"]]


def test_a_batch_beyond_the_memory_is_still_answered(words):
    remembering = Remembering(words, capacity=kept(words, 2))
    assert remembering.encode(["a", "b", "c", "d"]).shape[0] == 4
    assert (remembering.encode(["a"]) == words.encode(["a"])).all()


@pytest.mark.parametrize("length", [1, 300])
def test_memory_is_bounded_in_bytes_however_long_the_sentences(words, length):
    remembering = Remembering(words, capacity=20_000)
    for number in range(400):
        remembering.encode([f"{number} " + "x" * length])
    # Beside the vectors' own bytes, those of the sentences count.
    held = sum(len(said) + vector.nbytes for said, vector in remembering._seen.items())
    assert 5_000 < held <= 20_000
    assert all(vector.base is None for vector in remembering._seen.values())
