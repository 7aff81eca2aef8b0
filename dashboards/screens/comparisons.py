"""Comparisons: found among all, one opened side by side, and what a person says of it."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from dashboards import answers, doing, remedy, signin, whereabouts, words
from dashboards.calls import Failure
from dashboards.clock import Clock
from dashboards.doing import Deed, Done, Way
from dashboards.questions import comparisons
from dashboards.questions.comparisons import Found, FoundPage, Opened, Said, Search

HERE = "screens/comparisons.py"
ROUTES = ["", "chat", "reason", "audio", "embed", "rerank", "vision"]
SEVERITIES = {"": "any", **words.SEVERITIES}
LABELLED = {"": "labelled or not", "true": "labelled", "false": "not labelled"}
ROWS_A_PAGE = "20"
WIDTHS = [0.7, 1.6, 3.3, 0.9, 2.8, 0.9]
HEADINGS = ["Number", "Tenant / route", "When", "Agreement", "Flags", "Labels"]
ASKED = "comparisons-asked"  # the address of what was looked for last
# The comparison that is open, and whether more was said of it since it was read.
OPENED, STALE = "comparison-opened", "comparison-stale"


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def named_route(route: str) -> str:
    """A route as people choose it."""
    return route or "any"


def asked() -> Search:
    """What is looked for; the address keeps it."""
    choices = {
        "route": map(named_route, ROUTES), "severity": SEVERITIES.values(),
        "labelled": LABELLED.values(), "days": comparisons.TIMES.values(),
    }  # fmt: skip
    for name, known in choices.items():
        whereabouts.known(name, known)
    tenant, route, flag, severity, labelled, days = st.columns(6)
    return Search(
        tenant=tenant.text_input("Tenant", key="tenant", bind="query-params", max_chars=100) or "",
        route=route.selectbox("Route", ROUTES, format_func=named_route, key="route", bind="query-params") or "",
        flag=flag.text_input("Flag", key="flag", placeholder="DOSE_CONFLICT", bind="query-params", max_chars=100) or "",
        severity=severity.selectbox("Severity", list(SEVERITIES), format_func=SEVERITIES.__getitem__, key="severity", bind="query-params") or "",
        labelled=labelled.selectbox("Labels", list(LABELLED), format_func=LABELLED.__getitem__, key="labelled", bind="query-params") or "",
        days=days.selectbox("When", list(comparisons.TIMES), format_func=comparisons.TIMES.__getitem__, key="days", bind="query-params") or "",
    )  # fmt: skip


def draw_row(one: Found, clock: Clock, way: dict[str, str]) -> None:
    """One comparison, without any text, and the way to it."""
    link, whose, when, agreement, flags, said = st.columns(WIDTHS, vertical_alignment="center")
    link.page_link(HERE, label=f"#{one.number}", query_params=way | {"number": f"{one.number}"})
    whose.text(f"{one.tenant} / {one.route}")
    when.text(clock.when(one.at_us))
    agreement.text(comparisons.agreement(one))
    with flags.container(horizontal=True, gap="xxsmall"):
        for flag in one.flags:
            st.badge(
                words.escaped(f"{words.severity(flag.severity)} {flag.code}"),
                color=words.colour(words.SEVERITY_COLOURS, flag.severity),
            )
    said.text(comparisons.said_of(one))


def draw_found(signed: signin.Signed, search: Search) -> None:
    """What was found, as ways to each."""
    at = whereabouts.here(search)
    cursor = {"cursor": at.cursor} if at.cursor else {}
    query = search.asked(now()) | {"limit": ROWS_A_PAGE} | cursor
    answer = signed.control.read(FoundPage, comparisons.PATH, query)
    whereabouts.draw_refused(answer, at, search)
    page = signin.needed(signed, answer)
    if page is None:
        return
    if page.comparisons:
        for place, heading in zip(st.columns(WIDTHS), HEADINGS, strict=True):
            place.caption(heading)
    for one in page.comparisons:
        draw_row(one, signin.clock(signed), st.query_params.to_dict())
    if not page.comparisons and not page.next:
        st.info(comparisons.none_found(search), icon=":material/compare_arrows:")
    elif not page.comparisons:
        st.text("None among those looked through; older ones may fit.")
    with st.container(horizontal=True, vertical_alignment="center"):
        whereabouts.ways(at, search, page.next, ("Newer", "Older"))


def opened(signed: signin.Signed, number: int) -> Opened | None:
    """The comparison with its texts. It is opened once: the API records who opens one."""
    kept: Opened | None = st.session_state.get(OPENED)
    same = kept is not None and kept.number == number
    if same and not st.session_state.get(STALE):
        return kept
    answer = signed.control.read(Opened, f"{comparisons.PATH}/{number}")
    if isinstance(answer, Opened):
        st.session_state[OPENED], st.session_state[STALE] = answer, False
        return answer
    signin.needed(signed, answer)
    return kept if same and answer.trouble not in signin.GONE else None


def label(signed: signin.Signed, number: int, given: str) -> None:
    """Says it; the page is drawn anew with all that was said."""
    note = " ".join(str(st.session_state.get(f"note-{number}") or "").split())
    if given in comparisons.SAY_WHY and not note:
        doing.tell("label", f"! Write what is {given} in it first. Nothing was said.")
    elif note and (unfit := remedy.unfit(note)):
        doing.tell("label", f"! {unfit} Nothing was said.")
    else:
        deed = Deed("label", f"label “{given}”", partial(said, signed, number, given))
        doing.run(signed, deed, note)
        st.session_state[STALE] = True


def said(signed: signin.Signed, number: int, given: str, note: str) -> Done | Failure:
    """Says it to the control API; of an unsafe one, what that led to and the way there."""
    path = f"{comparisons.PATH}/{number}/labels"
    made = signed.control.send(Said, "POST", path, {"label": given, "note": note})
    if isinstance(made, Failure):
        return made
    way = Way("To the incident", "screens/incidents.py", {}) if made.incident else None
    return Done(comparisons.came_of(given, made), way)


def draw_labels(signed: signin.Signed, one: Opened) -> None:
    """What people said of it, and one key for each thing that this person may say."""
    for given in one.labels:
        st.text(words.visible(comparisons.said(given, signin.clock(signed))))
    if not signed.me.may("clinical-reviewer", one.tenant):
        needed = signed.me.needs("clinical-reviewer", one.tenant)
        st.caption(words.escaped(f"Labelling needs {needed}."))
        return
    if one.closed:
        st.caption("It cannot be labelled: a label needs the words, and they are not there.")
        return
    st.text_input("Why", key=f"note-{one.number}", placeholder="needed for worse and unsafe")
    st.caption(comparisons.UNSAFE)
    with st.container(horizontal=True):
        for name, key in comparisons.LABELS.items():
            st.button(
                name.capitalize(),
                shortcut=key,
                on_click=label,
                args=(signed, one.number, name),
                key=f"label-{name}",
            )
    doing.outcome("label")


def close() -> None:
    """Back to what was looked for."""
    asked: dict[str, str] = st.session_state.get(ASKED, {})
    st.query_params.from_dict(asked)


def draw_one(signed: signin.Signed, number: int) -> None:
    """One comparison side by side."""
    # No link: one within the page does not change the address, which would open this one again.
    st.button("All comparisons", icon=":material/arrow_back:", type="tertiary", on_click=close)
    one = opened(signed, number)
    if one is None:
        return
    st.subheader(words.escaped(f"{one.tenant} / {one.route}"), anchor=False)
    draw_labels(signed, one)
    answers.draw_pair(one, signin.clock(signed))


def main() -> None:
    """The page."""
    signed = signin.required()
    signin.bar(signed, "Comparisons")
    number = st.query_params.get("number", "")
    if number.isdecimal() and len(number) < 19:
        # The browser takes the fields out of the address as they go, and this with them where it came with a link.
        st.query_params["number"] = number
        draw_one(signed, int(number))
        return
    if number:
        st.warning(
            "The address names no comparison: a number is needed. These are all.",
            icon=":material/link_off:",
        )
    st.caption("Answers may speak of patients. Opening one is recorded with your name.")
    search = asked()
    st.session_state[ASKED] = st.query_params.to_dict()
    draw_found(signed, search)


main()
