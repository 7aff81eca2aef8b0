"""Signing in at the clinic's own provider: the way there, and back with a code that the API gave this browser.

The code is worth nothing without the cookie of the browser that began, so it may stand in the address for a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import streamlit as st

from dashboards import words
from dashboards.calls import Failure
from dashboards.control import take_over

CODE, COOKIE = "signed-in", "crossfade_browser"


def come_back(url: str, signed_in: Callable[[str], None]) -> None:
    """Takes a sign-in over that comes back to this page, and hands its token on."""
    code = st.query_params.get(CODE)
    if not code:
        return
    del st.query_params[CODE]
    cookie = st.context.cookies.get(COOKIE)
    answer = take_over(url, code, cookie if isinstance(cookie, str) else "")
    if isinstance(answer, Failure):
        st.error(words.escaped(answer.sentence), icon=":material/error:")
        return
    signed_in(answer.token)


def button(label: str, where: str) -> None:
    """A way to the provider, in a tab of its own, which comes back to this page."""
    address = st.context.url if isinstance(st.context.url, str) else ""
    joint = "&" if urlsplit(where).query else "?"
    st.link_button(
        label,
        f"{where}{joint}{urlencode({'back': back(address)})}",
        type="primary",
        width="stretch",
    )


def back(address: str) -> str:
    """The page of an address, with its query and without the path that all pages are under."""
    parts = urlsplit(address)
    page = parts.path.rpartition("/")[2]
    return f"/{page}?{parts.query}" if parts.query else f"/{page}"
