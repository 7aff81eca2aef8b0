"""Board: where every rollout stands, and which one needs a person."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, view, words
from dashboards.wire import Board

WIDTHS = [2.0, 1.2, 2.0, 1.4, 4.2, 0.9, 1.1]
HEADINGS = ["Tenant / route", "Stage", "Share", "Verdict", "Waits for", "Sessions", "Since"]
STAGES = {"": "All", **{stage: words.named(stage) for stage in words.STAGES}}
ROWS_A_PAGE = 25


def draw_summary(board: Board) -> None:
    """The counts on top."""
    figures = view.summary(board)
    for place, (label, number) in zip(st.columns(len(figures)), figures, strict=True):
        place.metric(label, f"{number:,}", border=True)


def draw_row(row: view.BoardRow) -> None:
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
        words.verdict(row.verdict), color=words.colour(words.VERDICT_COLOURS, row.verdict)
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


def draw_rows(board: Board, find: str, stage: str, now_us: int) -> None:
    """The rollouts asked for, or what to do where there are none."""
    rows = view.board_rows(board, now_us, find, stage)
    if not board.rollouts:
        st.info(
            "No rollouts yet. Write one under `rollouts:` of the policy file; it appears here when "
            "the controller has read it.",
            icon=":material/add_circle:",
        )
        return
    if not rows:
        st.info("No rollout fits. Clear the search or choose another stage.")
        return
    with st.container(border=True):
        for place, heading in zip(st.columns(WIDTHS), HEADINGS, strict=True):
            place.caption(heading)
    pages = -(-len(rows) // ROWS_A_PAGE)
    page = st.session_state.get("board-page", 1) if pages > 1 else 1
    start = (min(page, pages) - 1) * ROWS_A_PAGE
    for row in rows[start : start + ROWS_A_PAGE]:
        with st.container(border=True):
            draw_row(row)
    if pages > 1:
        st.pagination(pages, key="board-page")


@st.fragment(run_every=2)
def live(signed: signin.Signed, find: str, stage: str) -> None:
    """What changes by itself."""
    now_us = time.time_ns() // 1000
    board = signin.remembered("board", signed.control.board(), now_us, signin.clock(signed))
    if board is None:
        return
    if said := view.banner(board):
        st.warning(said, icon=":material/science:")
    draw_summary(board)
    draw_rows(board, find, stage, now_us)
    st.caption(
        f"{words.escaped(board.deployment)} at {words.escaped(signin.clock(signed).time_of_day(now_us))}"
    )


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Board")
    search, stages = st.columns([1, 2], vertical_alignment="bottom")
    find = search.text_input(
        "Find", key="find", placeholder="tenant, route or model", bind="query-params"
    )
    stage = stages.segmented_control(
        "Stage", list(STAGES), format_func=STAGES.__getitem__, key="stage", default=""
    )
    live(signed, find or "", stage or "")


main()
