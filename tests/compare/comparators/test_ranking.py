"""Two rankings of the same documents."""

import json

import pytest

from compare.canonical import Answer
from compare.comparators.ranking import LONGEST, agreement, ranking
from compare.comparison import Severity
from compare.dialects import READERS
from compare.sides import Sides

TWELVE = list(range(12))


def results(order, scores=None):
    scores = scores or [1 - at / 100 for at in range(len(order))]
    return [
        {"index": document, "relevance_score": score}
        for document, score in zip(order, scores, strict=True)
    ]


def sides(theirs, ours=None, dialect="rerank", **asked):
    asked = {"query": "q", "documents": [f"d{at}" for at in TWELVE], **asked}
    read = READERS[dialect]
    key = "results" if dialect == "rerank" else "data"
    answers = [
        read.of_body(json.dumps({key: listed}).encode(), "")
        for listed in (ours or results(TWELVE), theirs)
    ]
    request = read.asked(json.dumps(asked).encode(), "application/json")
    return Sides("rerank", dialect, request, *answers)


def told(found):
    return [(flag.code, flag.severity.value, flag.evidence) for flag in ranking(found).flags]


@pytest.mark.parametrize(
    ("theirs", "asked", "code", "says"),
    [
        (results(TWELVE[:9]), {}, "SHAPE", "9 results where 12 were asked for"),
        (results(TWELVE), {"top_n": 3}, "SHAPE", "12 results where 3 were asked for"),
        (results([*TWELVE[:11], 12]), {}, "SHAPE", "document 12, which is none of 12"),
        (results([-1, *TWELVE[1:]]), {}, "SHAPE", "document -1, which is none"),
        (results([0, *TWELVE[:11]]), {}, "SHAPE", "document 0 is listed twice"),
        (results(TWELVE, [None] * 12), {}, "MISSING_SCORE", "12 of 12 results have no score"),
        (results(TWELVE, ["x"] * 12), {}, "MISSING_SCORE", "12 of 12"),
        (results(TWELVE, [float("nan")] * 12), {}, "NOT_FINITE", "12 of 12 scores are NaN"),
        (results(TWELVE, [0.5] * 12), {}, "SCORES_EQUAL", "all 12 scores are 0.5"),
        (results(TWELVE, [at / 12 for at in TWELVE]), {}, "UNSORTED", "not listed by falling"),
    ],
)
def test_what_is_no_ranking_of_the_documents_is_flagged(theirs, asked, code, says):
    ours = results(TWELVE[:3]) if "top_n" in asked else None
    [(found, severity, words)] = told(sides(theirs, ours, **asked))
    assert (found, severity) == (code, "fail") and says in words


def test_a_result_that_names_no_document_is_flagged_once():
    theirs = results(TWELVE)
    theirs[4] = {"relevance_score": 0.96}
    assert told(sides(theirs)) == [("SHAPE", "fail", "result 4 names no document")]


def test_what_the_primary_shows_as_well_is_no_fault_of_the_candidate():
    flat = results(TWELVE, [0.0] * 12)
    assert [one.severity for one in ranking(sides(flat, flat)).flags] == [Severity.INFO]


def test_without_a_request_that_tells_it_the_primary_says_how_many_there_are():
    [(code, _, words)] = told(sides(results(TWELVE[:4]), documents=None))
    assert (code, words) == ("SHAPE", "4 results where the primary gave 12")


def test_two_models_scores_are_never_compared():
    found = sides(results(TWELVE, [40 - at for at in TWELVE]))
    assert told(found) == [] and agreement(found).signals["equivalence"] == 1.0


def test_agreement_falls_from_the_same_over_a_late_and_an_early_swap_to_the_reverse():
    late, early = [*TWELVE[:10], 11, 10], [1, 0, *TWELVE[2:]]
    orders = (TWELVE, late, early, [6, 3, *[x for x in TWELVE if x not in (6, 3)]])
    found = [agreement(sides(results(order))).signals for order in orders]
    scores = [one["equivalence"] for one in found]
    assert scores[0] == 1.0 and scores == sorted(scores, reverse=True) and len(set(scores)) == 4
    assert agreement(sides(results(TWELVE[::-1]))).signals["equivalence"] == 0.0


def test_every_measure_of_order_is_a_signal():
    signals = agreement(sides(results([1, 0, *TWELVE[2:]]))).signals
    assert signals["top_1"] == 0.0 and signals["overlap_3"] == 1.0
    assert signals["order"] == (signals["ndcg_10"] + signals["rbo"]) / 2
    assert 0.9 < signals["tau_b"] < 1


def test_a_list_that_lacks_documents_agrees_less_than_a_whole_one():
    cut = [agreement(sides(results(TWELVE[:at]))).signals["equivalence"] for at in (12, 9, 3)]
    assert cut == sorted(cut, reverse=True) and cut[0] == 1.0 and cut[2] < 0.5


def test_of_the_best_few_chance_is_that_of_all_documents():
    top = results(TWELVE[:3])
    none = results([9, 10, 11])
    assert agreement(sides(top, top, top_n=3)).signals["equivalence"] == pytest.approx(1)
    assert agreement(sides(none, top, top_n=3)).signals["equivalence"] == 0.0


@pytest.mark.parametrize(
    ("theirs", "ours", "documents", "missing"),
    [
        ([], results(TWELVE), None, "unreadable_ranking"),
        (results([0]), results([0]), ["one"], "too_few_documents"),
        (results(TWELVE, [0.5] * 12), results(TWELVE), None, "scores_equal"),
        (results(TWELVE), results(TWELVE, [0.5] * 12), None, "scores_equal"),
        (results([0, 1], [0.5] * 2), results([0, 1]), ["one", "two"], "scores_equal"),
    ],
)
def test_what_has_no_order_is_missing_and_never_a_silent_one(theirs, ours, documents, missing):
    found = agreement(sides(theirs, ours, documents=documents))
    assert (found.missing, found.signals) == (missing, {})


def test_a_single_result_and_results_without_scores_have_the_order_they_are_listed_in():
    top, none = results([0]), results(TWELVE, [None] * 12)
    assert agreement(sides(top, top, top_n=1)).signals["equivalence"] == pytest.approx(1)
    assert agreement(sides(none)).signals["equivalence"] == 1.0


def test_scores_in_the_order_of_the_request_rank_by_score():
    ours = [{"index": at, "score": at / 12} for at in TWELVE]
    theirs = [{"index": at, "score": at} for at in TWELVE]
    found = sides(theirs, ours, dialect="score", text_1="q", text_2=["x"] * 12)
    assert told(found) == [] and agreement(found).signals["equivalence"] == 1.0


def test_of_very_many_documents_the_best_are_compared():
    many = list(range(LONGEST * 3))
    found = sides(results(many), results(many), documents=["x"] * len(many))
    assert agreement(found).signals["tau_b"] == pytest.approx(1)


def test_an_answer_without_a_ranking_has_no_findings():
    nothing = Sides("rerank", "rerank", sides(results(TWELVE)).asked, Answer(), Answer())
    assert ranking(nothing).flags == ()
    assert agreement(nothing).missing == "unreadable_ranking"


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_ranking_by_what_is_no_number_agrees_with_none(score):
    found = agreement(sides(results(TWELVE, [score, *[0.5] * 11])))
    assert (found.signals, found.missing) == ({}, "unreadable_ranking")
