"""Capacity: what the servers take, what they carry now, and what waits."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, switched, tables, whereabouts, words
from dashboards.calls import Failure, Trouble
from dashboards.clock import Clock
from dashboards.questions import capacity, targets
from dashboards.questions.capacity import Load, Server, Servers
from dashboards.questions.targets import Candidate, Search, Targets

CANDIDATES = "20"  # so many are on a page


def draw_server(server: Server) -> None:
    """One upstream: what is accepted of it, and what it tells of itself."""
    with st.container(border=True):
        st.markdown(f"**{words.escaped(server.upstream)}**")
        st.text(capacity.accepted(server))
        figures = capacity.figures(server)
        for place, (label, figure) in zip(st.columns(len(figures)), figures, strict=True):
            place.metric(label, figure)
        if told := capacity.sources(server):
            st.caption(words.escaped(told))
        st.info(words.escaped(capacity.scaling(server)), icon=":material/swap_vert:")
        for sentence in capacity.silent(server):
            st.warning(words.escaped(sentence), icon=":material/sensors_off:")
        if rows := capacity.gpu_rows(server):
            tables.draw(rows)


def draw_load(load: Load) -> None:
    """What is in flight, waits, and is not asked."""
    for sentence in capacity.broken(load):
        st.error(words.escaped(sentence), icon=":material/power_off:")
    st.subheader("In flight", anchor=False)
    if rows := capacity.load_rows(load):
        tables.draw(rows)
    else:
        st.info("No process tells what it has in flight. Proxies and workers do once they run.")
    st.subheader("Backlog", anchor=False)
    draw_table(capacity.backlog_rows(load), "Nothing waits to be copied or scored.")
    st.subheader("Copies given up", anchor=False)
    st.caption("Since the store began. A copy is given up before a client would wait for it.")
    draw_table(capacity.shed_rows(load), "None: every copy was sent, or is still on its way.")


def draw_table(rows: list[dict[str, str | int]], nothing: str) -> None:
    """Rows that may be very many."""
    if not rows:
        st.text(nothing)
        return
    tables.draw(rows[: capacity.ROWS])
    if said := capacity.beyond(len(rows)):
        st.caption(said)


@st.fragment(run_every=5)
def live(signed: signin.Signed) -> None:
    """What changes by itself."""
    now_us, clock = time.time_ns() // 1000, signin.clock(signed)
    told = signed.control.read(Servers, capacity.SERVERS)
    servers = signin.remembered("servers", told, now_us, clock)
    if servers is None:
        return
    switched.draw(signed, now_us)
    st.subheader("Servers", anchor=False)
    if not servers.servers:
        st.info(
            "No server tells of itself. Name its pages of metrics under `metrics:` of an upstream in "
            "the policy; its queue, cache and GPU memory appear here.",
            icon=":material/monitor_heart:",
        )
    for server in servers.servers:
        draw_server(server)
    load = signin.remembered("load", signed.control.read(Load, capacity.LOAD), now_us, clock)
    if load is not None:
        draw_load(load)


def draw_targets(signed: signin.Signed) -> None:
    """What candidates must reach beside what was measured; it changes when somebody measures, not by itself."""
    st.subheader("Targets against measured", anchor=False)
    search = Search()
    at = whereabouts.here(search)
    cursor = {"cursor": at.cursor} if at.cursor else {}
    answer = signed.control.read(Targets, targets.PATH, {"limit": CANDIDATES} | cursor)
    if isinstance(answer, Failure) and answer.trouble is Trouble.MISSING:
        st.text(
            "This controller does not tell it; `crossfade acceptance` writes it to its report."
        )
        return
    whereabouts.draw_refused(answer, at, search)
    if (found := signin.value(answer)) is None:
        return
    if not found.candidates:
        st.info("No candidate yet: it is named by each rollout of the policy file.")
    for one in found.candidates:
        draw_candidate(one, signin.clock(signed))
    with st.container(horizontal=True):
        whereabouts.ways(at, search, found.next, ("Before", "Next"))
    with st.expander("What the policy asks of every candidate"):
        tables.draw(targets.asked_rows(found))


def draw_candidate(one: Candidate, clock: Clock) -> None:
    """One candidate: its last report, or what makes one."""
    with st.container(border=True):
        st.markdown(f"**{words.escaped(targets.title(one))}**")
        st.text(targets.standing(one, clock))
        if one.report is not None and one.report.rows:
            tables.draw(targets.report_rows(one.report))
        elif one.report is not None:
            st.text("Its numbers were not kept; measure it again to see them here.")


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Capacity")
    live(signed)
    draw_targets(signed)


main()
