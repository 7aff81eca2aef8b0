"""Rerank, in the shapes of Cohere, Jina and vLLM, and the scores of vLLM's `/score`.

A rerank answer lists documents by relevance, `results[{index, relevance_score}]`. A score answer
lists every text's score in the order of the request, `data[{index, score}]`: its ranking is by score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from compare.canonical import Answer, Place, Ranking
from compare.dialects.values import Object, objects, text
from compare.dialects.whole import never_streamed

_DOCUMENTS = ("documents", "text_2", "data_2")
_QUERIES = ("query", "queries", "text_1", "data_1")


def of_object(body: Object) -> Answer | None:
    """The documents in the order in which the server listed them."""
    return _listed(body, "results", "relevance_score")


def of_scores(body: Object) -> Answer | None:
    """The documents by falling score; those with equal scores in the order of the request."""
    if not any("score" in one for one in objects(body, "data")):
        return None
    found = _listed(body, "data", "score")
    if found is None or found.ranking is None:
        return None
    places = sorted(found.ranking.places, key=_falling)
    return Answer(model=found.model, ranking=Ranking(tuple(places), found.ranking.faults))


def documents(request: Object) -> int | None:
    """How many documents a request gives; None where it does not tell."""
    given = next((request[key] for key in _DOCUMENTS if key in request), None)
    if isinstance(given, str):
        return 1
    return len(given) if isinstance(given, list) else None


def prompt(request: Object) -> str:
    """The query and below it the documents' words, one a line."""
    given = (request.get(key) for key in (*_QUERIES, *_DOCUMENTS))
    return "\n".join(filter(None, map(_words, given)))


def _words(given: object) -> str:
    if isinstance(given, list):
        return "\n".join(filter(None, map(_words, given)))
    return given if isinstance(given, str) else text(given, "text")


def _listed(body: Object, key: str, score: str) -> Answer | None:
    listed = body.get(key)
    entries = objects(body, key)
    if not isinstance(listed, list) or len(entries) < len(listed):
        return None
    if not all("index" in one or score in one for one in entries):
        return None
    return Answer(model=text(body, "model"), ranking=_ranking(entries, score))


def _ranking(entries: Sequence[Object], score: str) -> Ranking:
    places, faults = [], []
    for number, entry in enumerate(entries):
        index = entry.get("index")
        if type(index) is int:
            places.append(Place(index, _number(entry.get(score))))
        else:
            faults.append(f"result {number} names no document")
    return Ranking(tuple(places), tuple(faults[:5]))


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    try:
        return float(given)
    except OverflowError:
        return math.inf


def _falling(place: Place) -> float:
    known = place.score is not None and not math.isnan(place.score)
    return -place.score if known and place.score is not None else math.inf


RERANK = never_streamed(of_object, prompt)
SCORE = never_streamed(of_scores, prompt)
