"""Words planted in traffic are found nowhere but inside the sealed payloads: every byte that was written is searched.

Names, identity card numbers, keys and tokens go through a whole deployment in every place that a client, an
upstream or a stranger can put them; then its files, its metrics and what its parts printed are searched, in
clear and in the spellings in which a careless program would have kept them.
"""

import base64
import contextlib
import json
import urllib.parse

import httpx
import pytest
from deployed import deployed, policy_text, until
from fakes import FakeUpstream, Mode, running
from sqlalchemy import select

from mirror.journal import exchanges
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from mirror.journal.tables import exchange

TENANT = {"x-crossfade-tenant": "klinik-a"}


class Planted:
    """Words to be planted, each found again by what it is called."""

    def __init__(self):
        self.words = {}

    def word(self, called, text):
        """A word, remembered."""
        self.words[called] = text
        return text

    def found_in(self, content):
        """What of them stands in some bytes, in any spelling."""
        return {
            called
            for called, word in self.words.items()
            if any(spelling in content for spelling in spellings(word))
        }


def spellings(word):
    """A word as bytes: in clear, as base64 at each alignment, in hex, for URLs, in JSON and in UTF-16."""
    raw = word.encode()
    yield raw
    yield raw.hex().encode()
    yield word.encode("utf-16-le")
    yield urllib.parse.quote(word).encode()
    yield json.dumps(word)[1:-1].encode()
    for shift in range(3):  # what stands before it decides where its letters fall
        padded = base64.b64encode(b"\0" * shift + raw)
        yield padded[4:-4]


def test_a_word_is_found_in_every_spelling():
    planted = Planted()
    word = planted.word("name", "Nur Aisyah binti Kamaruddin")
    for shift in range(3):
        assert planted.found_in(base64.b64encode(b"x" * shift + word.encode() + b"yz"))
    for spelling in spellings(word):
        assert planted.found_in(b"before" + spelling + b"after") == {"name"}
    assert not planted.found_in(b"Nur Aisyah binti Kamaludin")


def _bodies(plant):
    """Requests of every sort: the path, the headers, the body."""
    chat = "/chat/completions"
    key = {"authorization": f"Bearer {plant('api key', 'sk-proj-QQ7planted0key0of0a0clinic')}"}
    more = {
        "x-api-key": plant("second key", "gsk-planted-second-key-55810"),
        "cookie": f"clinic={plant('cookie', 'planted-cookie-of-a-browser-8841')}",
        "x-session-id": plant("session", "visit of Tan Mei Ling planted 1"),
        "x-patient-name": plant("header", "Letchumy a/p Planted Raman"),
        "user-agent": plant("user agent", "clinic app of Puan Planted Salmah"),
        "x-request-id": plant("request id", "planted-request-of-ahmad-881"),
        "idempotency-key": plant("idempotency key", "planted-once-of-ahmad-771"),
        "x-stainless-os": plant("system", "planted-system-of-a-clinic"),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": f"clinic={plant('trace', 'planted0trace0state')}",
    }
    said = plant("name", "Nur Aisyah binti Kamaruddin Planted")
    card = plant("identity card", "880214-14-5562")
    asked = {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": plant("system prompt", "planted instructions of a clinic")},
            {"role": "user", "content": f"{said}, MyKad {card}, is dizzy. 患者 {plant('中文', '陈小明的病历号八八四一')}"},
        ],
    }  # fmt: skip
    yield chat, key | more, asked | {"user": plant("end user", "mei.ling@planted.example.my")}
    yield chat, key, asked | {"stream": True, "metadata": {"session_id": plant("metadata", "planted metadata 771")}}  # fmt: skip
    long = plant("long body", "planted in a body beyond a column") + " and so on" * 20_000
    yield chat, {}, asked | {"messages": [{"role": "user", "content": long}]}
    longer = plant("longest body", "planted in a body beyond memory") + " and so on" * 200_000
    yield chat, {}, asked | {"messages": [{"role": "user", "content": longer}]}
    yield f"{chat}?name={plant('query', 'planted-query-of-a-patient')}", {}, asked
    yield f"/{plant('path', 'planted-path-of-a-patient')}/x", {}, asked
    tool = {"type": "function", "function": {"name": plant("tool", "planted_tool_of_a_clinic")}}
    yield chat, {}, asked | {"tools": [tool]}


