"""The hooks of an exchange are called where they are raised, and writes that follow each other are one."""

import asyncio
import logging

import pytest
from fakes import FakeUpstream
from mitmproxy.connection import Client, Server
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook, HttpResponseHook
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.test import tflow
from proxied import proxied
from rawhttp import exchanged, request

from mirror.proxy.front.hooks import AtOnce, joined

CLIENT = Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2))
RELAY = Server(address=("127.0.0.1", 3))


class Notes:
    def __init__(self, name, told):
        self.name, self.told = name, told

    def request(self, flow):
        self.told.append((self.name, flow))


class Broken:
    def request(self, flow):
        raise ValueError("a secret")


def test_every_addon_that_has_the_hook_is_called_in_order():
    told, flow = [], tflow.tflow()
    AtOnce([Notes("one", told), object(), Notes("two", told)]).call(HttpRequestHook(flow))
    assert told == [("one", flow), ("two", flow)]
    AtOnce([Notes("one", told)]).call(HttpResponseHook(flow))
    assert len(told) == 2


def test_a_hook_that_fails_stops_no_other_and_its_words_are_not_told(caplog):
    told = []
    with caplog.at_level(logging.ERROR):
        AtOnce([Broken(), Notes("two", told)]).call(HttpRequestHook(tflow.tflow()))
    assert [name for name, _ in told] == ["two"]
    assert "the front's request failed: ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_a_hook_that_would_wait_is_not_taken():
    class Waits:
        async def request(self, flow):
            pass

    with pytest.raises(AssertionError, match="request waits"):
        AtOnce([Waits()])


def test_what_is_sent_to_one_connection_in_a_row_is_one_write():
    log = commands.Log("")
    sent = [(CLIENT, b"a"), (CLIENT, b"b"), (RELAY, b"c"), (CLIENT, b"d"), log, (CLIENT, b"e")]
    given = [each if each is log else commands.SendData(*each) for each in sent]
    found = [
        each if each is log else (each.connection, each.data) for each in joined(iter(given))
    ]
    assert found == [(CLIENT, b"ab"), (RELAY, b"c"), (CLIENT, b"d"), log, (CLIENT, b"e")]
    assert list(joined([])) == []


def test_no_hook_of_an_exchange_becomes_a_task(monkeypatch):
    hooks, handle = [], ProxyConnectionHandler.handle_hook

    async def noted(self, hook):
        hooks.append(hook.name)
        await handle(self, hook)

    monkeypatch.setattr(ProxyConnectionHandler, "handle_hook", noted)

    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="front") as proxy:
            found, _ = await exchanged(proxy.address, request() + request(), 2)
            assert found == [200, 200]

    asyncio.run(asyncio.wait_for(case(), 30))
    assert "client_connected" in hooks
    assert not {"requestheaders", "request", "responseheaders", "response"} & set(hooks)
