"""How long an answer may be, as its request says."""

import pytest

from mirror.budget import tokens_of


@pytest.mark.parametrize(
    ("document", "tokens"),
    [
        ({}, None),
        ({"max_tokens": 100}, 100),
        ({"max_completion_tokens": 50, "max_tokens": 100}, 50),
        ({"max_output_tokens": 7}, 7),
        ({"max_completion_tokens": None, "max_tokens": 100}, 100),
        ({"max_tokens": "100"}, None),
        ({"max_tokens": True}, None),
        ({"max_tokens": -1}, None),
        ({"max_tokens": 10**30}, None),
        ({"max_tokens": 1.5}, None),
    ],
)
def test_the_request_says_how_many_tokens_its_answer_may_have(document, tokens):
    assert tokens_of(document) == tokens
