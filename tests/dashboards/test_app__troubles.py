"""What each page says when the control API is down, slow, broken or of another version, and when a rollout is gone."""

from __future__ import annotations

import threading

import httpx
import pytest
from looking import press, words_on
from test_app__walk import PAGES

from dashboards import calls as client

BANGSAR = {"tenant": "klinik-bangsar", "route": "chat"}
GO_ON = {
    "down": ("Nothing answers at", "start the controller with"),
    "slow": ("did not answer within", "asked for again every few seconds"),
    "broken": ("The control API failed (500)", "try again in a moment"),
    "of another version": (
        "in a way this dashboard does not know",
        "from the same version of crossfade",
    ),
}


def trouble(control, kind, monkeypatch, over):
    """Makes the control API down, slow and so on."""
    match kind:
        case "down":
            control.stop()
        case "slow":
            monkeypatch.setattr(client, "TIMEOUT", httpx.Timeout(0.2))
            control.instead = lambda: (over.wait(60), (200, {}))[1]
        case "broken":
            control.instead = lambda: (500, {"detail": "the store is locked"})
        case _:
            control.instead = lambda: (200, {"surprise": [1, 2]})


@pytest.fixture
def over():
    """Set when the test is over, so that no answer is waited for any longer."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("kind", GO_ON)
def test_every_page_says_what_is_the_case_and_what_to_do(
    opened, control, monkeypatch, over, kind
):
    app = opened("board", "token-aisyah")
    trouble(control, kind, monkeypatch, over)
    for page in PAGES:
        app.switch_page(f"screens/{page}.py")
        app.query_params.clear()
        for name, value in (BANGSAR if page == "rollout" else {}).items():
            app.query_params[name] = value
        text = words_on(app.run())
        assert not app.exception, page
        for words in GO_ON[kind]:
            assert words in text, page


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("approvals", "No move waits for an approval"),
        ("incidents", "No incident is open"),
        ("rollout", "Moves"),
    ],
)
@pytest.mark.parametrize("kind", ["down", "of another version"])
def test_what_was_read_last_is_not_shown_as_what_is_the_case(
    opened, control, monkeypatch, over, *, page, shown, kind
):
    control.rollouts[0]["proposal"] = None
    control.told_of["/v1/incidents"]["incidents"] = []
    app = opened(page, "token-aisyah", **(BANGSAR if page == "rollout" else {}))
    assert shown in words_on(app)
    trouble(control, kind, monkeypatch, over)
    text = words_on(app.run())
    assert shown in text
    assert GO_ON[kind][0] in text
    assert text.count("What follows was so at") == 1


@pytest.mark.parametrize("page", ["rollout", "approvals"])
def test_a_rollout_that_is_deleted_while_it_is_viewed_is_told_with_the_way_back(
    opened, control, page
):
    app = opened(page, "token-aisyah", **BANGSAR)
    assert "canary 5 % → canary 25 %" in words_on(app)
    control.rollouts[:] = control.rollouts[1:]
    text = words_on(app.run())
    assert not app.exception
    assert "there is no such rollout. It may have left the policy" in text
    assert "canary 5 % → canary 25 %" not in text
    assert "board" in text


@pytest.mark.parametrize("page", ["rollout", "approvals"])
def test_what_is_done_to_a_deleted_rollout_does_nothing_and_says_so(opened, control, page):
    app = opened(page, "token-aisyah", **BANGSAR)
    app.text_input(key="approve-reason").set_value("read")
    app.text_input(key="approve-proof").set_value("correct horse battery")
    control.rollouts[:] = control.rollouts[1:]
    press(app, "Approve canary 5 % → canary 25 %")
    assert not app.exception
    assert "there is no such rollout" in words_on(app)


@pytest.mark.parametrize("page", ["rollout", "approvals"])
def test_an_approval_that_loses_to_a_rollback_says_what_is_the_case_now(opened, control, page):
    app = opened(page, "token-aisyah", **BANGSAR)
    control.refuse["approvals"] = (409, "this proposal is void: it was rolled back")
    app.text_input(key="approve-reason").set_value("read")
    app.text_input(key="approve-proof").set_value("correct horse battery")
    text = words_on(press(app, "Approve canary 5 % → canary 25 %"))
    assert "this proposal is void: it was rolled back. Nothing was done by this" in text
