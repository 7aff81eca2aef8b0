"""The dashboard's entry: the frame around every page. Started by `crossfade dashboard`.

Streamlit puts this file's folder first on the import path, so nothing in it may be called like a
package, and our own modules are imported by their full names. A folder called `pages` beside this
file would let Streamlit run what is in it without this frame, so the pages are in `screens`.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

# Each answers one question, and is at the address of its name.
SCREENS = {
    "board": ":material/dashboard:",
    "approvals": ":material/how_to_reg:",
    "rollout": ":material/moving:",
    "comparisons": ":material/compare_arrows:",
    "plan": ":material/event:",
    "capacity": ":material/memory:",
    "cost": ":material/payments:",
    "incidents": ":material/flag:",
    "audit": ":material/history:",
    "health": ":material/monitor_heart:",
}
ICON = Path(__file__).with_name("icon.svg")  # a named icon would be fetched from the internet

# Streamlit cuts long labels with an ellipsis. A tenant's name is never cut here: it wraps.
WHOLE = """<style>
:is([data-testid=stPageLink], [data-testid=stButton]) *, .stMarkdownBadge {
    white-space: normal !important; overflow: visible !important; overflow-wrap: anywhere;
}
</style>"""

st.set_page_config(page_title="crossfade", page_icon=ICON, layout="wide")
st.logo(ICON)
st.html(WHOLE)


def start() -> None:
    """The bare address leads to the board."""
    st.switch_page("screens/board.py")


page = st.navigation(
    [
        st.Page(start, title="Start", default=True, visibility="hidden"),
        *(
            st.Page(f"screens/{name}.py", title=name.capitalize(), url_path=name, icon=icon)
            for name, icon in SCREENS.items()
        ),
    ],
    position="top",
)
page.run()
