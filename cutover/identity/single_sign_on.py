"""Signing in at a provider (OpenID Connect): by its own tokens, and by a browser (code flow with PKCE).

What a sign-in needs to remember is in a sealed cookie of the browser that began it, so that no other browser can end it,
and nobody fills a table by beginning many. It comes back once; the dashboard takes it over with a code that is
good for a minute, once, and for that browser alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cutover import deeds
from cutover.identity import claims, federated, sign_ins, tokens
from cutover.identity.claims import Expected, NotTaken, Proven
from cutover.identity.federated import Rights
from cutover.identity.provider import NotReached, Provider
from cutover.identity.sign_ins import SignIn, digest
from cutover.identity.tables import handover
from cutover.people import Actor, Deed, Kind, Person
from mirror.journal import events
from mirror.journal.seal import SealBroken, Sealer
from mirror.journal.store import Store
from policies.oidc import Oidc

BEGUN_S, HANDOVER_S = 600, 60
LASTS_S = 3600
"""Then one signs in again, and is given what the provider's groups say then."""
CALLBACK = "/v1/sign-in/oidc/callback"
CODE = "signed-in"
"""The parameter with which the dashboard is given the code of a sign-in."""
_CONTEXT = "sign-in at a provider"

SERVICE = "a service approves nothing; a person signs in and does"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way. `back` is where in the dashboard it returns to; `browser` is of the browser that began it."""

    state: str
    nonce: str
    verifier: str
    browser: str
    back: str
    ends_us: int


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """The provider's people on one store. `now_us` reads UTC microseconds. All raise NotReached and StoreError."""

    oidc: Oidc
    provider: Provider
    store: Store
    sealer: Sealer
    now_us: Callable[[], int]

    def person(self, token: str) -> tuple[Person, int]:
        """Whose token of the provider this is, and when they proved it. Raises NotTaken."""
        proven = self._proven(token)[0]
        return self._known(proven), proven.auth_us

    def begin(self, back: str, browser: str, *, anew: bool) -> tuple[str, str]:
        """Where a browser goes to sign in, and the sealed cookie it comes back with.

        `browser` is a secret of that browser; `anew` asks for a proof of now, whoever is signed in already.
        """
        told = self.provider.told(self.oidc)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        ends_us = self.now_us() + BEGUN_S * 1_000_000
        begun = Begun(state, nonce, verifier, digest(browser), back, ends_us)
        query = {
            "response_type": "code",
            "client_id": self.oidc.client_id,
            "redirect_uri": self.oidc.api.rstrip("/") + CALLBACK,
            "scope": "openid profile email",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": _challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        if anew:
            query |= {"max_age": "0", "prompt": "login"}
        joint = "&" if urlsplit(told.authorization).query else "?"
        return f"{told.authorization}{joint}{urlencode(query)}", self._sealed(begun)

    def come_back(self, cookie: str, query: Mapping[str, str], browser: str) -> str:
        """Where in the dashboard a browser goes on that comes back from the provider. Raises NotTaken."""
        begun = self._begun(cookie, query.get("state", ""), browser)
        if query.get("iss", self.oidc.issuer) != self.oidc.issuer:
            raise NotTaken("this answer is of another provider (`iss`)")
        if not (code := query.get("code", "")):
            raise NotTaken("the provider signed nobody in; begin again at the dashboard")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.oidc.api.rstrip("/") + CALLBACK,
            "code_verifier": begun.verifier,
        }
        token = self.provider.exchange(self.oidc, self._secret(), form)
        proven, said = self._proven(token, self.oidc.client_id)
        if not claims.answers(said, begun.nonce):
            raise NotTaken(
                "this token was made for another sign-in (`nonce`)", kind="replayed sign-in"
            )
        if proven.service:
            raise NotTaken("a service does not sign in to the dashboard")
        given = self._handed(begun, self._known(proven).name, proven.auth_us)
        joint = "&" if "?" in begun.back else "?"
        return f"{self.oidc.dashboard.rstrip('/')}{begun.back}{joint}{urlencode({CODE: given})}"

    def take_over(self, code: str, browser: str) -> tuple[str, SignIn]:
        """A token for the session of a sign-in that came back. Raises NotTaken."""
        now_us = self.now_us()
        mine = (
            (handover.c.code_sha256 == digest(code))
            & (handover.c.browser_sha256 == digest(browser))
            & (handover.c.made_us > now_us - HANDOVER_S * 1_000_000)
        )
        with self.store.write() as conn:
            taken = conn.execute(
                update(handover).where(mine, handover.c.taken_us == 0).values(taken_us=now_us)
            )
            if not taken.rowcount:
                raise NotTaken(
                    "this sign-in is nobody's, of another browser, or over; sign in again",
                    kind="replayed sign-in",
                )
            row = conn.execute(select(handover.c.name, handover.c.auth_us).where(mine)).one()
            token, made = sign_ins.begin(
                conn, row.name, now_us, auth_us=row.auth_us, lasts_s=LASTS_S
            )
            deed = Deed(Actor(Kind.HUMAN, row.name), now_us, "")
            said: dict[str, events.Value] = {
                "issuer": self.oidc.issuer,
                **events.changed(None, sign_ins.told(made.expires_us)),
            }
            deeds.report(conn, deed, "user.signed_in", ("user", row.name), details=said)
        return token, made

    def _proven(self, token: str, audience: str = "") -> tuple[Proven, Mapping[str, object]]:
        oidc = self.oidc
        key = self.provider.key(oidc, tokens.named(token))
        said = tokens.verified(token, key)
        expected = Expected(
            oidc.issuer,
            audience or oidc.for_whom,
            oidc.client_id,
            oidc.name_claim,
            oidc.groups_claim,
        )
        return claims.read(said, expected, self.now_us()), said

    def _known(self, proven: Proven) -> Person:
        given = federated.rights(proven.groups, self.oidc.grants)
        try:
            found = self._kept(proven, given)
        except (
            IntegrityError
        ):  # two of their requests came first at once, and the other one added them
            found = self._kept(proven, given)
        if not proven.service:
            return found
        return Person(found.name, found.roles, found.within, Kind.SERVICE, SERVICE)

    def _kept(self, proven: Proven, given: Rights) -> Person:
        with self.store.write() as conn:
            return federated.known(conn, self.oidc.issuer, proven, given, self.now_us())

    def _secret(self) -> str:
        name = self.oidc.client_secret
        if name is None:
            return ""
        found = os.environ.get(name, "").strip()
        if not found:
            raise NotReached(f"{name} is not set where the controller runs")
        return found

    def _sealed(self, begun: Begun) -> str:
        plain = json.dumps(asdict(begun)).encode()
        return base64.urlsafe_b64encode(self.sealer.seal(plain, _CONTEXT)).decode()

    def _begun(self, cookie: str, state: str, browser: str) -> Begun:
        try:
            sealed = base64.urlsafe_b64decode(cookie.encode("ascii"))
            begun = Begun(**json.loads(self.sealer.unseal(sealed, _CONTEXT)))
        except (ValueError, SealBroken):
            begun = Begun("", "", "", "", "", 0)
        ours = hmac.compare_digest(begun.state.encode(), state.encode("utf-8", "replace"))
        same = hmac.compare_digest(begun.browser, digest(browser))
        if not (begun.state and ours and same and self.now_us() < begun.ends_us):
            raise NotTaken(
                "this browser began no such sign-in, or more than ten minutes ago; begin again at the dashboard",
                kind="sign-in of another browser",
            )
        return begun

    def _handed(self, begun: Begun, name: str, auth_us: int) -> str:
        code, now_us = secrets.token_urlsafe(32), self.now_us()
        with self.store.write() as conn:
            conn.execute(
                delete(handover).where(handover.c.made_us <= now_us - BEGUN_S * 1_000_000)
            )
            if _came_back(conn, begun.state):
                raise NotTaken(
                    "this sign-in came back already; begin again at the dashboard",
                    kind="replayed sign-in",
                )
            conn.execute(
                insert(handover).values(
                    code_sha256=digest(code),
                    state_sha256=digest(begun.state),
                    browser_sha256=begun.browser,
                    name=name,
                    auth_us=auth_us,
                    made_us=now_us,
                    taken_us=0,
                )
            )
        return code


def _came_back(conn: Connection, state: str) -> bool:
    mine = handover.c.state_sha256 == digest(state)
    return conn.execute(select(handover.c.name).where(mine)).first() is not None


def _challenge(verifier: str) -> str:
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=")
