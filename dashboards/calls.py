"""One call of the control API, and what came of it. What goes wrong is a value, a `Failure` with a sentence for people.

Nothing is kept between calls: no cookies, no redirects, no settings from the environment.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import httpx

from dashboards.keys import HEADER, REPLAYED, Keys
from dashboards.wire import NotUnderstood, read

TIMEOUT = httpx.Timeout(5.0, connect=1.0)
_TLS = ssl.create_default_context()  # made once: it takes longer than a call
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)  # fmt: skip
"""What goes wrong before a request has left."""


class Trouble(StrEnum):
    """What sort of thing went wrong."""

    DOWN = "down"  # nobody listens, or a look was not answered in time
    UNHEARD = "unheard"  # a change was sent, and no answer came: nobody knows what came of it
    TOKEN = "token"  # the API does not know the token
    FORBIDDEN = "forbidden"  # it knows the person, who may not
    MISSING = "missing"  # no such rollout
    REFUSED = "refused"  # not now, or not like this: the sentence says why
    BROKEN = "broken"  # the API failed, or speaks another version


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call brought nothing.

    `kind` is the last part of the problem's type, as in `missing-role`, "" for none; `wait_s` how many seconds
    nothing is worth trying, 0 where nobody said. `in_vain` says that an answer was waited for as long as one is.
    """

    trouble: Trouble
    sentence: str
    kind: str = ""
    wait_s: int = 0
    in_vain: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: `query` and `body` are None for none, `keys` those of who changes something."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] | None = None
    keys: Keys | None = None

    @property
    def changes(self) -> bool:
        """Whether it asks for a change, which must not be done twice."""
        return self.method != "GET"


def call[T](url: str, shape: type[T], asked: Request) -> T | Failure:
    """What the control API at `url` answers, as that type."""
    try:
        answer = _sent(url, asked)
    except (*_NOT_SENT, httpx.InvalidURL):
        return Failure(Trouble.DOWN, _down(url))
    except httpx.TransportError as error:
        in_vain = isinstance(error, httpx.TimeoutException)
        why = _slow(url) if in_vain else _cut(url)
        return Failure(Trouble.UNHEARD if asked.changes else Trouble.DOWN, why, in_vain=in_vain)
    found = understood(shape, answer.status_code, answer.content, changed=asked.changes)
    if (
        isinstance(found, Failure)
        and (wait := answer.headers.get("retry-after", "")).isdecimal()
    ):
        found = Failure(found.trouble, found.sentence, found.kind, int(wait))
    if asked.keys is not None and asked.changes and _is_settled(answer.status_code, found):
        asked.keys.answered(replayed=REPLAYED in answer.headers)
    return found


def _sent(url: str, asked: Request) -> httpx.Response:
    headers = dict(asked.headers or {})
    if asked.keys is not None and asked.changes:
        headers[HEADER] = asked.keys.of(asked.method, asked.path, asked.query, asked.body)
    with httpx.Client(verify=_TLS, trust_env=False, timeout=TIMEOUT) as client:
        return client.request(
            asked.method, url.rstrip("/") + asked.path,
            params=asked.query, json=asked.body, headers=headers,
        )  # fmt: skip


def _is_settled(status: int, found: object) -> bool:
    """Whether an answer says what became of the request itself. A failure may be that of what stands before the API."""
    return status < 500 and not (isinstance(found, Failure) and found.kind == "under-way")


def understood[T](
    shape: type[T], status: int, body: bytes, *, changed: bool = False
) -> T | Failure:
    """An answer as a value: the shape asked for, or what went wrong. `changed`: a good answer says that it is done."""
    if not 200 <= status < 300:
        return _refusal(status, body)
    try:
        return read(shape, body)
    except NotUnderstood as error:
        what = "did this, and said so" if changed else "answered"
        return Failure(
            Trouble.BROKEN,
            f"The control API {what} in a way this dashboard does not know ({error}). "
            "Start the controller and the dashboard from the same version of crossfade.",
            kind="done" if changed else "",
        )


_SIGN_IN_AGAIN = "sign-in-again"
REFUSED_TOKEN = (
    "The control API does not know this token, or your session is over. Sign in again."
)


def _refusal(status: int, body: bytes) -> Failure:
    said, kind = _detail(body), _kind(body)
    match status:
        case 401 if kind == _SIGN_IN_AGAIN:
            return Failure(Trouble.REFUSED, said, kind)  # the token is good, for anything else
        case 401:
            return Failure(Trouble.TOKEN, REFUSED_TOKEN)
        case 403:
            return Failure(Trouble.FORBIDDEN, said or "Your roles do not allow this.", kind)
        case 404:
            return Failure(Trouble.MISSING, said or "There is no such rollout.")
        case _ if 400 <= status < 500:
            return Failure(
                Trouble.REFUSED, said or f"The control API refused this ({status}).", kind
            )
        case _:
            why = f": {said}" if said else ""
            return Failure(
                Trouble.BROKEN,
                f"The control API failed ({status}){why}. Its log says more; try again in a moment.",
                kind,
            )


def _detail(body: bytes) -> str:
    """What a problem document says (RFC 9457), "" where the body is none."""
    return _told(body, "detail") or _told(body, "title")


def _kind(body: bytes) -> str:
    """What sort of problem it is, by its type; "" for none of ours."""
    type = _told(body, "type")
    return type.removeprefix("/problems/") if type.startswith("/problems/") else ""


def _told(body: bytes, key: str) -> str:
    try:
        problem = json.loads(body)
    except ValueError:
        return ""
    return str(problem.get(key) or "") if isinstance(problem, dict) else ""


def _down(url: str) -> str:
    return (
        f"Nothing answers at {url}. The proxy goes on by itself; start the controller with "
        "`crossfade controller`, or `crossfade up` for everything."
    )


def _slow(url: str) -> str:
    return f"The control API at {url} did not answer within {TIMEOUT.read:g} s. It may be busy."


def _cut(url: str) -> str:
    return f"The control API at {url} broke off before it had answered. It may have been restarted."
