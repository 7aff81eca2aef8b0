"""Who is looking. Nothing is shown to a session without a token that the control API knows.

Signing in with a password gives one, which ends with the day. The token lives in the session's memory on the server and
nowhere else: not in the address, a cookie or a file. A page that is loaded again asks anew, and keeps its place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version

import streamlit as st

from dashboards import remedy, single_sign_on, words
from dashboards.calls import Failure, Trouble
from dashboards.clock import Clock
from dashboards.control import Control, sign_in, ways
from dashboards.me import Me, Ways, roles
from dashboards.questions import deployment
from dashboards.questions.deployment import Deployment

CONTROL_URL = "CROSSFADE_CONTROL_URL"
"""The environment variable that says where the control API is."""

GONE = (Trouble.MISSING, Trouble.FORBIDDEN, Trouble.TOKEN)
"""Where what was read before is nothing to show any more; anything else may be over in a moment."""

_SIGNED, _WHY, _DEPLOYMENT = "signed_in", "signed_out_because", "deployment"


@dataclass(frozen=True, slots=True)
class Signed:
    """A person who signed in, and the API asked as that person."""

    control: Control
    me: Me


def required() -> Signed:
    """The person who is signed in. Otherwise shows the form and ends this run of the page."""
    single_sign_on.come_back(_url(), lambda token: _sign_in(token, ""))
    signed = st.session_state.get(_SIGNED)
    if isinstance(signed, Signed):
        return signed
    _form()
    st.stop()


def bar(signed: Signed, place: str) -> None:
    """The line on top of every page: where one is, who one is, and the way out."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(place, anchor=False, width="stretch")
        if not known(signed).production:
            st.badge("! rehearsal, not for production", color="orange")
        st.text(f"{signed.me.name} · {roles(signed.me)}")
        if st.button("Sign out", type="tertiary"):
            signed.control.sign_out()
            sign_out("")
    if said := deployment.mismatch(known(signed).version, version("crossfade")):
        st.warning(words.escaped(said), icon=":material/sync_problem:")


def known(signed: Signed) -> Deployment:
    """Which deployment this is; asked once for who signed in."""
    kept = st.session_state.get(_DEPLOYMENT)
    if isinstance(kept, Deployment):
        return kept
    answer = signed.control.read(Deployment, deployment.PATH)
    if isinstance(answer, Failure):
        return Deployment()  # the page says what is wrong with the API
    st.session_state[_DEPLOYMENT] = answer
    return answer


def clock(signed: Signed) -> Clock:
    """The clock of the clinics."""
    return known(signed).clock


def sign_out(why: str) -> None:
    """Forgets the token and everything seen with it, and shows the form again."""
    st.session_state.clear()
    st.session_state[_WHY] = why
    st.rerun()


def value[T](answer: T | Failure) -> T | None:
    """What the API said, or None after showing why it said nothing."""
    if not isinstance(answer, Failure):
        return answer
    if answer.trouble is Trouble.TOKEN:
        sign_out(answer.sentence)
    st.error(words.escaped(remedy.told(answer)), icon=":material/error:")
    return None


def needed[T](signed: Signed, answer: T | Failure) -> T | None:
    """As `value`, for what a page cannot do without: it is drawn anew when the API answers again. Not in a fragment."""
    found = value(answer)
    if isinstance(answer, Failure) and answer.trouble not in GONE:
        _until_it_answers(signed, [True])
    return found


@st.fragment(run_every=3)
def _until_it_answers(signed: Signed, first: list[bool]) -> None:
    """Asks whose token it is, and not at once: the page has just been told that there is no answer."""
    if first:
        first.clear()
    elif not isinstance(signed.control.me(), Failure):
        st.rerun()


def remembered[T](key: str, answer: T | Failure, now_us: int, clock: Clock) -> T | None:
    """What the API said now, or what it said last with a note of how old that is."""
    if not isinstance(answer, Failure):
        st.session_state[key] = (answer, now_us)
        return answer
    value(answer)
    found: T | None = last(key, answer, now_us)
    if found is None:
        return None
    st.caption(f"What follows was so at {clock.time_of_day(st.session_state[key][1])}.")
    return found


def last[T](key: str, answer: T | Failure, now_us: int) -> T | None:
    """What the API said now, or said last where it does not answer now, without a word; None for what is gone."""
    if not isinstance(answer, Failure):
        st.session_state[key] = (answer, now_us)
        return answer
    if answer.trouble in GONE:
        st.session_state.pop(key, None)
        return None
    kept: tuple[T, int] | None = st.session_state.get(key)
    return kept[0] if kept else None


def _form() -> None:
    _, middle, _ = st.columns([1, 1.2, 1])
    with middle:
        st.space("large")
        st.title("crossfade", anchor=False)
        st.text("Moves AI traffic from one provider to another, with evidence and approvals.")
        if why := st.session_state.get(_WHY):
            st.warning(words.escaped(why), icon=":material/logout:")
        way = ways(_url())
        if isinstance(way, Ways) and way.oidc:
            single_sign_on.button(f"Sign in with {words.escaped(way.provider or '')}", way.oidc)
            st.caption("It opens in a tab of its own, and comes back to this page.")
        else:
            _password_form()
        with st.expander("Sign in with a token"):
            _token_form()
        st.caption("Who loads this page again signs in again; the address stays.")


def _password_form() -> None:
    with st.form("sign-in"):
        name = st.text_input("Your name", autocomplete="username", key="name")
        password = st.text_input(
            "Your password", type="password", autocomplete="current-password", key="password"
        )
        code = st.text_input(
            "Code of your app, where you have one", autocomplete="one-time-code", key="code"
        )
        pressed = st.form_submit_button("Sign in", type="primary", width="stretch")
    if pressed:
        _by_password((name or "").strip(), password or "", (code or "").strip())
    st.caption(
        "No password? On the controller's machine, `crossfade user password NAME` gives one."
    )


def _token_form() -> None:
    with st.form("sign-in-by-token", border=False):
        token = st.text_input("Your token", type="password", autocomplete="off", key="token")
        pressed = st.form_submit_button("Sign in with it", width="stretch")
    if pressed:
        _sign_in((token or "").strip(), "Type your token first.")


def _by_password(name: str, password: str, code: str) -> None:
    if not (name and password):
        st.error("Type your name and your password first.", icon=":material/error:")
        return
    answer = sign_in(_url(), name, password, code)
    if isinstance(answer, Failure):
        st.error(words.escaped(answer.sentence), icon=":material/error:")
        return
    _sign_in(answer.token, "")


def _sign_in(token: str, without: str) -> None:
    if not token:
        st.error(without, icon=":material/error:")
        return
    control = Control(_url(), token)
    answer = control.me()
    if isinstance(answer, Failure):
        st.error(words.escaped(answer.sentence), icon=":material/error:")
        return
    st.session_state.clear()
    st.session_state[_SIGNED] = Signed(control, answer)
    st.rerun()


def _url() -> str:
    return os.environ.get(CONTROL_URL, "http://127.0.0.1:8081")
