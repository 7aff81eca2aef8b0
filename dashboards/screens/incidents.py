"""Incidents: answers that somebody reported. Each is kept, and holds its rollout until it is closed."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from dashboards import doing, signin, tables, whereabouts, words
from dashboards.calls import Failure
from dashboards.clock import Clock
from dashboards.doing import Deed
from dashboards.questions import incidents
from dashboards.questions.incidents import Incident, Incidents, Reported

A_PAGE = 10
KEPT = "incidents"  # where the session keeps what was reported last


def report(signed: signin.Signed, exchange: str, reason: str) -> str | Failure:
    """Reports one answer."""
    body = {"exchange": exchange.strip(), "reason": reason}
    made = signed.control.send(Reported, "POST", incidents.PATH, body)
    return made if isinstance(made, Failure) else incidents.reported(made)


def draw_report(signed: signin.Signed) -> None:
    """The form of a report."""
    st.subheader("Report an answer", anchor=False)
    st.caption(
        "The exchange is kept for good, and its rollout and every other with the same candidate "
        "are widened no further until somebody closes the incident. Rollbacks work as ever."
    )
    if not signed.me.may_somewhere("engineer"):
        st.caption(
            "You may look. Reporting needs the role engineer; give such a person the id."
        )
        return
    with st.form("report", border=True):
        exchange = st.text_input(
            "Exchange", key="exchange", placeholder="its id, as the header x-crossfade-exchange has it",
            value=st.query_params.get("exchange", ""),
        )  # fmt: skip
        reason = st.text_input("What is wrong with it", key="report-reason")
        pressed = st.form_submit_button("Report", type="primary")
    if pressed:
        deed = Deed("report", "report", partial(report, signed, exchange or ""))
        doing.do(signed, deed, " ".join((reason or "").split()))
    doing.outcome("report")


def draw_open(signed: signin.Signed, one: Incident, clock: Clock) -> None:
    """One open incident, and how it is closed."""
    with st.container(border=True, gap="xxsmall"):
        st.badge(f"! open · {one.id}", color="red")
        st.text(words.visible(one.reason))
        st.caption(words.escaped(incidents.facts(one, clock)))
        st.text(words.visible(incidents.holds(one)))
        st.page_link(
            "screens/rollout.py",
            label="Its rollout",
            icon=":material/moving:",
            query_params={"tenant": one.tenant, "route": one.route},
        )
        if not signed.me.may("engineer", one.tenant):
            needed = signed.me.needs("engineer", one.tenant)
            st.caption(words.escaped(f"Closing it needs {needed}."))
            return
        with st.expander("Close it"):
            doing.form(signed, Deed(f"close-{one.id}", f"closing of incident {one.id}", lambda why: doing.after(
                signed.control.change("DELETE", incidents.PATH, query={"id": f"{one.id}", "reason": why}),
                f"Incident {one.id} is closed.",
            )), "Close")  # fmt: skip


@st.fragment(run_every=5)
def live(signed: signin.Signed, drawn: list[int]) -> None:
    """Draws the page anew when another incident was reported or one was closed."""
    now_us, answer = time.time_ns() // 1000, signed.control.read(Incidents, incidents.PATH)
    found = signin.remembered(KEPT, answer, now_us, signin.clock(signed))
    if found is None or [one.id for one in incidents.still_open(found)] != drawn:
        st.rerun()


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Incidents")
    now_us, answer = time.time_ns() // 1000, signed.control.read(Incidents, incidents.PATH)
    found = signin.last(KEPT, answer, now_us)
    if found is None:
        signin.needed(signed, answer)
    else:
        with doing.outcomes():
            draw(signed, found)


def draw(signed: signin.Signed, found: Incidents) -> None:
    """Those that are open and closed, and the form of a report."""
    clock, waiting = signin.clock(signed), incidents.still_open(found)
    live(signed, [one.id for one in waiting])
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        st.subheader(f"Open: {len(waiting):,}" if waiting else "Open", anchor=False)
        if not waiting:
            st.info("No incident is open. Who sees an answer that could harm reports it here.")
        above, shown = whereabouts.paged(waiting, A_PAGE, "page")
        for one in shown:
            with above:
                draw_open(signed, one, clock)
        if rows := incidents.closed_rows(found, clock):
            st.subheader("Closed", anchor=False)
            st.caption("Of the latest 200 incidents. What was reported stays kept for good.")
            tables.draw(rows)
    with right:
        draw_report(signed)


main()
