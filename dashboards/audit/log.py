"""The event log as people look through it: each event in a sentence, with its exact letters behind it."""

from __future__ import annotations

import time
from datetime import date

import streamlit as st

from dashboards import signin, whereabouts, words
from dashboards.clock import Clock
from dashboards.questions import audit, told
from dashboards.questions.audit import Event, Log, Search

ROWS_A_PAGE = "25"
ONE = "event"
"""Where the address names one event."""


def asked() -> Search:
    """What is looked for; the address keeps it."""
    whereabouts.known("days", audit.TIMES.values())
    whereabouts.known("deeds", audit.DEEDS.values())
    deeds = st.segmented_control(
        "Whose deeds", list(audit.DEEDS), format_func=audit.DEEDS.__getitem__,
        key="deeds", bind="query-params", default="", required=True,
    )  # fmt: skip
    whereabouts.known("order", audit.ORDERS.values())
    tenant, actor, kind, thing, days, order = st.columns(6)
    chosen = days.selectbox(
        "When", list(audit.TIMES), format_func=audit.TIMES.__getitem__, key="days", bind="query-params"
    ) or ""  # fmt: skip
    first, last = _between() if chosen == audit.BETWEEN else (None, None)
    return Search(
        tenant=tenant.text_input("Tenant", key="tenant", bind="query-params", max_chars=100) or "",
        actor=actor.text_input("Who", key="actor", bind="query-params", max_chars=100) or "",
        kind=kind.text_input("Type", key="kind", placeholder="state.transition", bind="query-params", max_chars=100) or "",
        object=thing.text_input("To what", key="object", placeholder="clinic-a/chat", bind="query-params", max_chars=200) or "",
        days=chosen,
        deeds=deeds or "",
        first=first,
        last=last,
        order=order.selectbox(
            "Order", list(audit.ORDERS), format_func=audit.ORDERS.__getitem__, key="order", bind="query-params"
        ) or "",
    )  # fmt: skip


def _between() -> tuple[date | None, date | None]:
    """The first day and the last, on the clinics' clock; either may be left open."""
    left, right, _ = st.columns([1, 1, 3])
    first = left.date_input("First day", value=None, key="first", bind="query-params")
    last = right.date_input("Last day", value=None, key="last", bind="query-params")
    return first, last


def draw(signed: signin.Signed) -> None:
    """The one event that the address names, or those that are looked for."""
    if named := st.query_params.get(ONE, ""):
        _draw_one(signed, named)
    else:
        _draw_found(signed, asked())


def _draw_one(signed: signin.Signed, named: str) -> None:
    st.button("To all events", icon=":material/arrow_back:", on_click=_leave)
    query = audit.one(named)
    if query is None:
        st.warning("The address names no event: a tenant, a slash and a number are needed.")
        return
    log = signin.value(signed.control.read(Log, audit.PATH, query))
    if log is None:
        return
    if not log.events:
        st.info("There is no such event in a log that you may read.")
    for event in log.events:
        _draw_event(event, signin.clock(signed), alone=True)


def _leave() -> None:
    if ONE in st.query_params:
        del st.query_params[ONE]


def _open(id: str) -> None:
    st.query_params[ONE] = id


def _draw_found(signed: signin.Signed, search: Search) -> None:
    clock = signin.clock(signed)
    at = whereabouts.here(search)
    cursor = {"cursor": at.cursor} if at.cursor else {}
    query = search.asked(time.time_ns() // 1000, clock) | {"limit": ROWS_A_PAGE} | cursor
    answer = signed.control.read(Log, audit.PATH, query)
    whereabouts.draw_refused(answer, at, search)
    log = signin.value(answer)
    if log is None:
        return
    st.caption(audit.ordered(search))
    for event in log.events:
        _draw_event(event, clock)
    if not log.events and log.next:
        st.text("None among those looked through; older ones may fit.")
    elif not log.events:
        st.info("No event fits. Ask for less; what is looked for must be written whole.")
    with st.container(horizontal=True, vertical_alignment="center"):
        whereabouts.ways(at, search, log.next, ("Newer", "Older"))
    st.caption(
        "Whether the log is whole is said by `crossfade fsck`, on the controller's machine: "
        "this page shows what stands there and proves nothing."
    )


def _draw_event(event: Event, clock: Clock, *, alone: bool = False) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.text(words.visible(told.sentence(event, clock)))
        st.caption(words.escaped(audit.place(event, clock)))
        if said := audit.mark(event, time.time_ns() // 1000, clock):
            st.text(words.visible(f"⚠ {said}"))
        with st.container(horizontal=True, vertical_alignment="center"):
            for link in audit.links(event):
                st.page_link(
                    f"screens/{link.page}.py",
                    label=words.escaped(link.label),
                    query_params=link.query,
                )
            if not alone:
                st.button(
                    "Link to it", key=f"link {event.id}", type="tertiary", icon=":material/link:",
                    help="Shows this event alone, at an address that can be sent.",
                    on_click=_open, args=(event.id,),
                )  # fmt: skip
        with st.expander("Exactly as it stands in the log", expanded=alone):
            st.code(told.exactly(event), language=None, wrap_lines=True)
            st.caption(
                f"`crossfade prove {words.visible(event.id)}` on the controller's machine proves that it stands there."
            )
