"""One page over HTTP: whole, in time, not too long, and from nobody but who is declared."""

import asyncio

import pytest
from builders import two_sided
from pages import PageServer, vllm

from cutover.servers.scrape import MOST_BYTES, Unread, client, text_of

NOWHERE = "http://127.0.0.1:1/v1"


def policy(*urls, cloud=NOWHERE):
    found = two_sided(cloud, "http://127.0.0.1:2/v1")
    pages = [{"url": url, "kind": "vllm"} for url in urls]
    return type(found).model_validate(
        found.model_dump(mode="json")
        | {
            "upstreams": {
                name: one.model_dump(mode="json")
                | ({"metrics": pages} if name == "gpu" else {})
                for name, one in found.upstreams.items()
            }
        }
    )


def asked(url, *declared, timeout_s=60.0, cloud=NOWHERE):
    async def ask():
        async with client(policy(*(declared or [url]), cloud=cloud)) as asking:
            return await text_of(asking, url, timeout_s)

    return asyncio.run(ask())


def test_a_page_is_read_whole():
    server = PageServer(vllm())
    with server.running() as url:
        assert asked(url) == vllm()
    (path, headers) = server.asked[0]
    assert path == "/metrics"
    told = {name.lower() for name in headers}
    assert "authorization" not in told and "cookie" not in told


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": 404}, "is answered 404"),
        ({"status": 302, "headers": {"location": "http://127.0.0.1:1/"}}, "is answered 302"),
        ({"text": b"\xff\xfe"}, "is not text"),
        ({"text": b"x" * (MOST_BYTES + 1)}, "has over 4 MiB"),
        ({"headers": {"content-encoding": "gzip"}}, "is compressed"),
    ],
)
def test_what_is_no_page_says_why(change, says):
    server = PageServer(vllm())
    for name, value in change.items():
        setattr(server, name, value)
    with server.running() as url, pytest.raises(Unread, match=says):
        asked(url)


def test_a_slow_page_costs_its_deadline_and_no_more():
    server = PageServer(vllm())
    server.pause_s = 1.0
    with server.running() as url, pytest.raises(Unread, match=r"is not whole within 0\.2 s"):
        asked(url, timeout_s=0.2)


def test_nobody_there_says_so():
    with pytest.raises(Unread, match="nobody answered the connection"):
        asked("http://127.0.0.1:3/metrics")


def test_nothing_but_the_declared_pages_is_reached():
    server = PageServer(vllm())
    with server.running() as url:
        with pytest.raises(Unread, match="is no upstream of this policy"):
            asked(url, "http://127.0.0.1:3/metrics")
        # the same address as an upstream in the cloud: fail closed
        with pytest.raises(Unread, match="is no upstream of this policy"):
            asked(url, url, cloud=url.replace("metrics", "v1"))
    assert server.asked == []
