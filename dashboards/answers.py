"""Answers side by side. What models wrote is shown as text: escaped, and never rendered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboards import difference, grounding, pairs, signin, words
from dashboards.clock import Clock
from dashboards.control import Key
from dashboards.grounding import Grounds, Piece
from dashboards.pairs import Comparison, Comparisons
from dashboards.signin import Signed, value

PAIRS_A_PAGE = 5
_OPENED, _OLDER = "answers-opened", "answers-older"
_PLAIN = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5"
_MARK = (
    "color:inherit;border-radius:2px;text-decoration-thickness:2px;text-underline-offset:3px"
)
_DIFFERS, _FLAGGED = "rgba(224,145,43,.28)", "rgba(116,108,240,.26)"
_BOTH = f"linear-gradient({_FLAGGED} 50%,{_DIFFERS} 50%)"
_SIGN = "user-select:none;padding:0 2px"


def as_html(pieces: Iterable[Piece]) -> str:
    """Pieces of text as HTML that holds nothing but this text, one element a piece at the most and none in another.

    Words that differ stand on a line, a flag's words are bold under a line; what is both has both. The flag's sign
    stands where its words begin, outside of the text: who copies the text copies none. Everything is escaped here,
    and Streamlit's `st.html` sanitises once more.
    """
    told, before = [], Piece("")
    for piece in pieces:
        if begins := [flag for flag in piece.flags if flag not in before.flags]:
            told.append(f'<sup style="{_SIGN}">{grounding.sign(begins)}</sup>')
        told.append(_words(piece))
        before = piece
    return f'<div style="{_PLAIN}">{"".join(told)}</div>'


def _words(piece: Piece) -> str:
    said = escape(piece.text)
    match piece.differs, bool(piece.flags):
        case False, False:
            return said
        case True, False:
            style = f"background:{_DIFFERS};text-decoration-line:underline"
        case False, True:
            style = f"background:{_FLAGGED};text-decoration-line:overline;font-weight:600"
        case _:
            style = (
                f"background:{_BOTH};text-decoration-line:underline overline;font-weight:600"
            )
    return f'<mark style="{_MARK};{style}">{said}</mark>'


@dataclass(frozen=True, slots=True)
class Opened:
    """Answers that the person has opened. They stay still while they are read."""

    key: Key
    flag: str
    before: int | None
    page: Comparisons


@st.fragment
def section(signed: Signed, key: Key, flags: list[str]) -> None:
    """Answers of one rollout under their heading; pressing a button in it draws nothing else anew."""
    st.subheader("Answers side by side", anchor=False)
    draw(signed, key, flags)


def draw(signed: Signed, key: Key, flags: list[str]) -> None:
    """Recent comparisons with their answers, once the person asks for them.

    The control API records who opens how many answers, so nothing is read ahead or read again.
    """
    chosen, newest, _ = st.columns([1.4, 1.4, 3.2], vertical_alignment="bottom")
    kinds = ["", *sorted(set(flags))]
    flag = chosen.selectbox(
        "With flag",
        kinds,
        format_func=lambda code: code or "any",
        key="flag",
        bind="query-params",
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
        for number, flag in enumerate(comparison.flags, 1):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                told = f"{words.severity(flag.severity)} · {flag.code}"
                st.badge(
                    words.escaped(f"{grounding.sign((number,))} {told}"),
                    color=words.colour(words.SEVERITY_COLOURS, flag.severity),
                )
                st.text(words.visible(flag.evidence), width="stretch")
        if comparison.closed:
            st.info(words.escaped(pairs.CLOSED.get(comparison.closed, comparison.closed)))
            return
        st.caption("Asked")
        _plain(comparison.prompt)
        _sides(comparison)


def _sides(comparison: Comparison) -> None:
    """Both answers, with what differs and what was flagged marked in them."""
    texts = {"primary": _shown(comparison.primary), "candidate": _shown(comparison.candidate)}
    segments = difference.marked(**texts)
    evidence = [words.visible(flag.evidence) for flag in comparison.flags]
    marks = {
        side: grounding.marks(Grounds(side, text), evidence) for side, text in texts.items()
    }
    columns = zip(st.columns(2, gap="medium"), marks, segments, strict=True)
    for place, side, parts in columns:
        with place:
            st.caption(pairs.side_facts(comparison, side))
            st.html(as_html(grounding.overlaid(parts, marks[side]) or (Piece(pairs.NO_TEXT),)))
    compared = difference.is_compared(**texts)
    st.caption(grounding.legend(len(evidence), marks.values(), compared))


def _plain(text: str | None) -> None:
    st.html(as_html((Piece(_shown(text) or pairs.NO_TEXT),)))


def _shown(text: str | None) -> str:
    return words.visible(words.shortened(text or ""))
