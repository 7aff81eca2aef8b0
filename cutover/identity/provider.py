"""What a provider tells of itself: where people sign in, and the keys of its tokens.

Asked through the guarded client, which reaches the hosts of the policy and nothing else, follows no redirect, and here
reads no more than a bound. What was told is good for an hour; without it nobody is let in.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import httpx

from cutover.identity import tokens
from cutover.identity.claims import NotTaken
from cutover.identity.tokens import Key
from mirror import guard
from mirror.guard import EgressBlocked, Endpoint
from policies.oidc import Oidc

RENEWED_S, GOOD_S = 1_800.0, 3_600.0
"""When what was told is asked for again, and how long it is good where that fails."""
AGAIN_S, SOON_S = 30.0, 5.0
"""No sooner after the last time is it asked again, whatever keys tokens name; the second while nothing is known."""
WAITING = 4
"""So many threads wait for its first answer; the others of the API are for rollbacks."""
TIMEOUT_S, LONGEST = 5.0, 262_144


class NotReached(Exception):
    """The provider did not tell what is needed; the message says what was wrong."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider told, and when."""

    issuer: str
    authorization: str
    token: str
    by_post: bool  # the client's secret goes into the body
    keys: Mapping[str, Key]
    at_s: float  # by the provider's clock


@dataclass(slots=True)
class Provider:
    """One provider as it was told of last; used from any thread. `clock` tells seconds. All raise NotReached."""

    clock: Callable[[], float] = time.monotonic
    _told: Told | None = None
    _asked_s: float = -math.inf
    _why: str = "it has not been asked yet"
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(WAITING))

    def told(self, oidc: Oidc) -> Told:
        """What holds now."""
        known, now_s = self._known(oidc), self.clock()
        if known is None or now_s - known.at_s >= RENEWED_S:
            (self._ask if known else self._ask_first)(oidc, now_s)
            known = self._known(oidc)
        if known is None:
            raise NotReached(f"{oidc.issuer} cannot be asked who signs in: {self._why}")
        return known

    def key(self, oidc: Oidc, kid: str) -> Key:
        """The key of this name. Raises NotTaken where there is none, after a look whether it is new."""
        found = _chosen(self.told(oidc).keys, kid)
        if found is None:
            self._ask(oidc, self.clock())
            found = _chosen(self.told(oidc).keys, kid)
        if found is None:
            raise NotTaken("nobody we know signed this token")
        return found

    def exchange(self, oidc: Oidc, secret: str, form: Mapping[str, str]) -> str:
        """The ID token for a code. Raises NotTaken where the provider says no."""
        told = self.told(oidc)
        body, headers = {**form, "client_id": oidc.client_id}, {"accept": "application/json"}
        if secret and told.by_post:
            body["client_secret"] = secret
        elif secret:
            pair = f"{quote(oidc.client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = "Basic " + b64encode(pair.encode()).decode()
        status, answer = asyncio.run(_sent(oidc, told.token, body, headers))
        said = _object(answer)
        if status != 200:
            error = said.get("error")
            known = error if isinstance(error, str) and error.isidentifier() else status
            raise NotTaken(
                f"the provider gave no token for this sign-in ({known})", kind="code not taken"
            )
        token = said.get("id_token")
        if not isinstance(token, str):
            raise NotTaken("the provider gave no ID token for this sign-in")
        return token

    def _known(self, oidc: Oidc) -> Told | None:
        told = self._told
        if told is None or told.issuer != oidc.issuer:
            return None
        return told if self.clock() - told.at_s < GOOD_S else None

    def _ask_first(self, oidc: Oidc, now_s: float) -> None:
        """Asks while nothing is known, or waits for the thread that does."""
        if not self._waiting.acquire(blocking=False):
            raise NotReached(
                f"{oidc.issuer} is being asked for its keys; try again in a moment"
            )
        try:
            if not self._ask(oidc, now_s):
                with self._asking:  # held for as long as three answers may take, no longer
                    pass
        finally:
            self._waiting.release()

    def _ask(self, oidc: Oidc, now_s: float) -> bool:
        """Asks, though not too often. False where another thread does; this one goes on with what is known."""
        if not self._asking.acquire(blocking=False):
            return False
        try:
            again_s = AGAIN_S if self._known(oidc) else SOON_S
            if now_s - self._asked_s >= again_s:
                self._asked_s = now_s
                self._told = asyncio.run(_asked(oidc, now_s))
        except NotReached as error:
            self._why = str(error)
        finally:
            self._asking.release()
        return True


def _chosen(keys: Mapping[str, Key], kid: str) -> Key | None:
    """A token without the name of a key is by the only one there is."""
    if not kid and len(keys) == 1:
        return next(iter(keys.values()))
    return keys.get(kid) if kid else None


async def _asked(oidc: Oidc, now_s: float) -> Told:
    place = oidc.issuer.rstrip("/") + "/.well-known/openid-configuration"
    told = await _read(oidc, place)
    if told.get("issuer") != oidc.issuer:
        raise NotReached("it calls itself another issuer than the policy does")
    authorization, token, keys = (
        _address(oidc, told, name)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    )
    ways = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    by_post = isinstance(ways, list) and "client_secret_basic" not in ways
    found = tokens.keys(await _read(oidc, keys))
    if not found:
        raise NotReached("it tells no key that signs")
    return Told(oidc.issuer, authorization, token, by_post, found, now_s)


def _address(oidc: Oidc, told: Mapping[str, object], name: str) -> str:
    """As safe on the way as the issuer's own."""
    found, scheme = told.get(name), urlsplit(oidc.issuer).scheme
    if not isinstance(found, str) or not found.startswith((f"{scheme}://", "https://")):
        raise NotReached(f"it tells no `{name}` that begins with {scheme}://")
    return found


async def _read(oidc: Oidc, place: str) -> Mapping[str, object]:
    status, body = await _sent(oidc, place, None, {"accept": "application/json"})
    if status != 200:
        raise NotReached(f"{urlsplit(place).path} was answered with {status}")
    return _object(body)


def _object(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotReached("its answer is no JSON object")
    return found


async def _sent(
    oidc: Oidc, place: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    """Status and body. A connection of its own each time: it is asked seldom."""
    try:
        async with (
            guard.client(_hosts(oidc), keep_alive_s=None) as web,
            asyncio.timeout(TIMEOUT_S),
            web.stream(
                "GET" if form is None else "POST", place, data=form, headers=headers
            ) as answer,
        ):
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LONGEST:
                    raise NotReached("its answer is too long")
            return answer.status_code, body
    except TimeoutError:
        raise NotReached(f"it did not answer in {TIMEOUT_S:.0f} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL, EgressBlocked, OSError) as error:
        raise NotReached(str(error) or type(error).__name__) from None


def _hosts(oidc: Oidc) -> frozenset[Endpoint]:
    issuer = urlsplit(oidc.issuer)
    port = issuer.port or (443 if issuer.scheme == "https" else 80)
    further = [written.rpartition(":") for written in oidc.hosts]
    return frozenset(
        [(issuer.hostname or "", port)]
        + [(host.strip("[]"), int(number)) for host, _, number in further]
    )
