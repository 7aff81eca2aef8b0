"""Audit: who did what, and when, as the event log has it; exports of it, legal holds and erasure, and whether a bundle is what crossfade wrote."""

from __future__ import annotations

import streamlit as st

from dashboards import signin, whereabouts
from dashboards.audit import exporting, keeping, log, verifying

VIEWS = {
    "": "Events",
    "exports": "Exports",
    "holds": "Legal holds",
    "verify": "Verify a bundle",
}


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Audit")
    whereabouts.known("view", VIEWS.values(), "the events are shown")
    view = st.segmented_control(
        "What to do", list(VIEWS), format_func=VIEWS.__getitem__, key="view",
        bind="query-params", default="", required=True, label_visibility="collapsed",
    )  # fmt: skip
    if view == "verify":
        verifying.draw(signed)
    elif view == "exports":
        exporting.draw(signed)
    elif view == "holds":
        keeping.draw(signed)
    else:
        log.draw(signed)


main()
