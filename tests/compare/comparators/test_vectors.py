"""Vectors of two models for the same inputs."""

import base64
import json

import numpy as np
import pytest

from compare import cases, legs
from compare.canonical import Answer, Embeddings
from compare.comparators.vectors import SAMPLE, agreement, vectors
from compare.comparison import Severity
from compare.dialects import READERS
from compare.sides import Sides
from mirror.exchange import End, Leg, Reply, Side

CHANCE = np.random.default_rng(5)


def unit(rows, columns, chance=CHANCE):
    found = chance.normal(size=(rows, columns)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


OURS = unit(8, 16)


def body(matrix, encoded=False, **usage):
    data = [
        {
            "index": at,
            "embedding": base64.b64encode(row.astype("<f4").tobytes()).decode()
            if encoded
            else row.tolist(),
        }
        for at, row in enumerate(matrix)
    ]
    return {"data": data, "model": "m", "usage": usage}


def sides(theirs, ours=OURS, **asked):
    asked = {"input": [f"text {at}" for at in range(len(OURS))], **asked}
    read = READERS["embeddings"]
    request = read.asked(json.dumps(asked).encode(), "application/json")
    answers = [
        read.of_body(json.dumps(one if isinstance(one, dict) else body(one)).encode(), "")
        for one in (ours, theirs)
    ]
    return Sides("embed", "embeddings", request, *answers)


def told(found):
    return [(flag.code, flag.severity.value, flag.evidence) for flag in vectors(found).flags]


def codes(found):
    return [flag.code for flag in vectors(found).flags if flag.severity is Severity.FAIL]


def changed(at, value, of=OURS):
    other = of.copy()
    other[at] = value
    return other


def test_another_model_s_vectors_are_no_fault():
    other = sides(unit(8, 24))
    assert codes(other) == []
    assert vectors(other).signals == {"dimensions": 24.0}


@pytest.mark.parametrize(
    ("theirs", "asked", "code", "says"),
    [
        (OURS[:7], {}, "SHAPE", "7 vectors for 8 inputs"),
        (np.vstack([OURS, OURS]), {}, "SHAPE", "16 vectors for 8 inputs"),
        (OURS, {"dimensions": 12}, "CAPABILITY_GAP", "16 dimensions where 12 were asked for"),
        (changed(3, np.nan), {}, "NOT_FINITE", "1 of 8 vectors with NaN"),
        (changed(3, np.inf), {}, "NOT_FINITE", "the first for input 3"),
        (changed(3, 0), {}, "ZERO_VECTOR", "the first for input 3"),
        (OURS * 2, {}, "NOT_NORMALISED", "8 of 8 vectors not of length 1"),
        (np.tile(OURS[:1], (8, 1)), {}, "BROKEN", "all 8 vectors are alike"),
        (OURS, {"encoding_format": "base64"}, "SHAPE", "float vectors where base64"),
        (body(OURS, True), {"encoding_format": "float"}, "SHAPE", "base64 vectors where float"),
    ],
)
def test_what_is_not_what_was_asked_for_is_flagged_with_its_reason(theirs, asked, code, says):
    well = body(OURS[:, :12] / np.linalg.norm(OURS[:, :12], axis=1, keepdims=True))
    ours = well if asked.get("dimensions") else OURS
    if asked.get("encoding_format") == "base64":
        ours = body(OURS, True)
    [(found, severity, words)] = told(sides(theirs, ours, **asked))
    assert (found, severity) == (code, "fail") and says in words


def test_what_cannot_be_read_is_flagged_with_its_reason():
    broken = body(OURS)
    broken["data"][2]["embedding"] = "half a base64 strin"
    assert told(sides(broken)) == [("SHAPE", "fail", "vector 2 is no base64")]
    assert agreement(sides(broken)).missing == "unreadable_vectors"


def test_what_the_primary_shows_as_well_is_no_fault_of_the_candidate():
    assert codes(sides(OURS[:7], OURS[:7])) == []
    assert [severity for _, severity, _ in told(sides(OURS[:7], OURS[:7]))] == ["info"]


def test_without_a_request_that_tells_it_the_primary_says_how_many_inputs_there_are():
    request = {"input": None}
    assert codes(sides(OURS, OURS, **request)) == []
    [(code, _, words)] = told(sides(OURS[:5], OURS, **request))
    assert (code, words) == ("SHAPE", "5 vectors where the primary gave 8")


def test_a_server_that_read_a_part_of_the_text_is_flagged():
    long, short = body(OURS, prompt_tokens=4_000), body(OURS, prompt_tokens=512)
    assert told(sides(short, long)) == [
        ("PROMPT_TRUNCATED", "fail", "read 512 tokens where the primary read 4,000")
    ]
    assert codes(sides(body(OURS, prompt_tokens=2_000), long)) == []


def test_lengths_are_no_matter_where_the_primary_s_are_not_one():
    assert codes(sides(OURS * 3, OURS * 2)) == []


def test_lengths_rounded_to_sixteen_bits_are_one():
    assert codes(sides(OURS.astype(np.float16))) == []


def test_agreement_falls_from_the_same_over_the_noisy_to_the_shuffled():
    ours = unit(60, 24)
    noisy = ours + unit(60, 24)
    found = [agreement(sides(one, ours)).signals for one in (ours, noisy, ours[::-1])]
    same, close, far = (one["equivalence"] for one in found)
    assert same == 1.0 > close > 0.3 and 0.15 > far >= 0
    assert found[2]["rsa"] < 0.15


def test_opposite_similarities_are_no_agreement_and_not_a_negative_one():
    ours = np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32)
    theirs = np.array([[1, 0], [-0.9, 0.1], [0.9, 0.1]], np.float32)
    assert agreement(sides(theirs, ours)).signals["equivalence"] == 0.0


