"""What a replay server answers: found by the prompt's text and the requested model, paced by id.

The last user message must arrive unchanged for its answer to be found, so a rehearsal also shows
that requests pass through whole. Which session a request belongs to stands in its `metadata`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cutover.rehearsal.answers import Line

TENANT_KEY = "rehearsal_tenant"
SESSION_KEY = "rehearsal_session"

MOST_CHUNKS = 24
CHUNK_S = 0.004


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, read from its body."""

    model: str
    prompt: str
    streaming: bool
    include_usage: bool
    tenant: str
    session: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a paced answer takes: until its first word, and between chunks, in seconds."""

    first_token_s: float
    chunk_s: float


@dataclass(slots=True)
class Worsening:
    """From which session on a tenant's candidate answers as `model`, and when it first did."""

    model: str
    after: dict[str, int] = field(default_factory=dict)
    first_bad_us: dict[str, int] = field(default_factory=dict)

    def applies(self, asked: Asked, now_us: int) -> bool:
        """Whether this request is answered badly; notes the time of the first that is."""
        start = self.after.get(asked.tenant)
        if start is None or asked.session < start:
            return False
        self.first_bad_us.setdefault(asked.tenant, now_us)
        return True


@dataclass(frozen=True, slots=True)
class Replay:
    """One server's part: the models it serves, and whose answers stand for which request.

    `models` maps the model name on the wire to the recorded model. `reask` names the recorded
    model whose answers stand for the primary asked again, `worsening` the one that takes over.
    """

    models: Mapping[str, str]
    lines: Mapping[str, Line]
    reask: str | None = None
    worsening: Worsening | None = None

    def answer(self, asked: Asked, now_us: int, *, again: bool = False) -> str | None:
        """The recorded answer, or None for a prompt or model that was not recorded.

        `again` says that this server has answered the same session before: a re-ask.
        """
        line = self.lines.get(fingerprint(asked.prompt))
        model = self.models.get(asked.model)
        if line is None or model is None:
            return None
        if again and self.reask is not None:
            model = self.reask
        elif self.worsening is not None and self.worsening.applies(asked, now_us):
            model = self.worsening.model
        return line.answers.get(model)


def by_prompt(lines: Iterable[Line]) -> dict[str, Line]:
    """The lines by the fingerprint of their prompt; of equal prompts the first counts."""
    found: dict[str, Line] = {}
    for line in lines:
        found.setdefault(fingerprint(line.input), line)
    return found


def fingerprint(prompt: str) -> str:
    """SHA-256 of a prompt's text, in hex."""
    return hashlib.sha256(prompt.encode()).hexdigest()


def asked(body: object) -> Asked | None:
    """What a chat completion body asks, or None where it is none."""
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return None
    users = [
        message.get("content")
        for message in body["messages"]
        if isinstance(message, dict) and message.get("role") == "user"
    ]
    if not users or not isinstance(users[-1], str):
        return None
    metadata, options = _object(body, "metadata"), _object(body, "stream_options")
    session = str(metadata.get(SESSION_KEY, ""))
    return Asked(
        model=str(body.get("model", "")),
        prompt=users[-1],
        streaming=body.get("stream") is True,
        include_usage=options.get("include_usage") is True,
        tenant=str(metadata.get(TENANT_KEY, "")),
        session=int(session) if session.isdecimal() else 0,
    )


def pace(prompt: str, model: str) -> Pace:
    """The pace of one model's answer to one prompt: the same at every replay, 20-60 ms to start."""
    digest = hashlib.sha256(f"{model}\0{prompt}".encode()).digest()
    return Pace(first_token_s=0.020 + 0.040 * digest[0] / 255, chunk_s=CHUNK_S)


def chunks(text: str) -> list[str]:
    """The text in at most MOST_CHUNKS pieces of whole words; joined they are the text again."""
    words: list[str] = re.findall(r"\S+\s*|\s+", text)
    size = max(4, -(-len(words) // MOST_CHUNKS))
    return ["".join(words[at : at + size]) for at in range(0, len(words), size)]


def _object(body: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = body.get(key)
    return found if isinstance(found, dict) else {}
