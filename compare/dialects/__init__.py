"""How the answers of each dialect are read, by the dialect's name in `mirror.dialects`."""

from __future__ import annotations

from collections.abc import Mapping

from compare.dialects.chat import CHAT
from compare.dialects.completions import COMPLETIONS
from compare.dialects.embeddings import EMBEDDINGS
from compare.dialects.reader import Reader
from compare.dialects.rerank import RERANK, SCORE
from compare.dialects.responses import RESPONSES
from compare.dialects.transcriptions import TRANSCRIPTIONS

READERS: Mapping[str, Reader] = {
    "chat": CHAT,
    "completions": COMPLETIONS,
    "responses": RESPONSES,
    "embeddings": EMBEDDINGS,
    "rerank": RERANK,
    "score": SCORE,
    "transcriptions": TRANSCRIPTIONS,
}
"""Answers of other dialects have no score, and say so."""
