"""What a candidate must reach when `crossfade acceptance` puts load on it. A target of null is not asked for."""

from __future__ import annotations

from pydantic import Field

from policies.part import Part


class Targets(Part):
    """How fast, how much at once, how reliably. Every share and time is of the candidate alone."""

    reason_p95_s: float | None = Field(
        default=2.0, gt=0, description="95 % of SOAP notes (`reason`) are whole within it."
    )
    audio_p95_s: float | None = Field(
        default=2.5,
        gt=0,
        description="95 % of transcripts of `audio_minutes` are whole within it.",
    )
    audio_minutes: float = Field(default=10, gt=0, description="How long those recordings are.")
    retrieval_p95_ms: float | None = Field(
        default=150, gt=0, description="One embed and one rerank, added, in 95 % of pairs."
    )
    reason_at_once: int = Field(
        default=12, ge=1, le=1000, description="SOAP notes that are written at once, beside"
    )
    chat_at_once: int = Field(default=30, ge=1, le=1000, description="as many chats.")
    first_token_ms: float | None = Field(
        default=120, gt=0, description="Median time to the first token, one request at a time."
    )
    first_token_prompt: int = Field(
        default=1000, ge=1, description="Tokens of the prompts that count for it, within 30 %."
    )
    tokens_per_s: float | None = Field(
        default=80, gt=0, description="Median tokens a second of one stream alone."
    )
    together: int = Field(default=16, ge=2, le=1000, description="Streams at once that give")
    together_tokens_per_s: float | None = Field(
        default=800, gt=0, description="this many tokens a second, all of them added."
    )
    availability: float | None = Field(
        default=0.999, gt=0, lt=1, description="Share of all requests that are answered whole."
    )
