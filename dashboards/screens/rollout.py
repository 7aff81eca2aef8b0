"""Rollout: what speaks for and against one rollout, and what people may decide about it."""

from __future__ import annotations

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import actions, answers, charts, doing, moves, signin, tables, view, words
from dashboards.clock import Clock
from dashboards.control import Key
from dashboards.wire import Rollout

PLACE_COLOURS: dict[str, words.Colour] = {"done": "green", "here": "blue", "ahead": "gray"}
CHOICES = 40
PLACE_SIGNS = {"done": "✓ ", "here": "▶ ", "ahead": ""}


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def kept(key: Key) -> str:
    """Where the session keeps what was read of a rollout last."""
    return f"rollout {key}"


def choose(signed: signin.Signed) -> None:
    """What to do where the address names no rollout."""
    signin.bar(signed, "Rollout")
    board = signin.needed(signed, signed.control.board(limit=f"{CHOICES}"))
    if board is None:
        return
    if not board.rollouts:
        st.info(
            "No rollouts yet. Write one under `rollouts:` of the policy file; it appears on the board, and here.",
            icon=":material/add_circle:",
        )
        to_board()
        return
    st.text("Choose a rollout.")
    for rollout in board.rollouts:
        st.page_link(
            "screens/rollout.py",
            label=words.escaped(f"{rollout.tenant} / {rollout.route}"),
            query_params={"tenant": rollout.tenant, "route": rollout.route},
        )
    if board.next:
        st.text(f"These are {CHOICES} of {board.found:,}; the board finds any by its name.")
        to_board()


def to_board() -> None:
    """The way back."""
    st.page_link("screens/board.py", label="Back to the board", icon=":material/arrow_back:")


def draw_head(rollout: Rollout, clock: Clock) -> None:
    """Where it stands, on its way and in one sentence."""
    st.text(view.sides(rollout))
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for label, place in moves.way(rollout):
            st.badge(f"{PLACE_SIGNS[place]}{label}", color=PLACE_COLOURS[place])
    st.caption(words.escaped(view.facts(rollout, now(), clock)))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.badge(
            words.verdict(rollout.verdict, rollout.stage),
            color=words.colour(words.VERDICT_COLOURS, rollout.verdict),
        )
        if view.dry_run(rollout):
            st.badge("DRY RUN", color="yellow")
        if held := view.held(rollout):
            st.badge(words.escaped(held), color="blue")
        with st.container(gap="xxsmall", width="stretch"):
            st.text(view.why_not(rollout))
            if not view.not_now(rollout):  # what it waits for is said already
                st.text(f"Waits for {view.waits_for(rollout)}.")


def draw_figures(rollout: Rollout) -> None:
    """The numbers that people ask for first."""
    rows = view.latency_rows(rollout.latency)
    figures = [
        ("Candidate answers", words.percent(rollout.share), "of the sessions"),
        ("Sessions as evidence", f"{rollout.sessions:,}", view.evidence_since(rollout)),
        ("Requests compared", f"{rollout.comparisons:,}", view.compared_of(rollout)),
        ("p95 candidate", rows[1]["p95"], f"primary {rows[0]['p95']}"),
    ]
    for place, (label, figure, beside) in zip(st.columns(4), figures, strict=True):
        place.metric(label, figure, beside, delta_color="off", delta_arrow="off", border=True)


def draw_evidence(rollout: Rollout) -> None:
    """Each gate over the sessions, against its thresholds."""
    st.subheader("Evidence", anchor=False)
    st.caption(
        "Blue, solid: how strongly the sessions speak for promotion. Orange, dashed: for rollback. "
        "Both as log10 of an e-value, so 1.3 means 20 to 1. Promotion needs every gate that is asked at its line; "
        "rollback weighs the gates together. Each stage begins anew where its name stands; what mirror showed and a "
        "later stage does not ask again is drawn in mirror alone."
    )
    colours = charts.palette(st.context.theme.type)
    if not rollout.evidence:
        st.info("No gate has evidence in this stage. It comes with compared sessions.")
    for start in range(0, len(rollout.evidence), 2):
        for place, gate in zip(
            st.columns(2), rollout.evidence[start : start + 2], strict=False
        ):
            with place.container(border=True):
                st.markdown(
                    f"**{words.escaped(words.gate(gate.gate))}**  ·  "
                    f"{words.escaped(view.stands(gate, rollout.stage))}  ·  {words.escaped(view.scope(gate, rollout))}"
                )
                readings = view.readings(rollout.history, gate.gate)
                drawing = charts.evidence(gate, readings, colours, view.standings(rollout))
                st.vega_lite_chart(drawing, key=f"gate-{gate.gate}")
                st.text(gate.sentence)


