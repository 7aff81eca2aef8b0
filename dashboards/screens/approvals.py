"""Approvals: which moves wait for a person, on what evidence, and the yes or no to each."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import actions, answers, doing, moves, signin, tables, view, whereabouts, words
from dashboards.clock import Clock
from dashboards.control import Key
from dashboards.questions import approvals
from dashboards.questions.approvals import Approvals, Frozen, Waiting
from dashboards.wire import Rollout

HERE = "screens/approvals.py"
KEPT = "approvals"  # where the session keeps what waited last
ROWS_A_PAGE = 12
WIDTHS = [1.0, 1.0, 1.6, 1.6]
HEADINGS = ["Gate", "Asked for", "When proposed", "Now"]


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def link(key: Key) -> dict[str, str]:
    """The address of one proposal, on the page of the list that it stands on."""
    page = st.query_params.get("page")
    return {"tenant": key.tenant, "route": key.route} | ({"page": page} if page else {})


def draw_waiting(signed: signin.Signed, waiting: list[Waiting], chosen: Key | None) -> None:
    """Every open proposal, as a way to its evidence."""
    above, shown = whereabouts.paged(waiting, ROWS_A_PAGE, "page")
    for one in shown:
        with above.container(border=True, gap="xxsmall"):
            here = "▶ " if one.key == chosen else ""
            st.page_link(
                HERE,
                label=f"**{here}{words.escaped(f'{one.tenant} / {one.route}')}**",
                query_params=link(one.key),
            )
            st.text(f"{approvals.share(one)}  ·  {approvals.ends(one, now())}")
            st.caption(words.escaped(approvals.said(one)))
            if why := actions.may_not_approve(signed, one.tenant, one.proposer, one.approvals):
                st.caption(words.escaped(why))


def draw_evidence(rollout: Rollout, frozen: Frozen, clock: Clock) -> None:
    """What was frozen, beside what is the case now."""
    st.subheader("Evidence when it was proposed, and now", anchor=False)
    st.caption(
        f"Frozen {words.escaped(clock.when(frozen.at_us))}: "
        f"{words.counted(frozen.sessions, 'session')}. Odds of 20 to 1 say that a candidate that "
        "misses the demand shows so much once in 20 times at the most."
    )
    for place, heading in zip(st.columns(WIDTHS), HEADINGS, strict=True):
        place.caption(heading)
    for row in approvals.compared(frozen, rollout):
        with st.container(border=True, gap="xxsmall"):
            gate, *cells = st.columns(WIDTHS)
            gate.markdown(f"**{words.escaped(row['gate'])}**")
            for place, name in zip(cells, ("asked", "when proposed", "now"), strict=True):
                place.text(row[name])
            st.text(row["what was found"])
    st.subheader("Since then", anchor=False)
    for sentence in approvals.since(frozen, rollout):
        if sentence.startswith("! "):
            st.warning(words.escaped(sentence[2:]), icon=":material/priority_high:")
        else:
            st.text(sentence)


@st.fragment(run_every=3)
def look(signed: signin.Signed, rollout: Rollout) -> None:
    """The evidence as it comes; where the proposal itself changes, the whole page is drawn anew."""
    proposal, clock = rollout.proposal, signin.clock(signed)
    assert proposal is not None
    key = Key(rollout.tenant, rollout.route)
    found = signin.remembered(f"rollout {key}", signed.control.rollout(key), now(), clock)
    if found is None:
        st.rerun()  # what may be decided is of a rollout that is gone
    if moves.fingerprint(found) != moves.fingerprint(rollout):
        st.rerun()
    asked = approvals.frozen_path(key, proposal.id)
    kept = f"frozen {proposal.id}"
    frozen = st.session_state.get(kept)
    if not isinstance(frozen, Frozen):
        frozen = st.session_state[kept] = signin.value(signed.control.read(Frozen, asked))
    if frozen is not None:
        said = view.why_not(found)
        st.text(said if view.not_now(found) else f"Now: {said}")
        draw_evidence(found, frozen, clock)


def draw_chosen(signed: signin.Signed, key: Key) -> None:
    """One proposal: what it changes, its evidence, and the decision."""
    answer = signed.control.rollout(key)
    rollout = signin.last(f"rollout {key}", answer, now())
    if rollout is None:
        with doing.outcomes():
            signin.needed(signed, answer)
        return
    if rollout.proposal is None:
        with doing.outcomes():
            actions.ended_meanwhile(rollout)
        st.info(
            "Nothing waits for an approval here any more: it was decided, or what it rested on changed.",
            icon=":material/check_circle:",
        )
        way_to(key, "What this rollout does now")
        return
    evidence, decision = st.columns([1.9, 1], gap="medium")
    with decision:
        actions.draw_proposal(signed, rollout, now())
        way_to(key, "Charts, flags and moves of this rollout")
    with evidence:
        st.subheader(
            words.escaped(
                f"{key.tenant} / {key.route}: {moves.change(rollout, rollout.proposal)}"
            ),
            anchor=False,
        )
        st.text(view.sides(rollout))
        look(signed, rollout)
        answers.section(signed, key, [kind.code for kind in rollout.flags.kinds])


def way_to(key: Key, label: str) -> None:
    """A link to the rollout's own page."""
    st.page_link(
        "screens/rollout.py",
        label=label,
        icon=":material/moving:",
        query_params={"tenant": key.tenant, "route": key.route},
    )


def draw_nothing(found: Approvals) -> None:
    """What to do where no move waits."""
    if not found.open:
        st.info(
            "No move waits for an approval. The controller proposes one when every gate has shown "
            "what it asks for; the board says what each rollout waits for.",
            icon=":material/inbox:",
        )
        st.page_link("screens/board.py", label="To the board", icon=":material/dashboard:")


def draw_rejected(found: Approvals, clock: Clock) -> None:
    """The rejections that stand."""
    if rows := approvals.rejected_rows(found, clock):
        st.subheader("Rejected", anchor=False)
        tables.draw(rows)


@st.fragment(run_every=5)
def live(signed: signin.Signed, drawn: tuple[str, ...], *, alone: bool) -> None:
    """Draws the page anew when another move waits or one waits no more.

    `alone`: nothing else here asks the control API, or says that it does not answer.
    """
    answer = signed.control.read(Approvals, approvals.PATH)
    if alone:
        signin.remembered(KEPT, answer, now(), signin.clock(signed))
    if isinstance(answer, Approvals) and tuple(one.id for one in answer.open) != drawn:
        st.rerun()


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Approvals")
    answer = signed.control.read(Approvals, approvals.PATH)
    found = signin.last(KEPT, answer, now())
    if found is None:
        signin.needed(signed, answer)
        return
    waiting = approvals.soonest(found)
    tenant, route = st.query_params.get("tenant"), st.query_params.get("route")
    chosen = Key(tenant, route) if tenant and route else None
    if chosen is None and waiting:
        chosen = waiting[0].key
    if chosen is not None:
        # Kept in the address, which a link within the page does not change by itself: what is read and answered
        # stays the one, whatever is drawn anew and whatever else begins to wait.
        st.query_params.update(tenant=chosen.tenant, route=chosen.route)
    live(signed, tuple(one.id for one in found.open), alone=chosen is None)
    draw_nothing(found)
    if chosen is not None:
        left, right = st.columns([1, 3.4], gap="medium")
        with left:
            draw_waiting(signed, waiting, chosen)
        with right:
            draw_chosen(signed, chosen)
    draw_rejected(found, signin.clock(signed))


main()
