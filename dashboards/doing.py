"""How a deed is asked for, done once, and told: beside its button, for as long as it takes to read.

What changes by itself draws a page anew at any moment, so an outcome that were drawn once might be seen by nobody.
A deed that was not answered is kept for five minutes, to be tried again as the same request (see `keys`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import remedy, signin, words
from dashboards.calls import Failure
from dashboards.keys import KEPT_S
from dashboards.signin import Signed

READ_US = 15_000_000
KEPT_US = round(KEPT_S * 1_000_000)
_TOLD, _DRAWN, _LED = "told", "told-drawn", "told-led-to"
ELSEWHERE = (
    "! The page went over to another one before that arrived. Nothing was done; read it again."
)


@dataclass(frozen=True, slots=True)
class Way:
    """A link that goes with an outcome: its words, the screen's file, and what the address asks there."""

    label: str
    screen: str
    query: dict[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """What a deed came to, with where one goes on from there."""

    said: str
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a person may do: by the form of this name, `what` as in "rollback", given a reason.

    `of` tells what it is done to from everything else that the same form is drawn for.
    """

    name: str
    what: str
    do: Callable[[str], str | Done | Failure] = field(
        repr=False
    )  # it may hold a proof of who somebody is
    of: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a deed came to; "! " begins what did not come about. `what` is the deed, "" for none that was sent.

    `until_us` and `here` are those of its first drawing.
    """

    name: str
    said: str
    what: str = ""
    way: Way | None = None
    again: Callable[[], object] | None = field(default=None, repr=False)
    until_us: int = 0
    here: object = None


def form_at_once(signed: Signed, deed: Deed, button: str) -> None:
    """As `form`, for what must not wait until the page has read anew: it is sent first. Not in a fragment.

    What it is done to, and the field of its reason, are those that were drawn when it was pressed.
    """
    is_meant(deed.name, deed.of)
    with st.form(deed.name, border=False):
        ask_reason(deed.name)
        waiting = st.empty()
        pressed = (signed, deed, key_of(deed.name, "reason"), waiting)
        st.form_submit_button(button, width="stretch", on_click=_press, args=pressed)
    outcome(deed.name)


def _press(signed: Signed, deed: Deed, key: str, waiting: DeltaGenerator) -> None:
    meant = st.session_state.get(f"{deed.name}-of") == deed.of
    with waiting:
        _do(signed, deed, _plain(st.session_state.get(key)), meant=meant)


def form(signed: Signed, deed: Deed, button: str) -> None:
    """A form that asks for a reason, and below it what came of it."""
    meant = is_meant(deed.name, deed.of)
    with st.form(deed.name, border=False):
        reason = ask_reason(deed.name)
        pressed = st.form_submit_button(button, width="stretch")
    if pressed:
        do(signed, deed, reason, meant=meant)
    outcome(deed.name)


def ask_reason(name: str) -> str:
    """The field for a reason. Line breaks and odd spaces, as they come with what is copied, are plain spaces."""
    key = key_of(name, "reason")
    given = st.text_input("Reason", placeholder="goes on the record", key=key)
    return _plain(given)


def _plain(given: str | None) -> str:
    return " ".join((given or "").split())


def is_meant(name: str, of: str) -> bool:
    """Whether a form is drawn for what it was drawn for before; else what was typed into it is forgotten.

    A press counts for what the page shows when it is drawn anew. That must be what was read when it was pressed,
    or a yes to one clinic would count for another. Before the form's fields.
    """
    before = st.session_state.get(f"{name}-of", of)
    st.session_state[f"{name}-of"] = of
    if before != of:
        st.session_state[f"{name}-turn"] = st.session_state.get(f"{name}-turn", 0) + 1
    return bool(before == of)


def key_of(name: str, field_of: str) -> str:
    """The key of a form's field. It is another one for what else the form is drawn for.

    A browser keeps what was typed into a field for as long as that is the same one, whatever is forgotten here.
    """
    turn = st.session_state.get(f"{name}-turn", 0)
    return f"{name}-{field_of}-{turn}" if turn else f"{name}-{field_of}"


def do(signed: Signed, deed: Deed, reason: str, *, meant: bool = True) -> None:
    """Does it and draws the page anew, so that what is shown is what is the case."""
    _do(signed, deed, reason, meant=meant)
    st.rerun()


def _do(signed: Signed, deed: Deed, reason: str, *, meant: bool) -> None:
    if not meant:
        tell(deed.name, ELSEWHERE)
    elif unfit := remedy.unfit(reason):
        tell(deed.name, f"! {unfit} Nothing was done.")
    else:
        with st.spinner(f"Asking the controller for your {deed.what} ..."):
            run(signed, deed, reason)


def run(signed: Signed, deed: Deed, reason: str) -> bool:
    """Does it, and keeps what came of it. Returns whether it came about."""
    keys = signed.control.keys
    keys.replayed = False
    answer = deed.do(reason)
    if isinstance(answer, Failure):
        until = ""
        if answer.wait_s:
            until = signin.clock(signed).time_of_day(_now_us() + answer.wait_s * 1_000_000)
        said = remedy.told(answer, deed=f"Your {deed.what}", until=until)
        again = partial(run, signed, deed, reason) if remedy.may_try_again(answer) else None
        _keep(Told(deed.name, f"! {said}", deed.what, again=again))
        return False
    done = answer if isinstance(answer, Done) else Done(answer)
    came_about = not done.said.startswith("! ")
    first = "It had arrived the first time. " if keys.replayed and came_about else ""
    _keep(Told(deed.name, first + done.said, deed.what, done.way))
    return came_about


def tell(name: str, said: str) -> None:
    """Keeps a sentence for beside that form until it has been drawn for long enough."""
    _keep(Told(name, said))


def _keep(told: Told) -> None:
    st.session_state[_TOLD] = told


def after(answer: object, done: str) -> str | Failure:
    """What was done, or why it was not."""
    return answer if isinstance(answer, Failure) else done


@contextmanager
def outcomes() -> Iterator[None]:
    """Around forms: what came of a deed is told here where its own form is not drawn any more.

    That may be out of sight by then, so a word at the edge of the window leads to it.
    """
    place = st.empty()
    st.session_state[_DRAWN] = False
    yield
    told = _standing()
    if told is None or st.session_state[_DRAWN]:
        return
    with place.container():
        _draw(told)
    if told.what and st.session_state.get(_LED) != told.until_us:
        st.session_state[_LED] = told.until_us
        st.toast(
            words.escaped(f"What came of your {told.what} stands above."),
            icon=":material/arrow_upward:",
        )


def outcome(name: str) -> bool:
    """What came of the deed of that name, here. Returns whether there is anything to tell."""
    told = _standing()
    if told is None or told.name != name:
        return False
    _draw(told)
    return True


def waits() -> bool:
    """Whether a deed was told of that has not been read yet."""
    return _standing() is not None


def _standing() -> Told | None:
    told = st.session_state.get(_TOLD)
    if not isinstance(told, Told):
        return None
    now_us, here = _now_us(), (st.context.url, st.query_params.to_dict())
    if not told.until_us:
        lasts_us = KEPT_US if told.again else READ_US
        told = st.session_state[_TOLD] = replace(told, until_us=now_us + lasts_us, here=here)
    if now_us > told.until_us or told.here != here:
        del st.session_state[_TOLD]  # with what it would need to be tried again
        return None
    return told


def _draw(told: Told) -> None:
    st.session_state[_DRAWN] = True
    if told.said.startswith("! "):
        st.error(words.escaped(told.said[2:]), icon=":material/block:")
    else:
        st.success(words.escaped(told.said), icon=":material/check:")
    if told.way is not None:
        st.page_link(told.way.screen, label=told.way.label, query_params=told.way.query)
    if told.again is not None and st.button("Try again", key=f"again-{told.name}"):
        told.again()
        st.rerun()


def _now_us() -> int:
    return time.time_ns() // 1000
