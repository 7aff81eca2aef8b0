"""Do the measures of embeddings order what is healthy above what is broken? Two real encoders and three changes.

One model stands for the primary. Beside it stand the same model in 8 bits, with a little noise, another
model altogether, and the model with its documents exchanged, as an index of another model would have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from compare.encoders.port import Encoder
from compare.neighbours import similarity_agreement
from compare.probe_corpus import Embedded, likeness, says, score, split

SEED, MOST = 20_251, 700
BATCH = 16


def rows(
    texts: Sequence[str], primary: Encoder, other: Encoder
) -> Iterable[Mapping[str, object]]:
    """`embed_NAME`, the score of the probe corpus, with all measures beside it; and their order."""
    documents, queries = split([text for text in texts if len(text) > 30][:MOST])
    ours = Embedded(_vectors(primary, documents), _vectors(primary, queries))
    chance = np.random.default_rng(SEED)
    sides = {
        "int8": _each(ours, _rounded),
        "noisy": _each(ours, lambda one: one + chance.normal(0, 0.01, one.shape)),
        "other_model": Embedded(_vectors(other, documents), _vectors(other, queries)),
        "shuffled": Embedded(ours.documents[chance.permutation(len(documents))], ours.queries),
    }
    scores = []
    for name, side in sides.items():
        found = likeness(ours, side)
        scores.append(score(found.overlap_10, len(documents)))
        measures = ", ".join(f"{key} {getattr(found, key):.2f}" for key in found.__slots__)
        yield _row(f"embed_{name}", scores[-1], f"{says(scores[-1])}: {measures}")
        yield _row(f"embed_{name}_rsa", _batches(ours, side), f"mean over requests of {BATCH}")
    ordered = scores == sorted(scores, reverse=True) and len(set(scores)) == len(scores)
    broken = [says(one) == "BROKEN" for one in scores] == [False] * 3 + [True]
    note = f"{primary.id} beside {other.id}, {len(documents)} documents, {len(queries)} queries"
    yield _row("embed_ordered", float(ordered and broken), note, target=">= 1")


def _row(name: str, value: float, note: str, target: str = "") -> dict[str, object]:
    holds = value >= 1 if target else None
    told = {"name": name, "value": round(value, 4), "unit": "score", "target": target}
    return {**told, "holds": holds, "note": note}


def _vectors(encoder: Encoder, texts: Sequence[str]) -> np.ndarray:  # type: ignore[type-arg]
    return np.stack(encoder.encode(list(texts))).astype(np.float32)


def _each(side, change):  # type: ignore[no-untyped-def]
    return Embedded(*(change(one).astype(np.float32) for one in (side.documents, side.queries)))


def _rounded(matrix: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """As 8-bit integers hold it, one scale a vector."""
    scale = np.abs(matrix).max(axis=1, keepdims=True) / 127
    whole: np.ndarray = np.round(matrix / scale) * scale  # type: ignore[type-arg]
    return whole


def _batches(ours: Embedded, theirs: Embedded) -> float:
    count = len(ours.documents) // BATCH
    parts = (slice(at * BATCH, (at + 1) * BATCH) for at in range(count))
    both = ((ours.documents[part], theirs.documents[part]) for part in parts)
    return float(np.nanmean([similarity_agreement(*pair) for pair in both]))
