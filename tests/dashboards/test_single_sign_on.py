"""Signing in at the clinic's provider, and confirming there."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from looking import press, words_on
from streamlit.testing.v1 import AppTest

from dashboards.single_sign_on import back

BANGSAR = {"tenant": "klinik-bangsar", "route": "chat"}


def links(app: AppTest) -> dict[str, str]:
    """Where each link leads, by its label."""
    return {
        link.proto.label.replace("\\", ""): link.proto.url for link in app.get("link_button")
    }


def test_where_there_is_a_provider_one_signs_in_there_and_gives_no_password(opened, control):
    control.ways = {
        "oidc": "http://localhost:9/v1/sign-in/oidc",
        "provider": "login.clinic.example",
    }
    app = opened("board")
    where = links(app)["Sign in with login.clinic.example"]
    assert where.startswith("http://localhost:9/v1/sign-in/oidc?back=%2F")
    assert [button.label for button in app.button] == ["Sign in with it"]
    assert "klinik" not in words_on(app)


def test_who_comes_back_is_signed_in_and_the_code_is_gone_from_the_address(opened, control):
    app = opened("board", **{"signed-in": "from-the-provider"})
    assert "omar@idp" in words_on(app)
    assert "signed-in" not in app.query_params
    assert [path for _, path, _, _ in control.calls].count("/v1/sessions/handovers") == 1
    assert control.calls[0][3] == {"code": "from-the-provider", "browser": ""}


def test_a_code_that_is_worth_nothing_shows_nothing(opened):
    app = opened("board", **{"signed-in": "made-up"})
    assert "This sign-in is over, or of another browser" in words_on(app)
    assert "klinik" not in words_on(app)


def test_who_signed_in_too_long_ago_is_led_to_sign_in_again_and_approves_nothing(opened):
    app = opened("rollout", "token-nurul", **BANGSAR)
    assert not [button for button in app.button if button.label.startswith("Approve")]
    query = parse_qs(urlsplit(links(app)["Sign in again to approve"]).query)
    assert query["anew"] == ["true"]
    assert query["back"][0].startswith("/")


def test_who_signed_in_just_now_approves_without_a_password(opened, control):
    app = opened("rollout", "token-omar", **BANGSAR)
    app.text_input(key="approve-reason").set_value("read it")
    press(app, next(b.label for b in app.button if b.label.startswith("Approve")))
    ((token, body),) = control.posted("approvals")
    assert (token, body["proof"]) == ("token-omar", "")


def test_who_breaks_the_glass_may_stop_and_nothing_else(opened, control):
    app = opened("rollout", "token-gina", **BANGSAR)
    labels = {button.label for button in app.button}
    assert {"Hold", "Roll back now"} <= labels
    assert not labels & {"Propose", "Resume", "Reject"}


def test_an_approval_that_comes_too_late_is_told_and_nobody_is_signed_out(opened, control):
    detail = "sign in again to confirm"
    control.refuse["approvals"] = (401, detail)
    app = opened("rollout", "token-omar", **BANGSAR)
    app.text_input(key="approve-reason").set_value("read it")
    app = press(app, next(b.label for b in app.button if b.label.startswith("Approve")))
    assert "omar@idp" in words_on(app)


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("http://localhost:8501/", "/"),
        ("http://localhost:8501", "/"),
        (
            "https://x.example/dashboard/rollout?tenant=a&route=chat",
            "/rollout?tenant=a&route=chat",
        ),
        ("", "/"),
    ],
)
def test_one_comes_back_to_the_page_with_its_query(address, page):
    assert back(address) == page
    assert json.dumps(page)
