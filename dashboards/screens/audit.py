"""Audit: who did what, and when, as the event log has it."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, tables, whereabouts
from dashboards.questions import audit
from dashboards.questions.audit import Log, Search

ROWS_A_PAGE = "50"


def asked() -> Search:
    """What is looked for; the address keeps it."""
    whereabouts.known("days", audit.TIMES.values())
    tenant, actor, kind, days = st.columns(4)
    return Search(
        tenant=tenant.text_input("Tenant", key="tenant", bind="query-params", max_chars=100) or "",
        actor=actor.text_input("Who", key="actor", bind="query-params", max_chars=100) or "",
        kind=kind.text_input("What", key="kind", placeholder="state.transition", bind="query-params", max_chars=100) or "",
        days=days.selectbox("When", list(audit.TIMES), format_func=audit.TIMES.__getitem__, key="days", bind="query-params") or "",
    )  # fmt: skip


def draw(signed: signin.Signed, search: Search) -> None:
    """The events that fit."""
    at = whereabouts.here(search)
    cursor = {"cursor": at.cursor} if at.cursor else {}
    query = search.asked(time.time_ns() // 1000) | {"limit": ROWS_A_PAGE} | cursor
    answer = signed.control.read(Log, audit.PATH, query)
    whereabouts.draw_refused(answer, at, search)
    log = signin.value(answer)
    if log is None:
        return
    if log.events:
        tables.draw(audit.rows(log, signin.clock(signed)))
    elif log.next:
        st.text("None among those looked through; older ones may fit.")
    else:
        st.info("No event fits. Ask for less; what is looked for must be written whole.")
    with st.container(horizontal=True, vertical_alignment="center"):
        whereabouts.ways(at, search, log.next, ("Newer", "Older"))
    st.caption(
        "Whether the log is whole is said by `crossfade fsck`, on the controller's machine: "
        "this page shows what stands there and proves nothing."
    )


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Audit")
    draw(signed, asked())


main()
