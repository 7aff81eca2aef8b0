"""Routes, and the ordered table of rules by which a request finds its own."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from policies.part import Part


class Route(StrEnum):
    """A capability of the app."""

    CHAT = "chat"
    REASON = "reason"
    AUDIO = "audio"
    EMBED = "embed"
    RERANK = "rerank"
    VISION = "vision"


IN_WORDS = frozenset({Route.CHAT, Route.REASON, Route.VISION})
"""Routes whose answers are words that a judge may grade."""

HeaderName = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]


class RouteRule(Part):
    """One row of the ordered table that finds a request's route; the first row that fits wins.

    A row fits where everything that it names fits.
    """

    route: Route
    path: str = Field(default="/v1/chat/completions", pattern=r"^/[A-Za-z0-9_\-./*]*$")
    model: str = Field(default="*", description="Shell pattern on the requested model.")
    header: dict[HeaderName, str] = Field(
        default_factory=dict,
        description="Shell patterns by header name (lower case); a header that is missing fits none.",
    )
    image: bool | None = Field(
        default=None,
        description="`true`: only requests that show an image; `false`: only those that show none.",
    )


def _rules(route: Route, *paths: str, image: bool | None = None) -> tuple[RouteRule, ...]:
    return tuple(RouteRule(route=route, path=path, image=image) for path in paths)


DEFAULT_ROUTES = (
    *_rules(Route.VISION, "/v1/chat/completions", "/v1/responses", image=True),
    *_rules(Route.CHAT, "/v1/chat/completions", "/v1/responses", "/v1/completions"),
    *_rules(Route.AUDIO, "/v1/audio/transcriptions", "/v1/audio/translations"),
    *_rules(Route.EMBED, "/v1/embeddings"),
    *_rules(Route.RERANK, "/v1/rerank", "/v2/rerank", "/rerank", "/v1/score", "/score"),
)
"""What holds where a policy gives no `routes`. `reason` is a matter of models, which it cannot know."""
