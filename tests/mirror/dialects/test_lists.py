"""The dialects whose answer is one list."""

import pytest

from mirror.dialects.lists import EMBEDDINGS, RERANK, SCORE
from mirror.sse import Event


@pytest.mark.parametrize(
    ("dialect", "key"), [(EMBEDDINGS, b"data"), (RERANK, b"results"), (SCORE, b"data")]
)
def test_a_whole_answer_holds_its_list(dialect, key):
    assert dialect.fault_of(b'{"%s": []}' % key, "") == ""
    assert dialect.fault_of(b'{"choices": []}', "") != ""
    assert dialect.fault_of(b'{"error": "no"}', "") == "error"
    assert dialect.streams is False


def test_no_event_is_ever_a_part_of_one():
    found = Event("message", "[DONE]")
    assert not EMBEDDINGS.is_terminal(found)
    assert not EMBEDDINGS.first_content(found)
