"""Takes a bundle from the control API with the person's own token, and no more of it than a page may hold."""

from __future__ import annotations

import hashlib

import httpx

from dashboards.calls import Failure, Trouble, understood
from dashboards.control import Control
from dashboards.wire import Accepted

_PATIENCE = httpx.Timeout(30.0, connect=1.0)


def take(by: Control, path: str, sha256: str, most: int) -> bytes | Failure:
    """All of what is at a path, where it is the one that was asked for; a `Failure` with a sentence otherwise."""
    headers = {"authorization": f"Bearer {by.token}"}
    url = by.url.rstrip("/") + path
    try:
        with (
            httpx.Client(trust_env=False, timeout=_PATIENCE) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            if not answer.is_success:
                refused = understood(Accepted, answer.status_code, answer.read())
                assert isinstance(refused, Failure), "no other status is a success"
                return refused
            return _whole(answer, sha256, most)
    except httpx.TimeoutException:
        return Failure(Trouble.DOWN, "The bundle stopped coming. Nothing of it was kept.")
    except (httpx.TransportError, httpx.InvalidURL):
        return Failure(
            Trouble.DOWN, "The control API broke off. Nothing of the bundle was kept."
        )


def _whole(answer: httpx.Response, sha256: str, most: int) -> bytes | Failure:
    parts, held = [], 0
    for part in answer.iter_bytes():
        held += len(part)
        if held > most:
            return Failure(
                Trouble.REFUSED, f"It is larger than the {most:,} bytes that a page holds."
            )
        parts.append(part)
    content = b"".join(parts)
    if hashlib.sha256(content).hexdigest() != sha256:
        return Failure(
            Trouble.BROKEN,
            "What arrived is not the bundle that was made: its SHA-256 is another.",
        )
    return content
