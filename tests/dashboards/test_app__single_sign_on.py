"""Signing in at a real provider of OpenID Connect in a browser, and confirming an approval there."""

from __future__ import annotations

import time

import httpx
import pytest
from browsing import a_browser, go
from controlled import controlled
from signing_on import USERS, a_provider, signed_policy

pytestmark = [pytest.mark.deep, pytest.mark.needs("chromium"), pytest.mark.timeout(600)]

MOVE = "mirror → canary 20 %"
STYLES = "cdn.jsdelivr.net"
"""The provider's own page asks for its style there, in vain."""


def as_proven(issuer, ago_s=None):
    """Anna at the provider: signed in so many seconds ago, or anew whenever she is asked."""
    said = USERS["s-anna"] | ({"auth_time": int(time.time()) - ago_s} if ago_s else {})
    with httpx.Client(trust_env=False) as client:
        client.put(f"{issuer}/users/s-anna", json=said).raise_for_status()


def by_the_provider(window, button):
    """The tab in which the provider knew her, back at the dashboard."""
    with window.context.expect_page() as opened:
        window.get_by_role("link", name=button).click()
    tab = opened.value
    tab.get_by_role("button", name="Authorize as s-anna").first.click()
    tab.get_by_role("button", name="Sign out").wait_for()
    return tab


@pytest.fixture
def issuer():
    with a_provider() as issuer:
        yield issuer


@pytest.fixture
def running(home, issuer):
    def policy(api, dashboard):
        return signed_policy(issuer, api=api, dashboard=dashboard)

    with controlled(home, policy, host="localhost") as running:
        yield running


def test_one_signs_in_at_the_provider_confirms_there_and_approves(running, issuer, tmp_path):
    as_proven(issuer, ago_s=3600)
    with a_browser(tmp_path, may_ask=(STYLES,)) as browser:
        first = browser.window(f"{running.dashboard}/approvals?tenant=clinic&route=chat")
        assert first.get_by_label("Your password", exact=True).count() == 0
        window = by_the_provider(first, "Sign in with localhost")
        window.get_by_text("anna@localhost · lead").wait_for()
        window.get_by_role("heading", name=f"clinic / chat: {MOVE}").wait_for()
        assert "signed-in" not in window.url
        assert window.get_by_role("button", name=f"Approve {MOVE}").count() == 0

        as_proven(issuer)
        sure = by_the_provider(window, "Sign in again to approve")
        assert "tenant=clinic" in sure.url
        sure.get_by_label("Reason", exact=True).first.fill("Read, and it was me")
        sure.get_by_role("button", name=f"Approve {MOVE}").click()
        sure.get_by_text(f"Approved and done: {MOVE}").wait_for()
        (given,) = running.events("approval.given")
        assert (given["actor"]["kind"], given["actor"]["name"]) == ("human", "anna@localhost")
        assert given["details"]["confirmed_by"] == "sign-in"
        go(sure, "Board")
        sure.get_by_text("20 % candidate").wait_for()
        first.get_by_role("link", name="Sign in with localhost").wait_for()
        assert "anna" not in first.inner_text("body")
