"""Board: where every rollout stands, and which one needs a person."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, switched, whereabouts, words
from dashboards.calls import Failure
from dashboards.questions import board
from dashboards.questions.board import Search
from dashboards.whereabouts import Place
from dashboards.wire import Board

WIDTHS = [2.0, 1.2, 2.0, 1.4, 4.2, 0.9, 1.1]
HEADINGS = ["Tenant / route", "Stage", "Share", "Verdict", "Waits for", "Sessions", "Since"]
STAGES = {"": "All", **{stage: words.named(stage) for stage in words.STAGES}}
VERDICTS = {"": "All", **words.VERDICTS}
URGENT, ROWS_A_PAGE = 10, 25


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
            st.badge(words.escaped(f"! {row.needs}"), color="orange")
        if row.dry_run:
            st.badge("DRY RUN", color="yellow")
        if row.held:
            st.badge(words.escaped(row.held), color="blue")
        if row.why:
            st.text(row.why)
        if not row.not_now:  # what it waits for is said already
            st.text(f"Waits for {row.waits_for}." if row.why else row.waits_for)
        if row.to_decide:
            st.page_link(
                "screens/approvals.py",
                label="Read the evidence" if row.not_now else "Read the evidence and decide",
                icon=":material/how_to_reg:",
                query_params={"tenant": row.tenant, "route": row.route},
            )
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


def draw_way(rest: Board, at: Place, search: Search) -> None:
    """Which page this is, and the ways to others."""
    with st.container(horizontal=True, vertical_alignment="center"):
        whereabouts.ways(at, search, rest.next, ("Before", "Next"))
        st.text(board.place(len(rest.rollouts), (at.page - 1) * ROWS_A_PAGE, rest.found))


def look(signed: signin.Signed, search: Search, at: Place) -> tuple[Board, Board] | None:
    """Those that a person is waited for, and a page of all others; None where neither can be told."""
    now_us, clock, asked = time.time_ns() // 1000, signin.clock(signed), search.asked()
    answer = signed.control.board(**asked, needs_person="true", limit=f"{URGENT}")
    urgent = signin.remembered("board urgent", answer, now_us, clock)
    if urgent is None or isinstance(answer, Failure):
        rest = st.session_state.get("board rest", (None,))[0]
    else:
        page = signed.control.board(
            **asked, needs_person="false", limit=f"{ROWS_A_PAGE}", cursor=at.cursor
        )
        whereabouts.draw_refused(page, at, search)
        rest = signin.remembered("board rest", page, now_us, clock)
    return None if urgent is None or rest is None else (urgent, rest)


@st.fragment(run_every=3)
def live(signed: signin.Signed, search: Search) -> None:
    """What changes by itself."""
    at = whereabouts.here(search)
    if (found := look(signed, search, at)) is None:
        return
    urgent, rest = found
    now_us = time.time_ns() // 1000
    if said := board.banner(urgent):
        st.warning(said, icon=":material/science:")
    switched.draw(signed, now_us)
    draw_summary(urgent)
    if urgent.rollouts:
        shown = board.place(len(urgent.rollouts), 0, urgent.found)
        st.subheader(f"Waiting for a person: {shown}", anchor=False)
        draw_rows(board.rows(urgent, now_us))
        if urgent.next:
            st.caption(
                "Find the others above; every move that waits for an approval is on Approvals."
            )
    if rest.rollouts:
        st.subheader("All others" if urgent.rollouts else "Rollouts", anchor=False)
        draw_rows(board.rows(rest, now_us))
    if rest.rollouts or at.cursor:
        draw_way(rest, at, search)
    if not urgent.rollouts and not rest.rollouts:
        draw_nothing(urgent)
    told = signin.clock(signed).time_of_day(now_us)
    st.caption(words.escaped(f"{urgent.deployment} at {told}"))


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Board")
    words_, stages, verdicts = st.columns([1, 1.6, 1.2], vertical_alignment="bottom")
    find = words_.text_input(
        "Find", key="find", placeholder="tenant, route or model", bind="query-params", max_chars=100
    )  # fmt: skip
    whereabouts.known("stage", STAGES.values())
    whereabouts.known("verdict", VERDICTS.values())
    stage = stages.segmented_control(
        "Stage",
        list(STAGES),
        format_func=STAGES.__getitem__,
        key="stage",
        default="",
        bind="query-params",
    )
    verdict = verdicts.segmented_control(
        "Verdict", list(VERDICTS), format_func=VERDICTS.__getitem__, key="verdict", default="", bind="query-params"
    )  # fmt: skip
    live(signed, Search(find or "", stage or "", verdict or ""))


main()
