"""Cost: what copies cost, what the candidates' answers saved, and when a server pays for itself."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, tables, words
from dashboards.calls import Failure
from dashboards.questions import spending
from dashboards.questions.spending import Days, Server, Spending, Spent

ROWS = 200


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def draw_total(total: Spent) -> None:
    """The deployment's day in one currency."""
    figures = [
        ("Cloud spend avoided today", spending.money(total.avoided, total.currency), ""),
        ("Copies and re-asks cost today", spending.money(total.spent, total.currency), ""),
        ("Left of the budget", spending.left(total), ""),
        ("Answers charged today", f"{total.legs:,}", f"{total.estimated:,} by estimate"),
    ]
    for place, (label, figure, beside) in zip(st.columns(4), figures, strict=True):
        with place.container(border=True, height="stretch"):
            st.caption(label)
            st.markdown(f"**{words.escaped(figure)}**")
            if beside:
                st.text(beside)


@st.fragment(run_every=10)
def live(signed: signin.Signed) -> None:
    """What changes by itself."""
    answer = signed.control.read(Spending, spending.PATH)
    found = signin.remembered("spending", answer, now(), signin.clock(signed))
    if found is None:
        return
    totals = spending.totals(found)
    if not totals:
        st.info(
            "Nothing was charged today. What copies cost is counted where the policy writes a price: "
            "`prices` of an upstream, and `budget_per_day` to bound it.",
            icon=":material/sell:",
        )
    for total in totals:
        draw_total(total)
    st.caption(
        f"The day began at midnight UTC and ends {words.escaped(signin.clock(signed).when(found.resumes_us))}."
    )
    if rows := spending.rows(found):
        st.subheader("By rollout", anchor=False)
        tables.draw(rows[:ROWS])
        if len(rows) > ROWS:
            st.text(
                f"The {ROWS} of {len(rows):,} rollouts that saved most; `crossfade status --json` has all."
            )


def days_of(signed: signin.Signed, found: Spending) -> Days | None:
    """The days before today; they do not change, so they are asked for once in a day."""
    kept = f"days before {found.resumes_us}"
    told = st.session_state.get(kept)
    if not isinstance(told, Days):
        told = st.session_state[kept] = signin.value(signed.control.read(Days, spending.DAYS))
    return told


def draw_payback(signed: signin.Signed) -> None:
    """When a server has paid for itself, by what a person says it costs."""
    found = signed.control.read(Spending, spending.PATH)
    if isinstance(found, Failure):
        return  # said above
    days = days_of(signed, found)
    if days is None or not (names := spending.currencies(found, days)):
        return
    st.subheader("When has the server paid for itself?", anchor=False)
    of = names[0] if len(names) == 1 else st.selectbox("Of what was saved in", names, key="of")
    server = typed_server(of)
    with st.container(border=True):
        st.text(
            spending.payback(
                spending.basis(found, days, of, now(), signin.clock(signed)), of, server
            )
        )
    st.caption(
        "The cloud spend avoided is an estimate: what the primary would have charged, by the prices that the "
        "policy or the price list has, for what the candidate answered. Power, people and room count only where "
        "you write them into what it runs for. The address keeps what you write."
    )


def typed_server(of: str) -> Server:
    """What the reader says that the server costs."""
    capex, monthly, currency, rate = st.columns(4)
    return Server(
        capex=capex.number_input(
            "Bought for", 0.0, value=None, step=1_000.0, placeholder="as in 250000", key="capex", bind="query-params"
        ),
        monthly=monthly.number_input(
            "Runs for, a month", 0.0, value=None, step=100.0, placeholder="not counted", key="monthly", bind="query-params"
        ),
        currency=(currency.text_input(
            "Your currency", max_chars=6, placeholder=of, key="currency", bind="query-params"
        ) or "").strip(),
        rate=rate.number_input(
            f"One {words.escaped(of)} in your currency", 0.0001, value=None, step=0.05, format="%.4f", placeholder="as in 4.2",
            key="rate", bind="query-params",
        ),
    )  # fmt: skip


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Cost")
    live(signed)
    draw_payback(signed)


main()
