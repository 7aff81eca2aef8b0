"""Health: whether the processes, the queues and the ledger are as they should be."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, switched, tables, words
from dashboards.questions import health, reviews
from dashboards.questions.health import Health


def draw_wrong(found: Health, signed: signin.Signed) -> None:
    """What is switched and what is wrong, or that nothing is."""
    switches = switched.draw(signed, time.time_ns() // 1000)
    troubles = health.troubles(found)
    for sentence in troubles:
        st.error(words.escaped(sentence), icon=":material/error:")
    if not troubles and (switches is None or switches.any):
        st.info("Nothing else is wrong with what is known here.", icon=":material/info:")
    elif not troubles:
        st.success("Nothing is wrong with what is known here.", icon=":material/check:")


def draw(found: Health, signed: signin.Signed) -> None:
    """All of it, what is wrong first."""
    draw_wrong(found, signed)
    figures = health.figures(found)
    for place, (label, figure) in zip(st.columns(len(figures)), figures, strict=True):
        place.metric(label, figure, border=True)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Proxies of the controller's machine", anchor=False)
        if rows := health.proxy_rows(found, signin.clock(signed)):
            tables.draw(rows)
        else:
            st.text(
                words.visible(
                    f"Unknown: {found.proxies.why}. `crossfade proxy` starts one, or `crossfade up`."
                )
            )
        st.subheader("Work", anchor=False)
        if waits := health.queue_rows(found):
            tables.draw(waits)
        else:
            st.text("Nothing waits to be copied, asked again or scored.")
        if found.spool.why:
            st.text(words.visible(f"Spool unknown: {found.spool.why}"))
        st.subheader("Event log", anchor=False)
        st.text(words.visible(reviews.line(found.reviews, signin.clock(signed))))
    with right:
        st.subheader("Requests of all rollouts", anchor=False)
        if found.ledger is None:
            st.text("Told to who may read of every tenant.")
        else:
            tables.draw(health.ledger_rows(found.ledger))


@st.fragment(run_every=5)
def live(signed: signin.Signed) -> None:
    """What changes by itself."""
    answer = signed.control.read(Health, health.PATH)
    now_us = time.time_ns() // 1000
    found = signin.remembered("health", answer, now_us, signin.clock(signed))
    if found is not None:
        draw(found, signed)


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Health")
    live(signed)


main()
