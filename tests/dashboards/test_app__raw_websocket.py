"""The real dashboard before the real control plane, and a raw client that has no credential, or a made-up one."""

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
from controlled import controlled
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from mirror.journal import events
from mirror.journal.store import Store

AGAIN = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN
QUERY = "tenant=clinic&route=chat"
CLOSED = ({}, {"origin": "https://evil.example"}, {"origin": "null"})
"""A client that names no page, one of another site, and one that may not say which it is."""
SECRETS = (b"is to answer", b"enter canary", b"all gates", b"Approve")


class Raw:
    """A client that speaks Streamlit's own protocol, as a browser does, and shows nothing."""

    def __init__(self, ws):
        self.ws, self.received, self.page = ws, b"", ""
        self.script = ""
        self.widgets, self.texts = {}, set()

    async def run(self, page, **values):
        """Has a page run, with widgets set by their label: a text is typed, True is a press."""
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = QUERY
        # A browser sends all that it has of this page; who has typed nothing sends that.
        if page == self.page:
            asked.page_script_hash = self.script
        else:
            asked.page_name = page
            self.page, self.widgets, self.texts = page, {}, set()
        typed = dict.fromkeys(self.texts, "")
        for label, value in (typed | values).items():
            state = asked.widget_states.widgets.add(id=self.widgets.get(label, label))
            if value is True:
                state.trigger_value = True
            else:
                state.string_value = value
        await self.ws.send_bytes(message.SerializeToString())
        async for frame in self.ws:
            self.received += frame.data
            said = ForwardMsg()
            said.ParseFromString(frame.data)
            self._see(said)
            if said.WhichOneof("type") == "script_finished" and said.script_finished != AGAIN:
                return

    def _see(self, said):
        if said.WhichOneof("type") == "navigation":
            self.script = said.navigation.page_script_hash
        if said.WhichOneof("type") != "delta" or said.delta.WhichOneof("type") != "new_element":
            return
        kind = said.delta.new_element.WhichOneof("type")
        if kind in {"text_input", "button"}:
            widget = getattr(said.delta.new_element, kind)
            self.widgets[widget.label] = widget.id
            if kind == "text_input":
                self.texts.add(widget.label)


@asynccontextmanager
async def raw(url):
    """A socket of somebody new, who says that a page of the dashboard opened it."""
    at = f"ws://{urlsplit(url).netloc}/_stcore/stream"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(at, protocols=["streamlit"], headers={"origin": url}) as ws,
    ):
        yield Raw(ws)


async def attempts(url):
    """Everything that raw clients are told: by names of pages, by pressing what is not there, by a made-up token."""
    async with raw(url) as one:
        for page in ("approvals", "rollout", "audit", "screens/approvals.py"):
            await one.run(page)
            await one.run(page, **{f"$$ID-{digit * 32}-None": True for digit in "0af"})
    async with raw(url) as other:
        await other.run("approvals")
        await other.run("approvals", **{"Your token": "x" * 43, "Sign in with it": True})
        await other.run("approvals", **{f"$$ID-{'b' * 32}-None": True})
    return one.received + other.received


async def refused(url, headers):
    """What somebody is told whose socket is not opened."""
    at = f"ws://{urlsplit(url).netloc}/_stcore/stream"
    async with aiohttp.ClientSession() as session:
        try:
            async with session.ws_connect(at, protocols=["streamlit"], headers=headers) as ws:
                return (await ws.receive(timeout=20)).type
        except aiohttp.WSServerHandshakeError as closed:
            return closed.status


def test_a_raw_client_gets_nowhere_and_what_it_tried_is_an_event(home):
    with controlled(home) as here:
        received = asyncio.run(asyncio.wait_for(attempts(here.dashboard), 120))
        said = [
            asyncio.run(asyncio.wait_for(refused(here.dashboard, one), 60)) for one in CLOSED
        ]
        assert not here.events("approval.given")
    assert b"Your password" in received
    assert b"does not know this token" in received
    assert not [one for one in SECRETS if one in received]
    assert said == [403] * len(CLOSED)
    store = Store.open(home.store_url)
    with store.read() as conn:
        told = [
            json.loads(one.body) for name in ("", "clinic") for one in events.read(conn, name)
        ]
    store.close()
    counted = [one for one in told if one["type"] == "access.refused"]
    senders = [sender for one in counted for sender in one["details"]["senders"]]
    kinds = sum((Counter(one["kinds"]) for one in senders), Counter())
    assert kinds == {
        "unknown token": 1, "foreign origin at the dashboard": 2, "websocket at the dashboard": 1,
    }  # fmt: skip
    assert {one for sender in senders for one in sender.get("seen_from", ())} == {"127.0.0.1"}
    moved = [one["details"]["to_stage"] for one in told if one["type"] == "state.transition"]
    assert moved == ["mirror"]
