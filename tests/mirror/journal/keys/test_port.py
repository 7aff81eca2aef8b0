"""One contract for every store of keys: the files, and one behind HTTP such as a vault would be."""

import base64
import hashlib
import hmac
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mirror.journal.keys.files import FileKeys
from mirror.journal.keys.port import KeyLost
from mirror.journal.seal import Sealer


class Vault(BaseHTTPRequestHandler):
    """Keys that never leave the server: it encrypts and decrypts what it is sent."""

    keys: dict  # tenant -> {key id -> bytes}

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            told = self.done(asked, self.keys.setdefault(asked["tenant"], {}))
        except (KeyError, InvalidTag):
            self.send_response(404)
            self.end_headers()
            return
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def done(self, asked, keys):
        match self.path:
            case "/draw":
                id = f"{len(keys) + 1:04}"
                keys[id] = os.urandom(32)
                return id
            case "/ids":
                return sorted(keys)
            case "/wrap":
                nonce = os.urandom(12)
                sealed = AESGCM(keys[asked["key"]]).encrypt(nonce, *self.given(asked))
                return base64.b64encode(nonce + sealed).decode()
            case "/unwrap":
                data, context = self.given(asked)
                plain = AESGCM(keys[asked["key"]]).decrypt(data[:12], data[12:], context)
                return base64.b64encode(plain).decode()
            case "/destroy":
                return keys.pop(asked["key"], None) and None
            case "/pepper":
                return hmac.new(
                    b"the vault's own", asked["tenant"].encode(), "sha256"
                ).hexdigest()

    @staticmethod
    def given(asked):
        return base64.b64decode(asked["data"]), base64.b64decode(asked["context"])

    def log_message(self, *_):
        pass


class VaultKeys:
    """A `KeyStore` that asks such a server."""

    def __init__(self, url):
        self.client = httpx.Client(base_url=url, trust_env=False)

    def ask(self, path, tenant, **more):
        for name in more.keys() & {"data", "context"}:
            more[name] = base64.b64encode(more[name]).decode()
        try:
            told = self.client.post(path, json={"tenant": tenant, **more})
        except httpx.HTTPError as error:
            raise KeyLost(f"{self.client.base_url}: {type(error).__name__}") from error
        if told.status_code != 200:
            raise KeyLost(f"{self.client.base_url}: no key {more.get('key')} of {tenant}")
        return told.json()

    def draw(self, tenant, after=""):
        return self.ask("/draw", tenant)

    def ids(self, tenant):
        return self.ask("/ids", tenant)

    def wrap(self, tenant, key, plain, context):
        return base64.b64decode(self.ask("/wrap", tenant, key=key, data=plain, context=context))

    def unwrap(self, tenant, key, wrapped, context):
        told = self.ask("/unwrap", tenant, key=key, data=wrapped, context=context)
        return base64.b64decode(told)

    def destroy(self, tenant, key):
        self.ask("/destroy", tenant, key=key)

    def pepper(self, tenant):
        return bytes.fromhex(self.ask("/pepper", tenant))


@pytest.fixture
def vault():
    served = type("Served", (Vault,), {"keys": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), served)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield VaultKeys(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["files", "vault"])
def keys(request, tmp_path):
    if request.param == "files":
        return FileKeys(tmp_path / "tenants")
    return request.getfixturevalue("vault")


def test_what_is_wrapped_is_unwrapped_by_the_same_key_of_the_same_tenant_alone(keys):
    first, second = keys.draw("clinic-a"), keys.draw("clinic-a")
    other = keys.draw("clinic-b")
    wrapped = keys.wrap("clinic-a", first, b"k" * 32, b"here")
    assert keys.unwrap("clinic-a", first, wrapped, b"here") == b"k" * 32
    assert b"kkkk" not in wrapped
    for tenant, key, context in (
        ("clinic-a", second, b"here"),
        ("clinic-b", other, b"here"),
        ("clinic-a", first, b"there"),
    ):
        with pytest.raises(KeyLost):
            keys.unwrap(tenant, key, wrapped, context)


def test_a_tenants_keys_are_told_by_age_and_no_other_tenants(keys):
    assert list(keys.ids("clinic-a")) == []
    drawn = [keys.draw("clinic-a") for _ in range(3)]
    keys.draw("clinic-b")
    assert list(keys.ids("clinic-a")) == drawn


def test_a_key_that_was_destroyed_opens_nothing(keys):
    first, second = keys.draw("clinic-a"), keys.draw("clinic-a")
    wrapped = keys.wrap("clinic-a", first, b"k" * 32, b"")
    keys.destroy("clinic-a", first)
    keys.destroy("clinic-a", first)
    assert list(keys.ids("clinic-a")) == [second]
    with pytest.raises(KeyLost, match="clinic-a"):
        keys.unwrap("clinic-a", first, wrapped, b"")


def test_a_tenants_pepper_stays_the_same_and_is_no_other_tenants(keys):
    assert keys.pepper("clinic-a") == keys.pepper("clinic-a")
    assert keys.pepper("clinic-a") != keys.pepper("clinic-b")
    assert len(keys.pepper("clinic-a")) == 32


def test_payloads_are_sealed_under_any_store_of_keys(keys, home, store):
    sealer = Sealer.open(home, keys)
    with store.write() as conn:
        key = sealer.ring.sealing(conn, "clinic-a", 1_700_000_000_000_000)
        kept = sealer.keep(b"warfarin 3 mg", "e1/request", key)
    assert hashlib.sha256(b"warfarin 3 mg").hexdigest() != kept.commitment
    with store.read() as conn:
        assert (
            Sealer.open(home, keys).reveal(kept.column, "e1/request", conn) == b"warfarin 3 mg"
        )
