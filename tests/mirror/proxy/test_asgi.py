"""Headers that cross a proxy, and answers of our own."""

import asyncio
import json

import pytest
from fakes import FakeUpstream
from proxied import proxied

from mirror.proxy.asgi import Refusal, passed_on, refuse, whole


def sent(call):
    messages = []

    async def send(message):
        messages.append(message)

    asyncio.run(call(send))
    return messages


def test_headers_of_one_hop_and_cookies_stay_here():
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Connection", b"keep-alive, X-Private"),
        (b"X-Private", b"1"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Set-Cookie", b"a=b"),
        (b"X-Crossfade-Exchange", b"forged"),
        (b"X-Request-Id", b"r"),
        (b"X-Request-Id", b"s"),
    ]
    assert passed_on(headers) == [
        (b"content-type", b"application/json"),
        (b"x-request-id", b"r"),
        (b"x-request-id", b"s"),
    ]


@pytest.mark.parametrize("via", ["front", "direct"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/files"])
@pytest.mark.parametrize("head", [b"200 OK\r\nx-a: a\x0bb", b"200 OK\r\nx-a: a\x0cb", b"999 X"])
def test_a_head_that_cannot_be_sent_is_an_error_and_no_closed_connection(head, path, via):
    async def odd(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + head + b"\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async def case():
        server = await asyncio.start_server(odd, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        tenants = {
            "clinic": {
                "identify": {"header": "clinic"},
                "cloud": "allowed",
                "pass_through": "cloud",
            }
        }
        async with (
            server,
            FakeUpstream() as gpu,
            proxied(url, gpu, via=via, stage="off", tenants=tenants) as proxy,
        ):
            answer = await proxy.post(path=path)
            assert answer.status_code == 500
            assert answer.json()["error"]["code"] == "proxy_failed"

    asyncio.run(asyncio.wait_for(case(), 60))


def test_a_refusal_has_the_shape_of_the_apis_errors():
    start, body = sent(
        lambda send: refuse(send, Refusal(503, "no", "server_error", "c", retry=False), "id")
    )
    assert start["status"] == 503
    assert (b"x-should-retry", b"false") in start["headers"]
    assert (b"x-crossfade-exchange", b"id") in start["headers"]
    assert json.loads(body["body"]) == {
        "error": {"message": "no", "type": "server_error", "param": None, "code": "c"}
    }
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]
    assert body["more_body"] is False


def test_a_whole_answer_says_its_length():
    start, body = sent(lambda send: whole(send, 200, b"text/plain", b"ok"))
    assert (start["status"], body["body"]) == (200, b"ok")
    assert (b"content-length", b"2") in start["headers"]
