"""Answers side by side. What models wrote is shown as text: escaped, and never rendered."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboards import difference, pairs, signin, words
from dashboards.clock import Clock
from dashboards.control import Key
from dashboards.pairs import Comparison, Comparisons
from dashboards.signin import Signed, value

PAIRS_A_PAGE = 5
_OPENED, _OLDER = "answers-opened", "answers-older"
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


@dataclass(frozen=True, slots=True)
class Opened:
    """Answers that the person has opened. They stay still while they are read."""

    key: Key
    flag: str
    before: int | None
    page: Comparisons


def draw(signed: Signed, key: Key, flags: list[str]) -> None:
    """Recent comparisons with their answers, once the person asks for them.

    The control API records who opens how many answers, so nothing is read ahead or read again.
    """
    chosen, newest, _ = st.columns([1.4, 1.4, 3.2], vertical_alignment="bottom")
    kinds = ["", *sorted(set(flags))]
    flag = chosen.selectbox(
        "With flag", kinds, format_func=lambda code: code or "any", key="flag"
    )
    asked = newest.button("Open the newest", icon=":material/visibility:", width="stretch")
    older: int | None = st.session_state.pop(_OLDER, None)
    opened: Opened | None = st.session_state.get(_OPENED)
    if opened is not None and opened.key != key:
        opened = st.session_state[_OPENED] = None
    if asked or older is not None or (opened is not None and opened.flag != flag):
        opened = _open(signed, key, flag, older)
    if opened is not None:
        _page(opened, signin.clock(signed))
    elif not asked:
        st.text("Answers may speak of patients. Opening them is recorded with your name.")


def _open(signed: Signed, key: Key, flag: str, before: int | None) -> Opened | None:
    page = value(signed.control.comparisons(key, PAIRS_A_PAGE, before, flag))
    opened = None if page is None else Opened(key, flag, before, page)
    st.session_state[_OPENED] = opened
    return opened


def _page(opened: Opened, clock: Clock) -> None:
    if not opened.page.comparisons:
        st.info(_nothing(opened.flag, opened.before), icon=":material/compare_arrows:")
    for comparison in opened.page.comparisons:
        draw_pair(comparison, clock)
    if (onward := opened.page.next) is not None:
        st.button(
            "Older", icon=":material/arrow_downward:", on_click=_ask_older, args=(onward,)
        )


def _ask_older(before: int) -> None:
    st.session_state[_OLDER] = before


def _nothing(flag: str, before: int | None) -> str:
    if before is not None:
        return "Nothing older of this kind. Open the newest to go back."
    if flag:
        return f"No comparison carries {words.escaped(flag)}."
    return (
        "Nothing compared yet. Comparisons appear when requests of this tenant pass the proxy "
        "and a worker runs (`crossfade worker`, or `crossfade up`)."
    )


def draw_pair(comparison: Comparison, clock: Clock) -> None:
    """One exchange: its flags, the question, and both answers side by side."""
    with st.container(border=True):
        st.text(pairs.pair_facts(comparison, clock))
        st.page_link(
            "screens/incidents.py",
            label="Report this answer",
            icon=":material/flag:",
            query_params={"exchange": comparison.exchange_id},
        )
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
                st.caption(pairs.side_facts(comparison, side))
                st.html(as_html(segments or ((pairs.NO_TEXT, False),)))


def _plain(text: str | None) -> None:
    st.html(as_html(((_shown(text) or pairs.NO_TEXT, False),)))


def _shown(text: str | None) -> str:
    return words.visible(words.shortened(text or ""))
