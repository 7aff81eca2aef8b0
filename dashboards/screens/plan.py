"""Plan: what goes on when, what waits for what, and what is frozen."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import doing, signin, tables, whereabouts, words
from dashboards.calls import Failure, Trouble
from dashboards.clock import Clock
from dashboards.doing import Deed
from dashboards.questions import freezes, plan
from dashboards.questions.freezes import Freeze, Freezes
from dashboards.questions.plan import Plan

ENTRIES_A_PAGE, FREEZES_A_PAGE, ROWS = 12, 8, 200
PAGES = 10  # so many pages behind the first are looked through for a name
TO_OTHERS = "The page of a rollout says what it waits for; the board finds it."


def draw_entry(row: plan.Row) -> None:
    """One entry of the plan."""
    with st.container(border=True, gap="xxsmall"):
        name, state, there = st.columns([1.4, 2.2, 1], vertical_alignment="center")
        name.markdown(f"**{words.escaped(row.name)}**")
        state.text(words.visible(row.state))
        there.progress(
            min(1.0, row.reached / row.of) if row.of else 0.0,
            text=f"{row.reached:,} of {row.of:,} there",
        )
        st.text("  ·  ".join(filter(None, (row.begins, row.until, row.after))))
        st.text(row.rollouts)
        for note in row.notes:
            st.caption(words.escaped(note))


def read[T: (Plan, Freezes)](
    signed: signin.Signed,
    shape: type[T],
    path: str,
    find: str,
    first: T | Failure | None = None,
) -> T | Failure:
    """The first page, asked for where it is not at hand; and for a name the pages behind it, a bounded number of them."""
    found = signed.control.read(shape, path) if first is None else first
    for _ in range(PAGES if find.strip() else 0):
        if isinstance(found, Failure) or found.next is None:
            break
        more = signed.control.read(shape, path, {"cursor": found.next})
        found = more if isinstance(more, Failure) else found.joined(more)
    return found


def draw_more(found: Plan | Freezes, number: int, find: str) -> None:
    """That there are more rollouts than were looked through, and how the others are found."""
    if found.next is not None:
        among = f"Looked through {words.counted(number, 'rollout')}; there are more. "
        st.text(among + (TO_OTHERS if find.strip() else "Find the others by name."))


def draw_plan(found: Plan, clock: Clock, find: str) -> None:
    """The entries, and the rollouts that wait."""
    st.text(plan.declared(found))
    rows = plan.rows(found, clock)
    above, shown = whereabouts.paged(rows, ENTRIES_A_PAGE, "page")
    for row in shown:
        with above:
            draw_entry(row)
    st.subheader("What each rollout waits for", anchor=False)
    draw_table(plan.waiting(found, find), "No rollout found here waits for the plan.")
    draw_more(found, len(found.rollouts), find)


def draw_table(rows: list[dict[str, str]], nothing: str) -> None:
    """Rows that may be very many."""
    if not rows:
        st.text(nothing)
        return
    tables.draw(rows[:ROWS])
    if said := freezes.shown(len(rows), ROWS):
        st.text(said)


def draw_no_plan() -> None:
    """What to do where there is none."""
    st.info(
        "The policy has no plan: each rollout goes on when its own gates allow it. Write the days "
        "ahead under `plan:` of the policy file, and they appear here.",
        icon=":material/event:",
    )


@st.fragment(run_every=5)
def live(
    signed: signin.Signed,
    find: str,
    drawn: tuple[str, ...] | None,
    asked: list[Freezes | Failure],
) -> None:
    """What changes by itself; another freeze draws the page anew. What was `asked` for just now is taken from there."""
    now_us, clock = time.time_ns() // 1000, signin.clock(signed)
    answer = read(signed, Plan, plan.PATH, find)
    if isinstance(answer, Failure) and answer.trouble is Trouble.MISSING:
        draw_no_plan()
    elif (found := signin.remembered("plan", answer, now_us, clock)) is not None:
        draw_plan(found, clock, find)
    told = read(signed, Freezes, freezes.PATH, find, asked.pop() if asked else None)
    if isinstance(answer, Plan) and isinstance(told, Failure):
        signin.value(told)
    elif isinstance(told, Freezes):
        if tuple(one.id for one in told.freezes) != drawn:
            st.rerun()
        st.subheader("What may not be widened now", anchor=False)
        draw_table(
            freezes.frozen_rows(told, find),
            "No rollout found here is frozen. The policy's `calendar` may freeze it later.",
        )
        draw_more(told, len(told.frozen), find)


def draw_freeze(signed: signin.Signed, one: Freeze, clock: Clock) -> None:
    """One freeze, and how it is ended."""
    with st.container(border=True, gap="xxsmall"):
        st.badge(words.escaped(freezes.title(one)), color="orange" if one.broken else "blue")
        st.text(words.visible(one.reason))
        st.caption(words.escaped(freezes.facts(one, clock)))
        if why := freezes.why_not(one, signed.me):
            st.caption(words.escaped(why))
            return
        path = freezes.BREAKS if one.broken else freezes.PATH
        label = "Let freezes count again" if one.broken else "Lift it"
        with st.expander(label):
            what = f"change of the freeze of {freezes.scope(one)}"
            doing.form(signed, Deed(f"end-{one.id}", what, lambda why: doing.after(
                signed.control.change("DELETE", path, query={
                    "tenant": one.tenant, "route": one.route, "reason": why,
                }),
                f"Done: {freezes.scope(one)}. The policy's calendar holds as it is written.",
            )), label)  # fmt: skip


def draw_freezes(signed: signin.Signed, found: Freezes, clock: Clock) -> None:
    """What people froze, and the form to freeze."""
    st.subheader("Freezes", anchor=False)
    with doing.outcomes():
        draw_placed(signed, found, clock)


def draw_placed(signed: signin.Signed, found: Freezes, clock: Clock) -> None:
    """Each freeze, and the form to place another."""
    above, shown = whereabouts.paged(found.freezes, FREEZES_A_PAGE, "freezes")
    for one in shown:
        with above:
            draw_freeze(signed, one, clock)
    if not found.freezes:
        st.text("Nobody has frozen anything.")
    if not signed.me.may_somewhere("engineer"):
        st.caption("You may look. Freezing needs the role engineer.")
        return
    with st.expander("Freeze", expanded=not found.freezes):
        draw_form(signed)


def draw_form(signed: signin.Signed) -> None:
    """What is to be frozen, for how long and why."""
    st.caption("Nothing is widened while it holds. Rollbacks work as ever.")
    with st.form("freeze", border=False):
        tenant = st.text_input("Tenant", key="freeze-tenant", placeholder="every tenant")
        route = st.text_input("Route", key="freeze-route", placeholder="every route")
        length = st.selectbox("How long", list(freezes.LENGTHS), key="freeze-length")
        reason = doing.ask_reason("freeze")
        pressed = st.form_submit_button("Freeze", width="stretch")
    if pressed:
        whose, which = (tenant or "").strip(), (route or "").strip()
        body = {"tenant": whose, "route": which, "for_s": freezes.LENGTHS[length]}
        doing.do(signed, Deed("freeze", f"freeze of {freezes.scoped(whose, which)}", lambda why: doing.after(
            signed.control.change("POST", freezes.PATH, body={**body, "reason": why}),
            freezes.placed(whose, which, length),
        )), reason)  # fmt: skip
    doing.outcome("freeze")


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Plan")
    find = st.text_input(
        "Find", key="find", placeholder="tenant or route", bind="query-params", max_chars=100, width=320
    )  # fmt: skip
    answer = signed.control.read(Freezes, freezes.PATH)
    found = signin.last("freezes", answer, time.time_ns() // 1000)
    if found is None:
        signin.needed(signed, answer)
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        drawn = tuple(one.id for one in found.freezes) if found else None
        live(signed, find or "", drawn, [answer])
    if found is not None:
        with right:
            draw_freezes(signed, found, signin.clock(signed))


main()
