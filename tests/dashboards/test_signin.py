"""Nothing without a token; nobody else's token; no token left behind."""

from __future__ import annotations

import pytest
from fake_control import PASSWORD
from looking import press, sign_in, sign_in_by_password, words_on

from dashboards import signin
from dashboards.control import Control
from dashboards.me import Me
from dashboards.signin import Signed

SECRETS = ("klinik", "gpt-4o", "aisyah", "metformin")


@pytest.mark.parametrize("screen", ["board", "rollout"])
def test_no_screen_shows_anything_without_a_token(opened, control, screen):
    app = opened(screen, tenant="klinik-bangsar", route="chat")
    text = words_on(app)
    assert not [word for word in SECRETS if word in text]
    assert control.calls == []
    assert [button.label for button in app.button] == ["Sign in", "Sign in with it"]


def test_the_person_is_named_after_signing_in(opened):
    assert "farid · viewer, engineer" in words_on(opened("board", "token-farid"))


def test_a_wrong_token_shows_the_apis_answer_and_nothing_else(opened):
    app = opened("board", "token-of-nobody")
    assert "does not know this token" in words_on(app)
    assert "klinik" not in words_on(app)


def test_a_password_signs_in_and_only_the_session_is_kept(opened, control):
    app = sign_in_by_password(opened("board"), "farid", PASSWORD)
    assert "farid · viewer, engineer" in words_on(app)
    assert PASSWORD not in repr(app.session_state) + str(app.query_params)
    press(app, "Sign out")
    assert ("DELETE", "/v1/sessions", "token-farid", {}) in control.calls


@pytest.mark.parametrize(
    ("name", "password", "says"),
    [
        ("farid", "wrong horse battery", "is nobody's"),
        ("nobody", PASSWORD, "is nobody's"),
        ("", PASSWORD, "Type your name and your password first"),
        ("farid", "", "Type your name and your password first"),
    ],
)
def test_who_does_not_prove_who_they_are_sees_nothing(opened, name, password, says):
    app = sign_in_by_password(opened("board"), name, password)
    assert says in words_on(app)
    assert "klinik" not in words_on(app)


def test_an_empty_form_asks_for_the_token(opened, control):
    assert "Type your token first" in words_on(sign_in(opened("board"), "  "))
    assert control.calls == []


def test_every_call_carries_the_token_of_who_signed_in(opened, control):
    opened("rollout", "token-mei", tenant="klinik-ipoh", route="chat")
    assert {token for _, _, token, _ in control.calls} == {"token-mei"}


def test_signing_out_leaves_nothing_behind(opened):
    app = press(opened("board", "token-mei"), "Sign out")
    assert "Your password" in [field.label for field in app.text_input]
    assert "klinik" not in words_on(app)
    assert "token-mei" not in repr(app.session_state)


def test_a_token_that_is_withdrawn_signs_out_at_the_next_look(opened, control, monkeypatch):
    app = opened("board", "token-mei")
    monkeypatch.setattr("fake_control.PEOPLE", {})
    app.run()
    text = words_on(app)
    assert "does not know this token" in text
    assert "klinik" not in text


def test_the_token_is_kept_out_of_the_address(opened):
    assert "token-mei" not in str(opened("board", "token-mei").query_params)


def test_a_page_that_was_not_answered_is_drawn_anew_once_there_is_an_answer(
    control, monkeypatch
):
    drawn, asked = [], signin._until_it_answers.__wrapped__
    monkeypatch.setattr("streamlit.rerun", lambda: drawn.append("anew"))
    signed = Signed(Control(control.url, "token-mei"), Me("mei", ("viewer",)))
    first = [True]
    asked(signed, first)
    assert (drawn, control.calls) == ([], []), "the page has just asked"
    asked(signed, first)
    assert drawn == ["anew"]
    control.stop()
    asked(signed, first)
    assert drawn == ["anew"]


@pytest.mark.parametrize("screen", ["approvals", "rollout", "comparisons", "incidents", "plan"])
def test_no_page_ends_for_good_where_it_was_not_answered(opened, control, monkeypatch, screen):
    waiting = []
    monkeypatch.setattr(signin, "_until_it_answers", lambda *_: waiting.append(screen))
    app = opened("board", "token-mei")
    control.stop()
    app.switch_page(f"screens/{screen}.py")
    assert "Nothing answers at" in words_on(app.run())
    assert waiting == [screen]


def test_while_the_api_is_down_the_last_view_stays_and_says_how_old_it_is(opened, control):
    app = opened("board", "token-mei")
    control.stop()
    app.run()
    text = words_on(app)
    assert "Nothing answers at" in text
    assert "What follows was so at" in text
    assert "klinik-ipoh" in text