def _ask(box, path, headers, body):
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    given = {"content-type": "application/json"} | TENANT | headers
    with contextlib.suppress(httpx.RemoteProtocolError):  # an answer that was cut off
        httpx.post(
            f"{box.base_url}{path}", headers=given, content=content, trust_env=False, timeout=60
        )


def _broken(box, plant):
    """What is no request: JSON that is cut off, a header of another charset."""
    text = plant("broken body", "planted in a broken body 4471")
    _ask(box, "/chat/completions", {}, f'{{"model": "gpt-4o", "messages": "{text}'.encode())
    name = plant("unknown tenant", "planted-tenant-of-nobody")
    _ask(box, "/chat/completions", {"x-crossfade-tenant": name}, {"model": "gpt-4o"})


def _strangers(box, plant):
    """Who comes to the control API with a token and a password of nobody."""
    url = box.running.control_url
    token = {"authorization": f"Bearer {plant('stolen token', 'cf_planted0token0of0nobody0')}"}
    httpx.get(f"{url}/v1/rollouts", headers=token, trust_env=False, timeout=60)
    said = {"name": "ena", "password": plant("password", "planted wrong pass word 99")}
    httpx.post(f"{url}/v1/sessions", json=said, trust_env=False, timeout=60)


def _kept(box):
    """Every payload in the store, opened."""
    sealer, store = Sealer.open(box.home), Store.open(box.home.store_url)
    try:
        with store.read() as conn:
            for one in conn.scalars(select(exchange.c.id)).all():
                yield exchanges.load_accept(conn, one, sealer, 10**8).body
                found = exchanges.load(conn, one, sealer)
                yield from (reply.body for reply in found.replies.values())
    finally:
        store.close()


def _written(folder):
    """Every file that the product wrote, but the policy that people wrote."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.timeout(300)
def test_words_planted_in_traffic_are_found_nowhere_but_in_the_sealed_payloads(tmp_path):
    planted = Planted()
    plant = planted.word
    primary = FakeUpstream(text=plant("answer", "Planted answer: Puan Aisyah is to rest."))
    candidate = FakeUpstream(text=plant("other answer", "Planted other answer: rest, Puan."))
    for side in (primary, candidate):  # an error that repeats what was asked
        side.trouble = plant("error", "cannot answer Puan Aisyah Planted, MyKad 770101-01-1234")
    with (
        running(primary, candidate),
        deployed(tmp_path, policy_text(primary.base_url, candidate.base_url)) as box,
    ):
        sent = 0
        for path, headers, body in _bodies(plant):
            _ask(box, path, headers, body)
            sent += path.startswith("/chat")
        for side, mode in (
            (primary, Mode.ERROR),
            (candidate, Mode.GARBAGE),
            (primary, Mode.CUT),
        ):
            side.mode = mode
            _ask(
                box,
                "/chat/completions",
                {},
                _said(plant(f"said in {mode}", f"planted {mode} 31")),
            )
            side.mode = Mode.OK
            sent += 1
        _broken(box, plant)
        _strangers(box, plant)
        box.settled(sent)
        box.kill("proxy")  # what a killed process leaves behind is searched too
        until(lambda: box.running.wait_ready(1))
        pages = httpx.get(f"{box.running.proxy_url}/metrics", trust_env=False).content
        inside = planted.found_in(b"".join(_kept(box)))
    assert inside >= {"name", "identity card", "中文", "answer", "long body", "longest body"}
    assert planted.found_in(pages) == set()
    left = {file: found for file, content in _written(tmp_path / "data").items() if (found := planted.found_in(content))}  # fmt: skip
    assert left == {}


def _said(text):
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