def draw_latency(rollout: Rollout) -> None:
    """How long both sides take until a whole answer, and until its first words."""
    st.subheader("Latency", anchor=False)
    first = view.first_words(rollout.latency)
    kinds = {"a whole answer": rollout.latency, "the first words": first}
    drawn = {what: times for what, times in kinds.items() if view.latency_curve(times)}
    if not drawn:
        st.info("No answers timed yet in this stage.")
    for what, times in drawn.items():
        colours = charts.palette(st.context.theme.type)
        chart = charts.latency(view.latency_curve(times), colours, what)
        st.vega_lite_chart(chart, key=f"latency {what}")
        tables.draw(view.latency_rows(times))


def draw_flags(rollout: Rollout) -> None:
    """Flags by kind among the latest comparisons."""
    st.subheader("Flags", anchor=False)
    among = f"the latest {words.counted(rollout.flags.of, 'comparison')}"
    if rows := view.flag_rows(rollout.flags):
        st.caption(f"Among {among}.")
        tables.draw(rows)
    elif rollout.flags.of:
        st.text(f"None among {among}.")
    else:
        st.info("Nothing was compared yet. Flags come with comparisons, which a worker makes.")


def draw_ledger(rollout: Rollout) -> None:
    """What became of every request."""
    st.subheader("Requests", anchor=False)
    tables.draw(view.ledger_rows(rollout.ledger))


def draw_transitions(rollout: Rollout, clock: Clock) -> None:
    """The moves so far, newest first."""
    st.subheader("Moves", anchor=False)
    for move, when, why in moves.transition_rows(rollout.transitions, clock):
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f"**{words.escaped(move)}**")
            st.caption(words.escaped(when))
            st.text(why)
    if not rollout.transitions:
        st.text("None yet.")


@st.fragment(run_every=2)
def live(
    signed: signin.Signed, key: Key, places: tuple[DeltaGenerator, ...], drawn: object
) -> None:
    """What changes by itself. A change of what may be decided draws the whole page anew."""
    # Written on every run, whatever the API says: Streamlit lets a fragment write only where it wrote before.
    head, left, latency, flags, right = (place.container() for place in places)
    clock = signin.clock(signed)
    with head:
        rollout = signin.remembered(kept(key), signed.control.rollout(key), now(), clock)
    if rollout is None:
        st.rerun()  # what may be decided is of a rollout that is gone
    if moves.fingerprint(rollout) != drawn:
        st.rerun()
    with head:
        draw_head(rollout, clock)
        draw_figures(rollout)
    with left:
        draw_evidence(rollout)
    with latency:
        draw_latency(rollout)
    with flags:
        draw_flags(rollout)
    with right:
        draw_ledger(rollout)
        draw_transitions(rollout, clock)


def draw(signed: signin.Signed, key: Key) -> None:
    """One rollout."""
    signin.bar(signed, words.escaped(f"{key.tenant} / {key.route}"))
    answer = signed.control.rollout(key)
    rollout = signin.last(kept(key), answer, now())
    if rollout is None:
        with doing.outcomes():
            signin.needed(signed, answer)
        to_board()
        return
    with doing.outcomes():
        actions.draw_roll_back(signed, rollout)
        head = st.container()
        main, side = st.columns([2.2, 1], gap="medium")
        left = main.container()
        latency, flags = main.columns(2, gap="medium")
        with side:
            actions.draw(signed, rollout, now())
    right = side.container()
    live(signed, key, (head, left, latency, flags, right), moves.fingerprint(rollout))
    answers.section(signed, key, [kind.code for kind in rollout.flags.kinds])


def main() -> None:
    """The page."""
    signed = signin.required()
    tenant, route = st.query_params.get("tenant"), st.query_params.get("route")
    if tenant and route:
        # A link within the page does not change the address by itself, and what is pressed must find the rollout.
        st.query_params.update(tenant=tenant, route=route)
        draw(signed, Key(tenant, route))
    else:
        choose(signed)


main()
