"""Where a person stands in a list. The address keeps it: it survives a reload, and can be sent as a link.

What is looked for is in the address by itself, as Streamlit binds a widget to it. A place in what was found is
there as `at`: the page's number, which search it belongs to, and the cursor that the control API gave.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import words
from dashboards.calls import Failure, Trouble

AT = "at"
_WRITTEN = re.compile(r"([1-9]\d{0,6})\.([0-9a-f]{8})\.([!-~]{1,400})")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Place:
    """A page of what a search found: its number, and the cursor it begins behind, "" for the first."""

    page: int = 1
    cursor: str = ""

    def written(self, search: object) -> str:
        """As the address has it; "" for the first page, which needs no word."""
        return f"{self.page}.{_named(search)}.{self.cursor}" if self.cursor else ""


FIRST = Place()


def read(written: str, search: object) -> Place | None:
    """The place of this search in an address: the first page where it is of another search, None for nonsense."""
    if not written:
        return FIRST
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    return Place(int(found[1]), found[3]) if found[2] == _named(search) else FIRST


def _named(search: object) -> str:
    return sha256(repr(search).encode()).hexdigest()[:8]


def here(search: object) -> Place:
    """Where the address says that the person stands. Says so where it says nothing that can be understood."""
    found = read(st.query_params.get(AT, ""), search)
    if found is None:
        st.warning(
            "The address names no place in this list. This is its beginning.",
            icon=":material/link_off:",
        )
    at = found or FIRST
    if at.cursor:
        st.session_state.setdefault(_way(search), {})[at.page] = at.cursor
    return at


def go(place: Place, search: object) -> None:
    """Puts the address at that place. Each place that was shown is remembered, as the way back."""
    if place.cursor:
        st.query_params[AT] = place.written(search)
    elif AT in st.query_params:
        del st.query_params[AT]


def ways(at: Place, search: object, onward: str | None, words_: tuple[str, str]) -> None:
    """The ways to the pages before and behind this one, by these words; the first page where the way was not taken."""
    before, behind = words_
    if at.cursor:
        known: dict[int, str] = st.session_state.get(_way(search), {})
        back = Place(at.page - 1, known.get(at.page - 1, ""))
        direct = back.cursor or back.page == 1
        st.button(
            before if direct else "To the beginning",
            icon=":material/arrow_back:" if direct else ":material/first_page:",
            on_click=go,
            args=(back if back.cursor else FIRST, search),
        )
    if onward:
        st.button(
            behind,
            icon=":material/arrow_forward:",
            on_click=go,
            args=(Place(at.page + 1, onward), search),
        )


def _way(search: object) -> str:
    return f"way {type(search).__module__} {_named(search)}"


def draw_refused(answer: object, at: Place, search: object) -> None:
    """A way back to the first page, where the control API would not go on from this place."""
    if isinstance(answer, Failure) and answer.trouble is Trouble.REFUSED and at.cursor:
        st.button("To the beginning", on_click=go, args=(FIRST, search))


def known(name: str, choices: Iterable[str], what: str = "all are shown") -> None:
    """Says so where the address asks for a choice that there is not. Before the widget is drawn, which drops it."""
    asked = st.query_params.get(name, "")
    if asked and asked not in choices:
        shown = words.escaped(words.shortened(asked, _SHOWN))
        st.warning(
            f"The address asks for {name} “{shown}”, which there is not; {what}.",
            icon=":material/link_off:",
        )


def paged[T](rows: Sequence[T], most: int, name: str) -> tuple[DeltaGenerator, Sequence[T]]:
    """The rows of the page that the address names, and the place for them above the way to other pages."""
    above = st.container()
    pages = -(-len(rows) // most)
    page = st.pagination(pages, key=name, bind="query-params") if pages > 1 else 1
    page = min(page, pages) if pages else 1
    return above, rows[(page - 1) * most : page * most]
