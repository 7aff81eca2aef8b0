"""Neighbourhoods of a corpus in two models: laws, and the order in which models stand."""

import math

import numpy as np
import pytest

from compare import probe_corpus
from compare.probe_corpus import Embedded, likeness, score

CHANCE = np.random.default_rng(11)
DOCUMENTS = CHANCE.normal(size=(300, 32)).astype(np.float32)
QUERIES = (DOCUMENTS[::10] + CHANCE.normal(size=(30, 32)) * 0.5).astype(np.float32)
OURS = Embedded(DOCUMENTS, QUERIES)
TURN, _ = np.linalg.qr(CHANCE.normal(size=(32, 32)))


def each(change):
    return Embedded(*(change(one).astype(np.float32) for one in (DOCUMENTS, QUERIES)))


def measures(found):
    return [getattr(found, name) for name in found.__slots__]


@pytest.mark.parametrize(
    "other", [OURS, each(lambda one: one @ TURN), each(lambda one: one * 5)], ids=str
)
def test_a_model_is_like_itself_turned_and_scaled(other):
    assert measures(likeness(OURS, other)) == pytest.approx([1] * 6, abs=1e-3)


def test_documents_that_were_exchanged_leave_what_chance_leaves():
    shuffled = Embedded(DOCUMENTS[CHANCE.permutation(300)], QUERIES)
    found = likeness(OURS, shuffled)
    assert found.overlap_10 == pytest.approx(10 / 300, abs=0.04)
    assert abs(found.spearman) < 0.1 and found.cka < 0.3
    assert score(found.overlap_10, 300) < 0.1


def test_models_stand_in_the_order_of_how_near_they_are():
    nearer, farther = (
        each(lambda one, share=share: one + CHANCE.normal(size=one.shape) * share)
        for share in (0.3, 1.5)
    )
    shuffled = Embedded(DOCUMENTS[CHANCE.permutation(300)], QUERIES)
    rows = [measures(likeness(OURS, other)) for other in (OURS, nearer, farther, shuffled)]
    for values in zip(*rows, strict=True):
        assert (
            list(values) == sorted(values, reverse=True) and values[1] > values[2] > values[3]
        )


def test_the_score_is_one_at_the_primary_s_own_noise_and_nothing_at_chance():
    assert score(0.91, 600, noise=0.91) == 1.0
    assert score(10 / 600, 600) == 0.0
    assert 0.5 < score(0.54, 600, noise=0.97) < 0.6
    assert score(0.5, 300, noise=0.01) == 0.0


def test_a_corpus_of_nothing_scores_nothing():
    assert score(1.0, 0) == 0.0
    assert score(1.0, 8) == 0.0  # the ten nearest of eight are all of them


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "BROKEN"), (0.19, "BROKEN"), (0.2, "doubtful"), (0.54, "healthy"), (0.9, "close")],
)
def test_a_score_is_said_in_a_word(value, said):
    assert probe_corpus.says(value) == said


def test_no_text_is_a_query_and_a_document():
    documents, queries = probe_corpus.split([f"text {n}" for n in range(100)] * 2)
    assert (len(documents), len(queries)) == (90, 10)
    assert not set(documents) & set(queries)


def test_without_queries_there_is_nothing_to_say():
    none = Embedded(DOCUMENTS, np.empty((0, 32), np.float32))
    assert math.isnan(likeness(none, none).overlap_10)


def test_vectors_that_are_all_alike_agree_with_nothing():
    flat = each(np.ones_like)
    found = likeness(OURS, flat)
    assert math.isnan(found.spearman) and math.isnan(found.cka)
    assert found.overlap_10 < 0.1
