"""Asking one page for its text: a guarded client, a deadline, and no more bytes than a page has."""

from __future__ import annotations

import asyncio

import httpx

from mirror import guard
from mirror.endpoints import endpoint, place
from mirror.faults import FAULTS, failure
from policies.policy import Location, Policy

TIMEOUT_S = 5.0
MOST_BYTES = 4 << 20
_HEADERS = {"accept": "text/plain;version=0.0.4", "accept-encoding": "identity"}


class Unread(Exception):
    """A page that could not be read; the message says why."""


def client(policy: Policy) -> httpx.AsyncClient:
    """A client that reaches the pages of a policy and nothing else, and no cloud by another name."""
    clouds = {
        endpoint(one) for one in policy.upstreams.values() if one.location is Location.CLOUD
    }
    pages = {place(page.url) for one in policy.upstreams.values() for page in one.metrics}
    return guard.client(frozenset(pages - clouds), keep_alive_s=None)


async def text_of(asking: httpx.AsyncClient, url: str, timeout_s: float = TIMEOUT_S) -> str:
    """The whole text of a page. Raises Unread."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _text(asking, url)
    except TimeoutError:
        raise Unread(f"is not whole within {timeout_s:g} s") from None
    except FAULTS as fault:
        raise Unread(failure(fault)[1]) from None
    except UnicodeDecodeError:
        raise Unread("is not text") from None


async def _text(asking: httpx.AsyncClient, url: str) -> str:
    async with asking.stream("GET", url, headers=_HEADERS, timeout=None) as answer:
        if answer.status_code != httpx.codes.OK:
            raise Unread(f"is answered {answer.status_code}")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise Unread("is compressed, though nobody asked for that")
        body = bytearray()
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > MOST_BYTES:
                raise Unread(f"has over {MOST_BYTES >> 20} MiB")
        return body.decode()
