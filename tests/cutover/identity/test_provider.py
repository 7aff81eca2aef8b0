"""What a provider tells of itself, over HTTP: asked seldom, bounded, and without it nobody is known."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from signing_on import a_key, a_token, part

from cutover.identity.claims import NotTaken
from cutover.identity.provider import AGAIN_S, GOOD_S, LONGEST, RENEWED_S, NotReached, Provider
from policies.oidc import Oidc


class Fake:
    """Answers by path, changed as a test likes; `asked` are the requests that came."""

    def __init__(self, port):
        self.issuer, self.asked = f"http://localhost:{port}", []
        self.keys, self.status, self.headers = [a_key()], 200, {}
        self.changes, self.answer = {}, {"id_token": "an.id.token"}

    def discovery(self):
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        return told | self.changes

    def reply(self, path, body, headers):
        self.asked.append((path, body, headers))
        if path == "/jwks":
            return {"keys": [one.as_dict(private=False) for one in self.keys]}
        return self.answer if path == "/token" else self.discovery()

    def count(self, path):
        return sum(1 for asked in self.asked if asked[0] == path)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        fake, length = self.server.fake, int(self.headers.get("content-length", 0))
        said = fake.reply(self.path, self.rfile.read(length).decode(), dict(self.headers))
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(fake.status)
        for name, value in ({"content-length": str(len(body))} | fake.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        """Says nothing."""


@contextmanager
def serving():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.fake = Fake(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def fake():
    with serving() as fake:
        yield fake


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def provider(clock):
    return Provider(clock)


def oidc(fake, **changes):
    return Oidc.model_validate(part(fake.issuer, **changes)["oidc"])


def test_it_is_asked_once_and_again_after_a_while(fake, provider, clock):
    for _ in range(3):
        told = provider.told(oidc(fake))
    assert told.authorization == f"{fake.issuer}/authorize"
    assert list(told.keys) == ["k1"]
    assert fake.count("/jwks") == 1
    clock.now_s += RENEWED_S
    provider.told(oidc(fake))
    assert fake.count("/jwks") == 2


def test_a_provider_that_went_down_is_believed_for_an_hour_and_then_nobody_is_known(
    fake, provider, clock
):
    provider.told(oidc(fake))
    fake.status = 500
    clock.now_s += GOOD_S - 1
    assert provider.told(oidc(fake)).keys
    clock.now_s += 1 + AGAIN_S
    with pytest.raises(NotReached, match="answered with 500"):
        provider.told(oidc(fake))


def test_a_key_that_is_new_is_looked_for_and_not_for_every_token(fake, provider, clock):
    assert provider.key(oidc(fake), "k1").kid == "k1"
    fake.keys.append(a_key("k2"))
    clock.now_s += AGAIN_S
    assert provider.key(oidc(fake), "k2").kid == "k2"
    for number in range(20):
        with pytest.raises(NotTaken):
            provider.key(oidc(fake), f"made-up-{number}")
    assert fake.count("/jwks") == 2
    with pytest.raises(NotTaken):
        provider.key(oidc(fake), "")  # which of the two it is nobody knows


def test_a_token_that_names_no_key_is_by_the_only_one(fake, provider):
    assert provider.key(oidc(fake), "").kid == "k1"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"issuer": "http://localhost:1/other"}, "another issuer"),
        ({"token_endpoint": None}, "tells no `token_endpoint`"),
        ({"jwks_uri": "file:///etc/passwd"}, "tells no `jwks_uri`"),
        ({"jwks_uri": "http://localhost:1/jwks"}, "no upstream of this policy"),
        ({"jwks_uri": "http://127.0.0.1:1/jwks"}, "no upstream of this policy"),
    ],
)
def test_what_it_tells_of_elsewhere_is_not_followed(fake, provider, changes, says):
    fake.changes = changes
    with pytest.raises(NotReached, match=says):
        provider.told(oidc(fake))


def test_a_redirect_is_not_followed(fake, provider):
    fake.status, fake.headers = 302, {"location": f"{fake.issuer}/jwks"}
    with pytest.raises(NotReached, match="answered with 302"):
        provider.told(oidc(fake))
    assert len(fake.asked) == 1


def test_an_answer_that_is_too_long_or_no_json_or_without_keys_is_none(fake, provider, clock):
    fake.changes = {"more": "x" * LONGEST}
    with pytest.raises(NotReached, match="too long"):
        provider.told(oidc(fake))
    clock.now_s += AGAIN_S
    fake.changes, fake.keys = {}, []
    with pytest.raises(NotReached, match="no key that signs"):
        provider.told(oidc(fake))
    clock.now_s += AGAIN_S
    fake.reply = lambda *_: b"[" * 9000
    with pytest.raises(NotReached, match="no JSON object"):
        provider.told(oidc(fake))


def test_nobody_there_is_told_with_its_address(provider):
    nowhere = Oidc.model_validate(part("http://localhost:1")["oidc"])
    with pytest.raises(NotReached, match="localhost:1 cannot be asked"):
        provider.told(nowhere)


def test_while_one_asks_a_few_wait_and_the_others_are_told_so(fake, provider):
    holding, going = threading.Event(), threading.Event()
    reply = fake.reply

    def slow(*asked):
        holding.set()
        going.wait(60)
        return reply(*asked)

    fake.reply, found = slow, []

    def ask():
        try:
            found.append(provider.told(oidc(fake)).issuer)
        except NotReached as error:
            found.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    threads[0].start()
    assert holding.wait(60)
    for each in threads[1:]:
        each.start()
    while len(found) < 16:  # those that are not let wait
        threads[1].join(0.01)
    going.set()
    for each in threads:
        each.join()
    assert sum("is being asked" in one for one in found) == 16
    assert found.count(fake.issuer) == 4
    assert fake.count("/jwks") == 1


def test_a_code_is_exchanged_with_the_secret_in_the_header_or_where_it_must_in_the_body(
    fake, provider, clock
):
    assert provider.exchange(oidc(fake), "s:cret", {"code": "c"}) == "an.id.token"
    _, body, headers = fake.asked[-1]
    assert "code=c" in body
    assert "s%3Acret" not in body
    assert headers["authorization"].startswith("Basic ")
    clock.now_s += RENEWED_S
    fake.changes = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider.exchange(oidc(fake), "s:cret", {"code": "c"})
    assert "client_secret=s%3Acret" in fake.asked[-1][1]


@pytest.mark.parametrize("answer", [{}, {"id_token": 5}])
def test_a_provider_that_gives_no_token_signs_nobody_in(fake, provider, answer):
    fake.answer = answer
    with pytest.raises(NotTaken, match="no ID token"):
        provider.exchange(oidc(fake), "", {"code": "c"})


def test_a_refused_code_is_told_by_its_error_alone(fake, provider):
    provider.told(oidc(fake))
    fake.status, fake.answer = 400, {"error": "invalid_grant", "error_description": "<b>x"}
    with pytest.raises(NotTaken) as caught:
        provider.exchange(oidc(fake), "", {"code": "c"})
    assert "(invalid_grant)" in str(caught.value)
    assert "<b>" not in str(caught.value)
    assert a_token({"sub": "s"}) not in str(caught.value)
