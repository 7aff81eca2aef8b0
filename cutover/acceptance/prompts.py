"""The requests that are put on a candidate: a file of the operator's, or what was recorded of a tenant.

Of what was recorded only requests whose copy the candidate was sent already are taken: it is shown
nothing that it has not seen, and their payloads are kept for as long as the tenant's policy says.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, select

from mirror.exchange import Accept, Outcome, Side
from mirror.journal import exchanges, tables
from mirror.journal.exchanges import UnknownExchange
from mirror.journal.seal import SealBroken, Sealer
from policies.policy import Policy, Rollout
from policies.routes import Route

MOST = 100_000
_LONGEST_BODY = 100 << 20
_PATHS = {
    Route.CHAT: "/v1/chat/completions",
    Route.REASON: "/v1/chat/completions",
    Route.VISION: "/v1/chat/completions",
    Route.AUDIO: "/v1/audio/transcriptions",
    Route.EMBED: "/v1/embeddings",
    Route.RERANK: "/v1/rerank",
}
_KEYS = frozenset({"route", "path", "body", "file", "fields", "seconds"})


class PromptFault(Exception):
    """The requests cannot be used; the message says which line, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request. `audio_s` is how long its recording is, where that is known before it is sent."""

    accept: Accept
    audio_s: float | None = None

    @property
    def route(self) -> Route:
        """The route it is of."""
        return Route(self.accept.route)


def of_file(path: Path, tenant: str) -> list[Prompt]:
    """The requests of a JSONL file, one a line. Raises PromptFault.

    A line is `{"route": "reason", "body": {...}}`, or for audio `{"route": "audio", "file": WAV,
    "fields": {...}, "seconds": 600}`; `path` where the call is not the route's usual one. A file is
    found from the folder of the JSONL.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise PromptFault(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PromptFault(f"{path}: is not UTF-8 text") from None
    if len(lines) > MOST:
        raise PromptFault(f"{path}: {len(lines):,} lines; {MOST:,} at most")
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_of_line(line, number, tenant, path.parent))
            except (ValueError, OSError, RecursionError) as error:
                raise PromptFault(f"{path}, line {number}: {error}") from None
    return found


def recorded(
    conn: Connection, sealer: Sealer, tenant: str, route: Route, most: int
) -> list[Prompt]:
    """The newest requests of a rollout that were compared and whose payloads are kept, `most` at most."""
    table = tables.exchange.c
    newest = (
        select(table.id)
        .where(
            table.tenant == tenant,
            table.route == route.value,
            table.outcome == Outcome.COMPARED.value,
        )
        .order_by(table.accepted_us.desc())
        .limit(most)
    )
    found = []
    for (id,) in conn.execute(newest).all():
        with suppress(SealBroken, UnknownExchange):
            accept = exchanges.load_accept(conn, id, sealer, _LONGEST_BODY)
            if accept.body:
                found.append(Prompt(accept))
    return found


def candidates(policy: Policy, tenant: str) -> dict[Route, Rollout]:
    """The rollouts of a tenant by route: what of it has a candidate."""
    return {one.route: one for one in policy.rollouts if one.tenant == tenant}


def _of_line(line: str, number: int, tenant: str, folder: Path) -> Prompt:
    told = json.loads(line)
    if not isinstance(told, dict):
        raise ValueError('a line is an object, as in {"route": "reason", "body": {...}}')
    if unknown := sorted(told.keys() - _KEYS):
        raise ValueError(f"unknown key `{unknown[0]}`; known: {', '.join(sorted(_KEYS))}")
    known = [route.value for route in Route]
    if told.get("route") not in known:
        raise ValueError(f"`route` is {told.get('route')!r}; one of {', '.join(known)}")
    route = Route(told["route"])
    kind, body, audio_s = _content(told, folder)
    accept = Accept(
        id=f"acceptance-{number}",
        tenant=tenant,
        route=route.value,
        session="acceptance",
        accepted_us=0,
        method="POST",
        path=str(told.get("path") or _PATHS[route]),
        requested_model="any",  # the candidate's own name is written in its place
        streaming=False,
        stage="acceptance",
        epoch=0,
        serving=Side.CANDIDATE,
        outcome=Outcome.UNSAMPLED,
        headers={"content-type": kind},
        body=body,
    )
    return Prompt(accept, audio_s)


def _content(told: Mapping[str, Any], folder: Path) -> tuple[str, bytes, float | None]:
    """Content type, body, and how long its recording is."""
    if ("body" in told) == ("file" in told):
        raise ValueError("needs either `body`, an object, or `file`, a recording")
    seconds = told.get("seconds")
    if seconds is not None and (type(seconds) not in (int, float) or not 0 < seconds < 1e6):
        raise ValueError("`seconds` is how long the recording is, as in 600")
    if "file" in told:
        return _form(told, folder, seconds)
    if not isinstance(told["body"], dict):
        raise ValueError("`body` is the request's JSON object")
    return "application/json", json.dumps({"model": "any"} | told["body"]).encode(), seconds


def _form(
    told: Mapping[str, Any], folder: Path, seconds: float | None
) -> tuple[str, bytes, float | None]:
    file = folder / str(told["file"])
    sound, given = file.read_bytes(), told.get("fields", {})
    if not isinstance(given, dict):
        raise ValueError("`fields` is an object of the form's other fields")
    fields = {"model": "any"} | {name: str(value) for name, value in given.items()}
    sent = httpx.Request("POST", "http://form", data=fields, files={"file": (file.name, sound)})
    return sent.headers["content-type"], sent.read(), seconds or _wav_s(sound)


def _wav_s(sound: bytes) -> float | None:
    """How long a WAV is; None for anything else."""
    try:
        with wave.open(io.BytesIO(sound)) as told:
            return float(told.getnframes() / told.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return None
