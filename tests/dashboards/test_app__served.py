"""The dashboard as it runs: what a client without a token learns, and what a person sees in a browser."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import aiohttp
import browsing
import httpx
import pytest
from browsing import a_browser
from fake_control import PASSWORD
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

SECRETS = [b"klinik", b"gpt-4o", b"metformin", b"aisyah", b"9f2c1b7e"]
AGAIN = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN
PATHS = [
    "/", "/board", "/rollout?tenant=klinik-bangsar&route=chat", "/_stcore/health", "/_stcore/metrics",
    "/_stcore/host-config", "/_stcore/agent/openapi.json", "/media/x", "/app/static/app.py",
    "/screens/rollout.py", "/../control.py",
]  # fmt: skip


def test_a_raw_http_client_learns_nothing(served, control):
    with httpx.Client(trust_env=False) as client:
        for path in PATHS:
            answer = client.get(served + path)
            assert not [secret for secret in SECRETS if secret in answer.content], path
        driven = client.post(served + "/_stcore/agent/interact", json={})
    assert driven.status_code >= 400
    assert control.calls == []


async def asked_raw(url, page_name):
    """Everything the server sends to a client that asks for a page by name, with no token."""
    message = BackMsg()
    message.rerun_script.page_name = page_name
    message.rerun_script.query_string = "tenant=klinik-bangsar&route=chat"
    received = b""
    socket_url = f"ws://{urlsplit(url).netloc}/_stcore/stream"
    as_a_browser = {"origin": url}  # who names no page is not let on at all
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(socket_url, protocols=["streamlit"], headers=as_a_browser) as ws,
    ):
        await ws.send_bytes(message.SerializeToString())
        async for frame in ws:
            received += frame.data
            said = ForwardMsg()
            said.ParseFromString(frame.data)
            if said.WhichOneof("type") == "script_finished" and said.script_finished != AGAIN:
                return received
    return received


def test_a_raw_websocket_client_learns_nothing_by_the_name_of_a_page(served, control):
    for name in ("", "board", "rollout", "screens/rollout.py"):
        received = asyncio.run(asyncio.wait_for(asked_raw(served, name), 60))
        assert b"Your password" in received, name
        assert not [secret for secret in SECRETS if secret in received], name
    assert control.calls == []


@pytest.fixture
def page(tmp_path):
    """A window of Debian's browser, 1280 wide. Requests to anywhere but loopback fail the test."""
    with a_browser(tmp_path) as browser:
        yield browser.window()


def sign_in(page, name="aisyah"):
    browsing.sign_in(page, name, PASSWORD)


@pytest.mark.deep
@pytest.mark.needs("chromium")
def test_a_lead_reads_the_evidence_approves_and_sees_the_stage_move(page, served, control):
    page.goto(served)
    sign_in(page)
    page.get_by_role("link", name="klinik-bangsar / chat").click()
    page.get_by_text("Proposal: canary 5 % → canary 25 %").wait_for()
    page.get_by_text("The candidate failed 2 of 820 sessions").wait_for()
    page.get_by_test_id("stVegaLiteChart").nth(4).locator("canvas, svg").first.wait_for()
    page.get_by_label("Reason", exact=True).filter(visible=True).first.fill(
        "Read, and the flags are reviewed"
    )
    page.get_by_label("Your password, or a code of your app, to confirm").fill(PASSWORD)
    page.get_by_role("button", name="Approve canary 5 % → canary 25 %").click()
    page.get_by_text("Approved and done: canary 5 % → canary 25 %").wait_for()
    page.get_by_text("▶ canary 25 %").wait_for()
    said = {"proposal": "p-7", "reason": "Read, and the flags are reviewed", "proof": PASSWORD}
    assert control.posted("approvals") == [("token-aisyah", said)]
    page.get_by_role("link", name="Board").click()
    page.get_by_text("25 % candidate").wait_for()


@pytest.mark.deep
@pytest.mark.needs("chromium")
def test_a_deep_link_survives_a_reload_and_asks_for_the_password_again(page, served):
    link = f"{served}/rollout?tenant=klinik-johor&route=reason"
    page.goto(link)
    sign_in(page)
    page.get_by_text("Rolled back by the controller, because harm was shown").wait_for()
    page.reload()
    sign_in(page)
    page.get_by_text("Rolled back by the controller, because harm was shown").wait_for()
    assert page.url == link
    kept = page.evaluate(
        "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
    )
    assert "token-aisyah" not in kept
    assert PASSWORD not in kept


@pytest.mark.deep
@pytest.mark.needs("chromium")
def test_what_changes_elsewhere_appears_by_itself_without_redrawing(page, served, control):
    page.goto(f"{served}/rollout?tenant=klinik-ipoh&route=chat")
    sign_in(page, "farid")
    page.get_by_text("about 330 more sessions").wait_for()
    found = control.rollout("klinik-ipoh", "chat")
    page.get_by_test_id("stVegaLiteChart").first.wait_for()
    page.evaluate("window.kept = document.querySelector('[data-testid=stVegaLiteChart]')")
    found["waits_for"] = "about 12 more sessions until equivalence can be shown"
    page.get_by_text("about 12 more sessions").wait_for()
    assert page.evaluate("window.kept.isConnected")
    found |= {"held_by": "aisyah", "hold_reason": "GPU driver"}
    page.get_by_role("button", name="Resume").wait_for()


@pytest.mark.deep
@pytest.mark.needs("chromium")
def test_what_a_model_wrote_is_shown_and_never_run(page, served):
    page.goto(f"{served}/rollout?tenant=klinik-bangsar&route=chat")
    sign_in(page, "mei")
    page.get_by_role("button", name="Open the newest").click()
    page.get_by_text("<script>document.title='owned'</script>").first.wait_for()
    assert page.title() != "owned"
    written = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stHtml] *')].map(each => each.tagName)"
    )
    ours = {"DIV", "MARK", "SUP", "STYLE", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD"}
    assert set(written) <= ours, json.dumps(written)  # tables are drawn by this page itself
