"""Exports: asked for, approved by a second person where words of patients leave, and taken once they are made."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from dashboards import (
    actions,
    doing,
    remedy,
    signin,
    single_sign_on,
    taking,
    whereabouts,
    words,
)
from dashboards.audit import made
from dashboards.calls import Failure
from dashboards.doing import Deed
from dashboards.questions import exports
from dashboards.questions.exports import Order, Orders, Search

A_PAGE = "10"
ONE = "export"
"""Where the address names one."""
_TAKEN = "export-taken"


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def draw(signed: signin.Signed) -> None:
    """The exports there are, or the one that the address names, and the form to ask for another."""
    with doing.outcomes():
        listed, form = st.columns([1.7, 1], gap="medium")
        with form:
            _draw_form(signed)
        with listed:
            if named := st.query_params.get(ONE, ""):
                _draw_named(signed, named)
            else:
                _draw_list(signed)


def _draw_form(signed: signin.Signed) -> None:
    st.subheader("Ask for an export", anchor=False)
    st.caption(
        "A bundle of what a log says between two days, which an auditor verifies offline. Days begin at midnight in "
        f"{words.escaped(signin.clock(signed).place)}."
    )
    if not signed.me.may_somewhere("compliance"):
        st.caption("You may look. Asking for an export needs the role compliance.")
        return
    with st.form("ask-export", border=True):
        tenant = st.text_input(
            "Tenant",
            key="export-tenant",
            max_chars=100,
            help="Empty for the deployment's own log.",
        )
        first = st.date_input("First day", value=None, key="export-first")
        last = st.date_input("Last day", value=None, key="export-last")
        profile = st.radio(
            "Profile",
            list(exports.PROFILES),
            format_func=exports.PROFILES.__getitem__,
            key="export-profile",
        )
        purpose = st.text_input(
            "Purpose",
            placeholder="goes on the record and into the bundle",
            key="export-purpose",
        )
        ticket = actions.ask_ticket("export")
        pressed = st.form_submit_button("Ask for it", type="primary", width="stretch")
    if pressed:
        wanted = exports.wanted(
            tenant=tenant or "", first=first, last=last, profile=profile or "redacted", ticket=ticket, clock=signin.clock(signed)
        )  # fmt: skip
        deed = Deed("export", "request", partial(_ask, signed, wanted))
        doing.do(signed, deed, " ".join((purpose or "").split()))
    doing.outcome("export")


def _ask(signed: signin.Signed, wanted: dict[str, object] | str, purpose: str) -> str | Failure:
    if isinstance(wanted, str):
        return wanted
    made = signed.control.send(Order, "POST", exports.PATH, wanted | {"purpose": purpose})
    if isinstance(made, Failure):
        return made
    return f"Asked for: {made.log}, {made.profile}. It {exports.state(made).partition(' ')[2]}."


def _draw_named(signed: signin.Signed, named: str) -> None:
    st.button("To all exports", icon=":material/arrow_back:", on_click=_leave)
    one = signin.value(signed.control.read(Order, exports.path_of(named)))
    if one is not None:
        _draw_order(signed, one)
        _live(signed, (one,), exports.path_of(named))


def _leave() -> None:
    if ONE in st.query_params:
        del st.query_params[ONE]


def _open(id: str) -> None:
    st.query_params[ONE] = id


def _draw_list(signed: signin.Signed) -> None:
    whereabouts.known("state", exports.WANTED.values())
    chosen = st.selectbox(
        "State", list(exports.WANTED), format_func=exports.WANTED.__getitem__, key="state", bind="query-params"
    )  # fmt: skip
    search = Search(chosen or "")
    at = whereabouts.here(search)
    query = search.asked(at.cursor) | {"limit": A_PAGE}
    answer = signed.control.read(Orders, exports.PATH, query)
    whereabouts.draw_refused(answer, at, search)
    found = signin.value(answer)
    if found is None:
        return
    if not found.exports:
        st.info(
            "No export was asked for here. Who has the role compliance asks for one."
            if not search.state
            else "None that was asked for here is in this state."
        )
    for one in found.exports:
        _draw_order(signed, one)
    onward = f"{found.next}" if found.next is not None else None
    with st.container(horizontal=True, vertical_alignment="center"):
        whereabouts.ways(at, search, onward, ("Newer", "Older"))
    if not (search.state or at.cursor):
        made.draw(signed)
    _live(signed, found.exports, exports.PATH, query)


def _live(
    signed: signin.Signed,
    drawn: tuple[Order, ...],
    path: str,
    query: dict[str, str] | None = None,
) -> None:
    """Draws the page anew when one of them goes on."""

    @st.fragment(run_every=4 if exports.any_unended(drawn) else 30)
    def look() -> None:
        answer = signed.control.read(Orders if query is not None else Order, path, query)
        found = answer.exports if isinstance(answer, Orders) else (answer,)
        if not isinstance(answer, Failure) and exports.moving(found) != exports.moving(drawn):  # type: ignore[arg-type]
            st.rerun()

    look()


def _draw_order(signed: signin.Signed, one: Order) -> None:
    clock = signin.clock(signed)
    with st.container(border=True, gap="xxsmall"):
        st.markdown(f"**{words.escaped(exports.state(one))}**  ·  {words.escaped(one.log)}")
        st.caption(words.escaped(f"{exports.span(one, clock)}  ·  {one.profile}"))
        for sentence in exports.story(one, now(), clock):
            st.text(words.visible(sentence))
        if said := exports.onward(one, signed.me, now(), clock):
            st.caption(words.escaped(said))
        if "approve" in one.allowed:
            _draw_approve(signed, one)
        for act, what in _ENDS.items():
            if act in one.allowed:
                _draw_end(signed, one, act, what)
        if "download" in one.allowed:
            _draw_take(signed, one)
        if ONE not in st.query_params:
            st.button(
                "Link to it", key=f"link export {one.id}", type="tertiary", icon=":material/link:",
                help="Shows this export alone, at an address that can be sent.",
                on_click=_open, args=(one.id,),
            )  # fmt: skip


_ENDS = {"refuse": "refusal", "withdraw": "withdrawal"}


def _draw_end(signed: signin.Signed, one: Order, act: str, what: str) -> None:
    label, done = f"{act.capitalize()} it", f"The export of {one.log}: {what} done."
    path = f"{exports.path_of(one.id)}/{act}"
    with st.expander(label):
        doing.form(signed, Deed(f"{act}-{one.id}", f"{what} of this export", lambda why: doing.after(
            signed.control.change("POST", path, body={"reason": why}), done
        )), label)  # fmt: skip


def _draw_approve(signed: signin.Signed, one: Order) -> None:
    again = signed.me.sign_in_again
    with st.expander("Approve it", expanded=True):
        st.caption("The words of patients and models leave with it. You confirm that they may.")
        if again and signed.me.must_sign_in_again(now()):
            single_sign_on.button("Sign in again to approve", again)
            return
        name, proof = f"approve-{one.id}", ""
        with st.form(name, border=False):
            reason = doing.ask_reason(name)
            ticket = actions.ask_ticket(name)
            if not again:
                proof = st.text_input(
                    "Your password, or a code of your app, to confirm that it is you",
                    type="password", autocomplete="off", key=doing.key_of(name, "proof"),
                ) or ""  # fmt: skip
            pressed = st.form_submit_button(
                "Approve the export", type="primary", width="stretch"
            )
        if pressed:
            yes = partial(_approve, signed, one, proof, ticket)
            doing.do(signed, Deed(name, "approval of this export", yes), reason)
        doing.outcome(name)


def _approve(
    signed: signin.Signed, one: Order, proof: str, ticket: str, reason: str
) -> str | Failure:
    if not (proof.strip() or signed.me.sign_in_again):
        return "! Type your password, or a code of your app. Nothing was approved."
    body = {"reason": reason, "proof": proof} | ({"ticket": ticket} if ticket else {})
    made = signed.control.send(Order, "POST", f"{exports.path_of(one.id)}/approve", body)
    if isinstance(made, Failure):
        return made
    return f"Approved: the export of {made.log}. It {exports.state(made).partition(' ')[2]}."


def _draw_take(signed: signin.Signed, one: Order) -> None:
    """Fetched first, so that what goes wrong is told, and then saved by the browser."""
    if one.bytes > exports.MOST_BYTES:
        st.caption("It is too large for this page. Take it with your own token:")
        st.code(exports.by_command(one, signed.control.url), language=None, wrap_lines=True)
        return
    kept: tuple[str, bytes] | None = st.session_state.get(_TAKEN)
    if kept is not None and kept[0] == one.id:
        st.download_button(
            f"Save export-{one.id[:8]}.tar", kept[1], file_name=f"export-{one.id}.tar", mime="application/x-tar",
            icon=":material/download:", type="primary", on_click=_let_go, key=f"save-{one.id}",
        )  # fmt: skip
        st.caption(
            "It arrived whole: its SHA-256 is the one above. That you took it is on the record."
        )
    elif st.button("Fetch the bundle", icon=":material/archive:", key=f"fetch-{one.id}"):
        with st.spinner("The bundle is being fetched."):
            content = taking.take(
                signed.control,
                f"{exports.path_of(one.id)}/bundle",
                one.sha256,
                exports.MOST_BYTES,
            )
        if isinstance(content, Failure):
            st.error(words.escaped(remedy.told(content)), icon=":material/error:")
            return
        st.session_state[_TAKEN] = (one.id, content)
        st.rerun()


def _let_go() -> None:
    st.session_state.pop(_TAKEN, None)
