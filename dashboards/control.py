"""The control API as one person sees it: every call carries that person's own token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from dashboards.calls import REFUSED_TOKEN, Failure, Request, Trouble, call
from dashboards.keys import Keys
from dashboards.me import Me, Session, Ways
from dashboards.pairs import Comparisons
from dashboards.silence import Silence
from dashboards.wire import Accepted, Approved, Board, Rollout

_TOKEN = re.compile(r"[!-~]+")  # what fits in a header; every token the API gives out does
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Key:
    """Which rollout."""

    tenant: str
    route: str


@dataclass(frozen=True, slots=True)
class Control:
    """The control API at `url`, asked as the person whose token this is, and changed once by each of their keys."""

    url: str
    token: str
    keys: Keys = field(default_factory=Keys, compare=False)
    silence: Silence = field(default_factory=Silence, compare=False)

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
            return Failure(Trouble.TOKEN, REFUSED_TOKEN)
        headers = {"authorization": f"Bearer {self.token}"}
        request = Request(method, path, query, body, headers, self.keys)
        look = "" if request.changes else f"{path} {query or {}}"
        if look and (silent := self.silence.of(look)):
            return silent
        answer = call(self.url, shape, request)
        self.silence.came(answer, look)
        return answer


def ways(url: str) -> Ways | Failure:
    """How one signs in at the control API at `url`."""
    return call(url, Ways, Request("GET", "/v1/sign-in"))


def take_over(url: str, code: str, browser: str) -> Session | Failure:
    """The session of somebody who comes back from the provider, in the browser that has this secret."""
    body = {"code": code, "browser": browser}
    answer = call(url, Session, Request("POST", "/v1/sessions/handovers", body=body))
    if isinstance(answer, Failure) and answer.trouble is Trouble.TOKEN:
        return Failure(
            Trouble.REFUSED, "This sign-in is over, or of another browser. Sign in again."
        )
    return answer


def sign_in(url: str, name: str, password: str, code: str) -> Session | Failure:
    """A session of a local user of the control API at `url`."""
    body = {"name": name, "password": password, "code": code}
    return call(url, Session, Request("POST", "/v1/sessions", body=body))


def _ticket(ticket: str) -> dict[str, str]:
    """Said only where there is one, so that an API of before tickets understands the rest."""
    return {"ticket": ticket} if ticket else {}


def path_of(key: Key) -> str:
    """The path of one rollout."""
    return f"/v1/rollouts/{_segment(key.tenant)}/{_segment(key.route)}"


def _segment(name: str) -> str:
    """A name from the address bar as one path segment; anything else leads to no rollout at all."""
    return quote(name, safe="") if _NAME.fullmatch(name) else "-"
