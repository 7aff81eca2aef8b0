"""Answers side by side. What models wrote is shown as text: escaped, and never rendered."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboards import difference, view, words
from dashboards.control import Key
from dashboards.signin import Signed, value
from dashboards.wire import Comparison

PAIRS_A_PAGE = 5
_PLAIN = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5"
_MARK = (
    "background:rgba(224,145,43,.28);color:inherit;border-radius:3px;"
    "text-decoration:underline;text-decoration-thickness:2px;text-underline-offset:3px"
)


def as_html(segments: difference.Segments) -> str:
    """Pieces of text as HTML that holds nothing but this text; differing words are underlined.

    Everything is escaped here, and Streamlit's `st.html` sanitises once more.
    """
    marked = "".join(
        f'<mark style="{_MARK}">{escape(text)}</mark>' if differs else escape(text)
        for text, differs in segments
    )
    return f'<div style="{_PLAIN}">{marked}</div>'


def draw(signed: Signed, key: Key, flags: list[str]) -> None:
    """Recent comparisons with their answers. They stay still while they are read."""
    chosen, newest, _ = st.columns([1.4, 1, 4], vertical_alignment="bottom")
    flag = chosen.selectbox("With flag", ["", *flags], format_func=lambda code: code or "any")
    start = f"pairs-from {key.tenant}/{key.route} {flag}"
    newest.button(
        "Load newest",
        icon=":material/refresh:",
        width="stretch",
        on_click=_go,
        args=(start, None),
    )
    before: int | None = st.session_state.get(start)
    page = value(signed.control.comparisons(key, PAIRS_A_PAGE, before, flag))
    if page is None:
        return
    if not page.comparisons:
        st.info(_nothing(flag, before), icon=":material/compare_arrows:")
        return
    for comparison in page.comparisons:
        _pair(comparison)
    if before is None:  # new ones must not push away what is being read
        _go(start, page.comparisons[0].number + 1)
    if page.next is not None:
        older = ":material/arrow_downward:"
        st.button("Older", icon=older, on_click=_go, args=(start, page.next))


def _go(start: str, before: int | None) -> None:
    st.session_state[start] = before


def _nothing(flag: str, before: int | None) -> str:
    if before is not None:
        return "Nothing older. Load the newest to go back."
    if flag:
        return f"No comparison carries {words.escaped(flag)}."
    return (
        "Nothing compared yet. Comparisons appear when requests of this tenant pass the proxy "
        "and a worker runs (`crossfade worker`, or `crossfade up`)."
    )


def _pair(comparison: Comparison) -> None:
    with st.container(border=True):
        st.text(view.pair_facts(comparison))
        for flag in comparison.flags:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge(
                    words.escaped(f"{words.severity(flag.severity)} · {flag.code}"),
                    color=words.colour(words.SEVERITY_COLOURS, flag.severity),
                )
                st.text(words.visible(flag.evidence), width="stretch")
        st.caption("Asked")
        _plain(comparison.prompt)
        primary, candidate = difference.marked(
            primary=_shown(comparison.primary), candidate=_shown(comparison.candidate)
        )
        left, right = st.columns(2, gap="medium")
        for place, side, segments in (
            (left, "primary", primary),
            (right, "candidate", candidate),
        ):
            with place:
                st.caption(view.side_facts(comparison, side))
                st.html(as_html(segments or ((view.NO_TEXT, False),)))


def _plain(text: str | None) -> None:
    st.html(as_html(((_shown(text) or view.NO_TEXT, False),)))


def _shown(text: str | None) -> str:
    return words.visible(words.shortened(text or ""))
