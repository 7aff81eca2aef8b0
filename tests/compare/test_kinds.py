import pytest

from compare import kinds
from compare.asked import Asked
from compare.canonical import Answer
from compare.kinds import RANKING, TEXT, VECTORS
from compare.sides import Sides


@pytest.mark.parametrize("dialect", ["", "chat", "completions", "responses"])
def test_words_are_compared_as_text(dialect):
    sides = Sides("chat", dialect, Asked("Why?"), Answer("So."), Answer("No."))
    assert kinds.of(sides) is TEXT
    assert TEXT.words and TEXT.agreement is None


@pytest.mark.parametrize(
    ("dialect", "kind"), [("embeddings", VECTORS), ("rerank", RANKING), ("score", RANKING)]
)
def test_what_is_no_prose_brings_its_own_agreement(dialect, kind):
    assert kinds.of(Sides("embed", dialect, Asked(), Answer(), Answer())) is kind
    assert kind.agreement is not None and not kind.words
