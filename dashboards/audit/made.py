"""Below the exports that were asked for: those that were made at the controller's machine, as the event log tells."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, words
from dashboards.questions import audit, made
from dashboards.questions.audit import Event, Log


def draw(signed: signin.Signed) -> None:
    """The latest of them, of the logs that this person may read; and the way to all that the log tells of exports."""
    st.subheader("Made at the controller's machine", anchor=False)
    st.caption(
        "By `crossfade export` and `crossfade report pack`, as the event log tells. Each lies where its maker put it: nothing "
        "can be taken here."
    )
    log = signin.value(signed.control.read(Log, audit.PATH, made.QUERY))
    if log is None:
        return
    found = made.by_hand(log.events)
    for one in found:
        _draw_one(signed, one)
    among = f"among the latest {made.A_LOOK}" if log.next else "in the logs that you may read"
    if not found or log.next:
        st.text(f"{'No more' if found else 'None'} {among}.")
    st.page_link(
        "screens/audit.py", label="All that the log tells of bundles", icon=":material/list:",
        query_params={"kind": made.TYPE},
    )  # fmt: skip


def _draw_one(signed: signin.Signed, one: Event) -> None:
    clock = signin.clock(signed)
    with st.container(border=True, gap="xxsmall"):
        st.markdown(f"**✓ made**  ·  {words.escaped(made.title(one))}")
        for sentence in made.story(one, clock):
            st.text(words.visible(sentence))
        if said := audit.mark(one, time.time_ns() // 1000, clock):
            st.text(words.visible(f"⚠ {said}"))
        st.caption(words.escaped(f"Event {one.id}"))
