"""Which requests are mirrored and may be answered by the other side: one table, fail closed.

What is not in the table passes through to one upstream, is never copied and never fails over,
because it may create or use state on the server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mirror.dialects.chat import CHAT
from mirror.dialects.dialect import Dialect

# Method and path of the calls that leave no state behind, so that they may be repeated.
DIALECTS: Mapping[tuple[str, str], Dialect] = {("POST", "/v1/chat/completions"): CHAT}

# Calls that may pass with a key that all tenants share: nobody reaches another's state by them.
STATELESS = DIALECTS.keys() | {
    ("POST", "/v1/completions"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/moderations"),
    ("POST", "/v1/rerank"),
    ("POST", "/v1/audio/transcriptions"),
    ("POST", "/v1/audio/translations"),
    ("POST", "/v1/audio/speech"),
    ("GET", "/v1/models"),
}

LONGEST_MODEL = 200


class Excluded(StrEnum):
    """Why a call of the table is answered by the primary and not copied."""

    STORED = "stored"  # asks the server to keep the answer
    NOT_JSON = "not_json"  # the upstream's own complaint reaches the client
    NO_MODEL = "no_model"  # names no model that could be one


@dataclass(frozen=True, slots=True)
class Reading:
    """What the body says. `excluded` is empty for a request that may be copied and repeated."""

    document: Mapping[str, object]
    model: str
    streaming: bool
    excluded: Excluded | None


def dialect_of(method: str, path: str) -> Dialect | None:
    """The dialect of a call that is in the table; None for one that is never copied."""
    return DIALECTS.get((method, path))


def stateless(method: str, path: str) -> bool:
    """Whether a call leaves and reads nothing on the server that belongs to one tenant."""
    return (method, path) in STATELESS


def read(body: bytes) -> Reading:
    """What the body of a mirrored call asks for. Never raises: what is unclear is excluded."""
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return Reading({}, "", False, Excluded.NOT_JSON)
    model = _model(document)
    excluded = None if model else Excluded.NO_MODEL
    if document.get("store") not in (None, False):
        excluded = Excluded.STORED
    return Reading(document, model, document.get("stream") is True, excluded)


def _model(document: Mapping[str, object]) -> str:
    """The model asked for; empty where it is none that a server could have."""
    model = document.get("model")
    if isinstance(model, str) and len(model) <= LONGEST_MODEL and "\0" not in model:
        return model
    return ""
