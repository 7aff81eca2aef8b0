"""Laws of what two models' vectors have in common."""

import math

import numpy as np
import pytest

from compare import neighbours

CHANCE = np.random.default_rng(3)
TEXTS = CHANCE.normal(size=(60, 24)).astype(np.float32)
MEASURES = (neighbours.similarity_agreement, neighbours.cka)


def turned(matrix: np.ndarray) -> np.ndarray:
    turn, _ = np.linalg.qr(CHANCE.normal(size=(matrix.shape[1], matrix.shape[1])))
    return (matrix @ turn).astype(np.float32)


@pytest.mark.parametrize("measure", MEASURES)
def test_vectors_agree_wholly_with_themselves_turned_scaled_or_wider(measure):
    wider = np.hstack([TEXTS, np.zeros((60, 8), np.float32)])
    for other in (TEXTS, turned(TEXTS), TEXTS * 7, wider):
        assert measure(TEXTS, other) == pytest.approx(1, abs=1e-3)


def test_vectors_of_shuffled_texts_have_nothing_in_common():
    shuffled = TEXTS[CHANCE.permutation(60)]
    assert abs(neighbours.similarity_agreement(TEXTS, shuffled)) < 0.15
    assert (
        neighbours.cka(TEXTS, shuffled) < 0.5
    )  # its chance level grows with dimensions by texts


@pytest.mark.parametrize("measure", MEASURES)
def test_a_little_noise_costs_a_little(measure):
    noise = CHANCE.normal(size=TEXTS.shape).astype(np.float32)
    little, much = (measure(TEXTS, TEXTS + noise * share) for share in (0.1, 1.0))
    assert 1 > little > 0.95 > much


def test_collapsed_vectors_say_nothing():
    collapsed = np.ones((60, 24), np.float32)
    assert neighbours.all_alike(collapsed)
    assert not neighbours.all_alike(TEXTS)
    assert math.isnan(neighbours.similarity_agreement(TEXTS, collapsed))
    assert math.isnan(neighbours.cka(TEXTS, collapsed))


def test_of_two_texts_there_is_only_one_similarity():
    assert math.isnan(neighbours.similarity_agreement(TEXTS[:2], TEXTS[:2]))


def test_a_row_of_zeros_is_like_nothing():
    found = neighbours.cosines(TEXTS[:2], np.zeros((1, 24), np.float32))
    assert found.tolist() == [[0.0], [0.0]]
