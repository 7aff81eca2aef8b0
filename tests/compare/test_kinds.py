import pytest

from compare import kinds
from compare.asked import Asked
from compare.canonical import Answer
from compare.kinds import TEXT
from compare.sides import Sides


@pytest.mark.parametrize("dialect", ["", "chat", "completions", "responses"])
def test_words_are_compared_as_text(dialect):
    sides = Sides("chat", dialect, Asked("Why?"), Answer("So."), Answer("No."))
    assert kinds.of(sides) is TEXT
    assert TEXT.words and TEXT.agreement is None
