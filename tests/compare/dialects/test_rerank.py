"""Rankings of rerank answers, and of scores."""

import json

import pytest

from compare.canonical import Place
from compare.dialects import rerank
from compare.dialects.rerank import RERANK, SCORE

JINA = {
    "model": "m",
    "usage": {"total_tokens": 5},
    "results": [
        {"index": 2, "document": {"text": "c"}, "relevance_score": 0.9},
        {"index": 0, "document": {"text": "a"}, "relevance_score": 0.1},
    ],
}
COHERE = {
    "id": "x",
    "results": [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
    "meta": {"api_version": {"version": "2"}},
}


@pytest.mark.parametrize("body", [JINA, COHERE])
def test_documents_stand_as_the_server_listed_them(body):
    found = RERANK.of_body(json.dumps(body).encode(), "application/json").ranking
    assert found.places == (Place(2, 0.9), Place(0, 0.1)) and not found.faults


def test_scores_rank_by_falling_score():
    scores = [0.2, None, 0.7, 0.7]
    data = [{"index": at, "score": score} for at, score in enumerate(scores)]
    found = SCORE.of_body(json.dumps({"data": data}).encode(), "application/json").ranking
    assert [place.document for place in found.places] == [2, 3, 0, 1]


def test_what_is_no_number_is_no_score():
    given = ["0.9", None, True, [1]]
    results = [{"index": at, "relevance_score": score} for at, score in enumerate(given)]
    assert [p.score for p in rerank.of_object({"results": results}).ranking.places] == [
        None
    ] * 4


def test_an_integer_that_no_float_holds_is_infinite():
    found = rerank.of_object({"results": [{"index": 0, "relevance_score": 10**400}]})
    assert found.ranking.places[0].score == float("inf")


def test_a_result_that_names_no_document_is_a_fault():
    found = rerank.of_object(
        {"results": [{"relevance_score": 1}, {"index": "1"}, {"index": 1}]}
    )
    assert found.ranking.faults == ("result 0 names no document", "result 1 names no document")
    assert found.ranking.places == (Place(1, None),)


@pytest.mark.parametrize(
    "body", [{}, {"results": 3}, {"results": [3]}, {"results": [{"a": 1}]}]
)
def test_what_lists_no_results_is_no_answer(body):
    assert rerank.of_object(body) is None


def test_vectors_are_no_scores():
    assert rerank.of_scores({"data": [{"index": 0, "embedding": [1.0], "object": "e"}]}) is None


@pytest.mark.parametrize(
    ("request_", "count", "prompt"),
    [
        ({"query": "q", "documents": ["a", {"text": "b"}]}, 2, "q\na\nb"),
        ({"text_1": "q", "text_2": ["a", "b", "c"]}, 3, "q\na\nb\nc"),
        ({"queries": "q", "documents": "a"}, 1, "q\na"),
        ({"query": 3, "documents": 3}, None, ""),
        ({}, None, ""),
    ],
)
def test_documents_are_counted_and_read(request_, count, prompt):
    assert (rerank.documents(request_), rerank.prompt(request_)) == (count, prompt)
