"""Board: where every rollout stands, and which one needs a person."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, words
from dashboards.control import Failure
from dashboards.questions import board
from dashboards.questions.board import Search
from dashboards.wire import Board

WIDTHS = [2.0, 1.2, 2.0, 1.4, 4.2, 0.9, 1.1]
HEADINGS = ["Tenant / route", "Stage", "Share", "Verdict", "Waits for", "Sessions", "Since"]
STAGES = {"": "All", **{stage: words.named(stage) for stage in words.STAGES}}
VERDICTS = {"": "All", **words.VERDICTS}
URGENT, ROWS_A_PAGE = 10, 25
WAY, SOUGHT = "board-way", "board-sought"
"""The cursors of the pages behind this one, and what was looked for when they came."""


def draw_summary(found: Board) -> None:
    """The counts on top."""
    figures = board.summary(found)
    for place, (label, number) in zip(st.columns(len(figures)), figures, strict=True):
        place.metric(label, f"{number:,}", border=True)


def draw_row(row: board.Row) -> None:
    """One rollout."""
    link, stage, share, verdict, waits, sessions, since = st.columns(
        WIDTHS, vertical_alignment="center"
    )
    link.page_link(
        "screens/rollout.py",
        label=f"**{words.escaped(f'{row.tenant} / {row.route}')}**",
        query_params={"tenant": row.tenant, "route": row.route},
    )
    stage.badge(words.named(row.stage), color=words.colour(words.STAGE_COLOURS, row.stage))
    share.progress(row.share / 100, text=f"{words.percent(row.share)} candidate")
    verdict.badge(
        words.verdict(row.verdict, row.stage),
        color=words.colour(words.VERDICT_COLOURS, row.verdict),
    )
    with waits.container(gap="xxsmall"):
        if row.needs:
            st.badge(f"! {row.needs}", color="orange")
        if row.dry_run:
            st.badge("DRY RUN", color="yellow")
        if row.held:
            st.badge(words.escaped(row.held), color="blue")
        st.text(row.waits_for)
    sessions.text(row.sessions)
    since.text(row.since)


def draw_rows(rows: list[board.Row]) -> None:
    """Rollouts under their headings."""
    with st.container(border=True):
        for place, heading in zip(st.columns(WIDTHS), HEADINGS, strict=True):
            place.caption(heading)
    for row in rows:
        with st.container(border=True):
            draw_row(row)


def draw_nothing(found: Board) -> None:
    """What to do where no rollout is there, or none fits."""
    if found.summary.rollouts:
        st.info("No rollout fits. Clear the search, or choose another stage or verdict.")
        return
    st.info(
        "No rollouts yet. Write one under `rollouts:` of the policy file; it appears here when "
        "the controller has read it.",
        icon=":material/add_circle:",
    )


def draw_way(rest: Board, way: list[str]) -> None:
    """Which page this is, and the ways to the next and the last."""
    place = board.place(len(rest.rollouts), len(way) * ROWS_A_PAGE, rest.found)
    with st.container(horizontal=True, vertical_alignment="center"):
        if way:
            st.button("Before", icon=":material/arrow_back:", on_click=go, args=(way[:-1],))
        if rest.next:
            onward = [*way, rest.next]
            st.button("Next", icon=":material/arrow_forward:", on_click=go, args=(onward,))
        st.text(place)


def go(way: list[str]) -> None:
    """Goes to the page that these cursors lead to."""
    st.session_state[WAY] = way


def the_way(search: Search) -> list[str]:
    """The cursors that led to this page; none once something else is looked for."""
    if st.session_state.get(SOUGHT) != search:
        st.session_state[SOUGHT], st.session_state[WAY] = search, []
    way: list[str] = st.session_state[WAY]
    return way


@st.fragment(run_every=3)
def live(signed: signin.Signed, search: Search) -> None:
    """What changes by itself: first those that a person is waited for, then a page of all others."""
    now_us, clock, asked = time.time_ns() // 1000, signin.clock(signed), search.asked()
    way = the_way(search)
    answer = signed.control.board(**asked, needs_person="true", limit=f"{URGENT}")
    urgent = signin.remembered("board urgent", answer, now_us, clock)
    if urgent is None or isinstance(answer, Failure):
        rest = st.session_state.get("board rest", (None,))[0]
    else:
        cursor = way[-1] if way else ""
        page = signed.control.board(
            **asked, needs_person="false", limit=f"{ROWS_A_PAGE}", cursor=cursor
        )
        rest = signin.remembered("board rest", page, now_us, clock)
    if urgent is None or rest is None:
        return
    if said := board.banner(urgent):
        st.warning(said, icon=":material/science:")
    draw_summary(urgent)
    if urgent.rollouts:
        shown = board.place(len(urgent.rollouts), 0, urgent.found)
        st.subheader(f"Waiting for a person: {shown}", anchor=False)
        draw_rows(board.rows(urgent, now_us))
    if rest.rollouts:
        st.subheader("All others" if urgent.rollouts else "Rollouts", anchor=False)
        draw_rows(board.rows(rest, now_us))
        draw_way(rest, way)
    if not urgent.rollouts and not rest.rollouts:
        draw_nothing(urgent)
    st.caption(words.escaped(f"{urgent.deployment} at {clock.time_of_day(now_us)}"))


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Board")
    words_, stages, verdicts = st.columns([1, 1.6, 1.2], vertical_alignment="bottom")
    find = words_.text_input(
        "Find", key="find", placeholder="tenant, route or model", bind="query-params", max_chars=100
    )  # fmt: skip
    stage = stages.segmented_control(
        "Stage", list(STAGES), format_func=STAGES.__getitem__, key="stage", default=""
    )
    verdict = verdicts.segmented_control(
        "Verdict", list(VERDICTS), format_func=VERDICTS.__getitem__, key="verdict", default=""
    )
    live(signed, Search(find or "", stage or "", verdict or ""))


main()
