"""The control API as one person sees it: every call carries that person's own token.

What goes wrong is a value, a `Failure` with a sentence for people. Nothing is kept between calls:
no cookies, no redirects, no settings from the environment.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

import httpx

from dashboards.me import Me, Session, Ways
from dashboards.pairs import Comparisons
from dashboards.wire import (
    Accepted,
    Approved,
    Board,
    NotUnderstood,
    Rollout,
    read,
)

TIMEOUT = httpx.Timeout(5.0, connect=1.0)
_TLS = ssl.create_default_context()  # made once: it takes longer than a call
_TOKEN = re.compile(r"[!-~]+")  # what fits in a header; every token the API gives out does
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Trouble(StrEnum):
    """What sort of thing went wrong."""

    DOWN = "down"  # nobody listens, or no answer in time
    TOKEN = "token"  # the API does not know the token
    FORBIDDEN = "forbidden"  # it knows the person, who may not
    MISSING = "missing"  # no such rollout
    REFUSED = "refused"  # not now, or not like this: the sentence says why
    BROKEN = "broken"  # the API failed, or speaks another version


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call brought nothing."""

    trouble: Trouble
    sentence: str


@dataclass(frozen=True, slots=True)
class Key:
    """Which rollout."""

    tenant: str
    route: str


@dataclass(frozen=True, slots=True)
class Control:
    """The control API at `url`, asked as the person whose token this is."""

    url: str
    token: str

    def __repr__(self) -> str:
        """Without the token, which must never reach a log."""
        return f"Control({self.url})"

    def read[T](
        self, shape: type[T], path: str, query: dict[str, str] | None = None
    ) -> T | Failure:
        """What a path tells, as that type."""
        return self._ask(shape, "GET", path, query=query)

    def change(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Accepted | Failure:
        """A change of which nothing but that it was taken need be known."""
        return self._ask(Accepted, method, path, query=query, body=body)

    def send[T](
        self, shape: type[T], method: str, path: str, body: Mapping[str, object]
    ) -> T | Failure:
        """A change, and what it led to."""
        return self._ask(shape, method, path, body=body)

    def me(self) -> Me | Failure:
        """Who the token belongs to."""
        return self.read(Me, "/v1/me")

    def board(self, **asked: str) -> Board | Failure:
        """A page of the rollouts that fit: `q`, `stage`, `verdict`, `needs_person`, `held`, `limit`, `cursor`; "" asks nothing."""
        query = {name: value for name, value in asked.items() if value}
        return self.read(Board, "/v1/rollouts", query)

    def rollout(self, key: Key) -> Rollout | Failure:
        """One rollout with its history, transitions and latencies."""
        return self.read(Rollout, path_of(key))

    def comparisons(
        self, key: Key, limit: int, before: int | None = None, flag: str = ""
    ) -> Comparisons | Failure:
        """The newest comparisons before a number, with a flag where one is named."""
        query = {"limit": str(limit)}
        if before is not None:
            query["before"] = str(before)
        if flag:
            query["flag"] = flag
        return self.read(Comparisons, path_of(key) + "/comparisons", query)

    def propose(self, key: Key, reason: str, ticket: str = "") -> Accepted | Failure:
        """Asks for the next step, as part of a change where its ticket is named."""
        body = {"reason": reason} | _ticket(ticket)
        return self.send(Accepted, "POST", path_of(key) + "/proposals", body)

    def sign_out(self) -> Accepted | Failure:
        """Ends the session of this token; a personal token goes on."""
        return self._ask(Accepted, "DELETE", "/v1/sessions")

    def approve(
        self, key: Key, proposal: str, reason: str, proof: str, ticket: str = ""
    ) -> Approved | Failure:
        """Says yes to a proposal, with the person's password or a code of their app."""
        body = {"proposal": proposal, "reason": reason, "proof": proof} | _ticket(ticket)
        return self.send(Approved, "POST", path_of(key) + "/approvals", body)

    def reject(self, key: Key, proposal: str, reason: str) -> Accepted | Failure:
        """Says no to a proposal."""
        body = {"proposal": proposal, "reason": reason}
        return self.send(Accepted, "POST", path_of(key) + "/rejections", body)

    def withdraw(self, key: Key, proposal: str, reason: str) -> Accepted | Failure:
        """Takes one's own no back."""
        query = {"proposal": proposal, "reason": reason}
        return self._ask(Accepted, "DELETE", path_of(key) + "/rejections", query=query)

    def hold(self, key: Key, reason: str) -> Accepted | Failure:
        """Keeps the rollout where it is."""
        return self.send(Accepted, "POST", path_of(key) + "/holds", {"reason": reason})

    def resume(self, key: Key, reason: str) -> Accepted | Failure:
        """Lifts the hold."""
        return self._ask(Accepted, "DELETE", path_of(key) + "/holds", query={"reason": reason})

    def roll_back(self, key: Key, reason: str) -> Accepted | Failure:
        """Sends every session back to the primary."""
        return self.send(Accepted, "POST", path_of(key) + "/rollbacks", {"reason": reason})

    def _ask[T](
        self,
        shape: type[T],
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> T | Failure:
        if not _TOKEN.fullmatch(self.token):
            return Failure(Trouble.TOKEN, _REFUSED_TOKEN)
        headers = {"authorization": f"Bearer {self.token}"}
        return _call(self.url, shape, method, path, params=query, json=body, headers=headers)


def ways(url: str) -> Ways | Failure:
    """How one signs in at the control API at `url`."""
    return _call(url, Ways, "GET", "/v1/sign-in")


def take_over(url: str, code: str, browser: str) -> Session | Failure:
    """The session of somebody who comes back from the provider, in the browser that has this secret."""
    body = {"code": code, "browser": browser}
    answer = _call(url, Session, "POST", "/v1/sessions/handovers", json=body)
    if isinstance(answer, Failure) and answer.trouble is Trouble.TOKEN:
        return Failure(
            Trouble.REFUSED, "This sign-in is over, or of another browser. Sign in again."
        )
    return answer


def sign_in(url: str, name: str, password: str, code: str) -> Session | Failure:
    """A session of a local user of the control API at `url`."""
    body = {"name": name, "password": password, "code": code}
    return _call(url, Session, "POST", "/v1/sessions", json=body)


def _call[T](
    url: str, shape: type[T], method: str, path: str, **given: Mapping[str, object] | None
) -> T | Failure:
    """`given` are `params`, `json` and `headers`, as httpx has them."""
    try:
        with httpx.Client(verify=_TLS, trust_env=False, timeout=TIMEOUT) as client:
            answer = client.request(method, url.rstrip("/") + path, **given)  # type: ignore[arg-type]
    except httpx.TimeoutException:
        return Failure(Trouble.DOWN, _slow(url))
    except (httpx.TransportError, httpx.InvalidURL):
        return Failure(Trouble.DOWN, _down(url))
    return understood(shape, answer.status_code, answer.content)


def understood[T](shape: type[T], status: int, body: bytes) -> T | Failure:
    """An answer as a value: the shape asked for, or what went wrong."""
    if not 200 <= status < 300:
        return _refusal(status, body)
    try:
        return read(shape, body)
    except NotUnderstood as error:
        return Failure(
            Trouble.BROKEN,
            f"The control API answered in a way this dashboard does not know ({error}). "
            "Start the controller and the dashboard from the same version of crossfade.",
        )


_SIGN_IN_AGAIN = "/problems/sign-in-again"
_REFUSED_TOKEN = (
    "The control API does not know this token, or your session is over. Sign in again."
)


def _refusal(status: int, body: bytes) -> Failure:
    said = _detail(body)
    match status:
        case 401 if _told(body, "type") == _SIGN_IN_AGAIN:
            return Failure(Trouble.REFUSED, said)  # the token is good, for anything else
        case 401:
            return Failure(Trouble.TOKEN, _REFUSED_TOKEN)
        case 403:
            return Failure(Trouble.FORBIDDEN, said or "Your roles do not allow this.")
        case 404:
            return Failure(Trouble.MISSING, said or "There is no such rollout.")
        case _ if 400 <= status < 500:
            return Failure(Trouble.REFUSED, said or f"The control API refused this ({status}).")
        case _:
            why = f": {said}" if said else ""
            return Failure(
                Trouble.BROKEN,
                f"The control API failed ({status}){why}. Its log says more; try again in a moment.",
            )


def _detail(body: bytes) -> str:
    """What a problem document says (RFC 9457), "" where the body is none."""
    return _told(body, "detail") or _told(body, "title")


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


def _ticket(ticket: str) -> dict[str, str]:
    """Said only where there is one, so that an API of before tickets understands the rest."""
    return {"ticket": ticket} if ticket else {}


def path_of(key: Key) -> str:
    """The path of one rollout."""
    return f"/v1/rollouts/{_segment(key.tenant)}/{_segment(key.route)}"


def _segment(name: str) -> str:
    """A name from the address bar as one path segment; anything else leads to no rollout at all."""
    return quote(name, safe="") if _NAME.fullmatch(name) else "-"
