"""A provider of sign-ins for tests: a real one over HTTP, keys of ours, and a browser that goes the whole way."""

import re
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

import httpx
import oidc_provider_mock
from joserfc import jwt
from joserfc.jwk import RSAKey
from rollouts import a_policy

API, DASHBOARD = "http://localhost:8081", "http://localhost:8501"
GRANTS = [
    {"group": "ai-leads", "role": "lead"},
    {"group": "it", "role": "engineer"},
    {"group": "glass", "role": "break-glass"},
    {"group": "bangsar", "role": "viewer", "tenants": ["clinic"]},
]
USERS = {
    "s-anna": {"preferred_username": "Anna", "groups": ["ai-leads"]},
    "s-carl": {"preferred_username": "carl@clinic.example", "groups": ["it", "other"]},
    "s-gina": {"preferred_username": "gina", "groups": "glass"},
    "s-nobody": {"preferred_username": "nobody", "groups": []},
}


def part(issuer, /, **changes):
    """The part `identity` of a policy."""
    written = {
        "issuer": issuer,
        "client_id": "crossfade",
        "api": API,
        "dashboard": DASHBOARD,
        "grants": GRANTS,
    }
    return {"oidc": written | changes}


def signed_policy(issuer, /, **changes):
    return a_policy(identity=part(issuer, **changes))


@contextmanager
def a_provider():
    """The issuer of a provider that runs in this process."""
    users = [oidc_provider_mock.User(sub=sub, claims=said) for sub, said in USERS.items()]
    with oidc_provider_mock.run_server_in_thread(user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


@cache
def a_key(name="k1"):
    return RSAKey.generate_key(2048, {"kid": name}, private=True)


def a_token(claims, *, key=None, **header):
    """A signed token; `header` is put over that of RS256 with the key's name."""
    key = key or a_key()
    return jwt.encode({"alg": "RS256", "kid": key.kid} | header, claims, key)


class Browser:
    """A person's browser: it keeps the API's cookies, and signs in at the provider."""

    def __init__(self, client):
        self.client = client

    def begin(self, back="/", **query):
        answer = self.client.get(
            "/v1/sign-in/oidc", params={"back": back, **query}, follow_redirects=False
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def at_the_provider(self, where, sub):
        """Where the provider sends the browser once the person has signed in there."""
        with httpx.Client(trust_env=False, timeout=60) as web:
            answer = web.post(where, data={"sub": sub, "action": "authorize"})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def come_back(self, where):
        split = urlsplit(where)
        return self.client.get(f"{split.path}?{split.query}", follow_redirects=False)

    def code(self, sub, back="/", **query):
        """The code that the dashboard is given."""
        answer = self.come_back(self.at_the_provider(self.begin(back, **query), sub))
        assert answer.status_code == 303, answer.text
        return re.search(r"[?&]signed-in=([^&]+)", answer.headers["location"])[1]

    def take_over(self, code, browser=None):
        known = self.client.cookies.get("crossfade_browser") if browser is None else browser
        body = {"code": code, "browser": known}
        return self.client.post("/v1/sessions/handovers", json=body)

    def sign_in(self, sub, **query):
        """The headers of a session of this person."""
        answer = self.take_over(self.code(sub, **query))
        assert answer.status_code == 201, answer.text
        return {"authorization": f"Bearer {answer.json()['token']}"}
