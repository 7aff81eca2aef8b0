"""The dialects whose answer is one list and never a stream: vectors, ranks and scores.

Sources: the OpenAI API reference, "Embeddings"; vLLM's documentation of `/rerank` and `/score`, whose
shapes are those of Jina and Cohere, and which LiteLLM serves alike.
"""

from __future__ import annotations

from mirror.dialects import jsonbody, openai
from mirror.dialects.dialect import Dialect
from mirror.sse import Event


def _never(event: Event) -> bool:
    return False


def _list_of(name: str, key: str, called: str) -> Dialect:
    return Dialect(
        name=name,
        with_model=jsonbody.with_model,
        is_terminal=_never,
        is_error=openai.is_error,
        first_content=_never,
        model_of=openai.model_of,
        fault_of=openai.whole_with(key, called),
        error_event=openai.error_event,
        streams=False,
        kept_bytes=16 << 20,  # a batch of 500 vectors of 1,024 numbers is 11 MB
    )


EMBEDDINGS = _list_of("embeddings", "data", "a list of embeddings")
RERANK = _list_of("rerank", "results", "a list of results")
SCORE = _list_of("score", "data", "a list of scores")
