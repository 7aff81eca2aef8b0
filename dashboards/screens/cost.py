"""Cost: what copies cost, what the candidates' answers saved, and when a server pays for itself."""

from __future__ import annotations

import time

import streamlit as st

from dashboards import signin, words
from dashboards.questions import spending
from dashboards.questions.spending import Server, Spending, Spent


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
        st.dataframe(rows, hide_index=True, width="stretch")


def draw_payback(signed: signin.Signed) -> None:
    """When a server has paid for itself, by what a person says it costs."""
    found = signed.control.read(Spending, spending.PATH)
    totals = spending.totals(found) if isinstance(found, Spending) else []
    if not totals or not isinstance(found, Spending):
        return
    st.subheader("When has the server paid for itself?", anchor=False)
    capex, monthly, currency, rate = st.columns(4)
    server = Server(
        capex=capex.number_input("Bought for", 0.0, value=250_000.0, step=1_000.0, key="capex", bind="query-params"),
        monthly=monthly.number_input("Runs for, a month", 0.0, value=3_000.0, step=100.0, key="monthly", bind="query-params"),
        currency=currency.text_input("Currency", "RM", max_chars=6, key="currency", bind="query-params") or "",
        rate=rate.number_input(
            f"{words.escaped(totals[0].currency)} 1 is", 0.0001, value=4.2, step=0.05, format="%.4f", key="rate", bind="query-params"
        ),
    )  # fmt: skip
    saved = spending.a_day(totals[0], found.resumes_us, now())
    st.text(spending.payback(saved, server))
    st.caption("The first figures are examples: write your own. The address keeps them.")


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Cost")
    live(signed)
    draw_payback(signed)


main()