@pytest.mark.parametrize(
    ("ours", "theirs", "missing"),
    [
        (OURS[:2], OURS[:2], "too_few_inputs"),
        (OURS, OURS[:7], "unreadable_vectors"),
        (OURS, changed(0, np.nan), "unreadable_vectors"),
        (changed(0, np.nan), OURS, "unreadable_vectors"),
        (np.tile(OURS[:1], (4, 1)), np.tile(OURS[1:2], (4, 1)), "inputs_alike"),
    ],
)
def test_what_cannot_be_compared_is_missing_and_never_a_silent_one(ours, theirs, missing):
    found = agreement(sides(theirs, ours))
    assert (found.missing, found.signals) == (missing, {})


def test_collapsed_vectors_agree_in_nothing():
    assert agreement(sides(np.tile(OURS[:1], (8, 1)))).signals == {"equivalence": 0.0}


def test_of_the_largest_batch_a_sample_is_compared():
    matrix = CHANCE.normal(size=(2_048, 64)).astype(np.float32)
    answer = Answer(vectors=Embeddings(matrix, len(matrix)))
    asked = sides(OURS).asked
    found = agreement(Sides("embed", "embeddings", asked, answer, answer))
    assert len(matrix) > SAMPLE and found.signals["equivalence"] == 1.0


def test_vectors_without_an_answer_have_no_findings():
    nothing = Sides("embed", "embeddings", sides(OURS).asked, Answer(), Answer())
    assert vectors(nothing).flags == () and agreement(nothing).missing == "unreadable_vectors"


def test_a_case_of_embeddings_is_scored_without_words():
    replies = {
        leg: Reply(
            "", leg, side, "u", "", "", 0, End.COMPLETE, body=json.dumps(body(OURS)).encode()
        )
        for leg, side in ((Leg.SERVED, Side.PRIMARY), (Leg.SHADOW, Side.CANDIDATE))
    }
    case = cases.of_legs("1", "embed", "embeddings", sides(OURS).asked, legs.of(replies))
    assert (case.kind.name, case.unread, case.found.flags) == ("vectors", "", ())
