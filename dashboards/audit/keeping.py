"""Legal holds on the page: those that stand, one placed and lifted, and a patient erased, each with a proof of who asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from functools import partial

import streamlit as st

from dashboards import actions, doing, signin, single_sign_on, whereabouts, words
from dashboards.calls import Failure
from dashboards.doing import Deed
from dashboards.questions import keeping
from dashboards.questions.keeping import Gone, Hold, Holds, Placed

A_PAGE = "10"
UNPROVEN = "! Type your password, or a code of your app. Nothing was done."


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def draw(signed: signin.Signed) -> None:
    """The holds that stand, and the forms to place another one and to erase a patient."""
    with doing.outcomes():
        listed, forms = st.columns([1.7, 1], gap="medium")
        with forms:
            _draw_forms(signed)
        with listed:
            _draw_holds(signed)


def _draw_forms(signed: signin.Signed) -> None:
    if not signed.me.may_somewhere("compliance"):
        st.caption(
            "You may look. Placing and lifting a legal hold and erasing a patient need the role compliance."
        )
        return
    again = signed.me.sign_in_again
    if again and signed.me.must_sign_in_again(now()):
        st.caption("Placing, lifting and erasing need a proof of who you are.")
        single_sign_on.button("Sign in again to go on", again)
        return
    _draw_place(signed)
    _draw_erase(signed)


def _draw_place(signed: signin.Signed) -> None:
    st.subheader("Place a legal hold", anchor=False)
    st.caption(
        "What it names is erased by nobody until it is lifted. With nothing but a tenant it names everything; days begin "
        f"at midnight in {words.escaped(signin.clock(signed).place)}."
    )
    with st.form("place", border=True):
        tenant = _tenant("place")
        exchange = st.text_input("Exchange", key="place-exchange", max_chars=100)
        patient = _whom("place")
        first = st.date_input("First day", value=None, key="place-first")
        last = st.date_input("Last day", value=None, key="place-last")
        reason, said = _why(signed, "place")
        pressed = st.form_submit_button("Place the hold", type="primary", width="stretch")
    if pressed:
        body = {"tenant": tenant, "exchange_id": (exchange or "").strip()} | patient | said
        span = partial(keeping.days, first, last, signin.clock(signed))
        do = partial(_place, signed, body, span, _ordered(first, last))
        doing.do(signed, Deed("place", "legal hold", do), reason)
    doing.outcome("place")


def _draw_erase(signed: signin.Signed) -> None:
    st.subheader("Erase a patient", anchor=False)
    st.caption(
        "What was said in the patient's exchanges is gone for good; rows, scores and the log stay, and verify as before. "
        "The reference is kept nowhere. What is on legal hold is left."
    )
    with st.form("erase", border=True):
        tenant = _tenant("erase")
        patient = _whom("erase")
        reason, said = _why(signed, "erase")
        pressed = st.form_submit_button("Erase for good", type="primary", width="stretch")
    if pressed:
        do = partial(_erase, signed, {"tenant": tenant} | patient | said, bool(patient))
        doing.do(signed, Deed("erase", "erasure", do), reason)
    doing.outcome("erase")


def _tenant(form: str) -> str:
    return (st.text_input("Tenant", key=f"{form}-tenant", max_chars=100) or "").strip()


def _whom(form: str) -> dict[str, str]:
    """A patient, named in one of two ways."""
    named = st.radio(
        "Patient, named", list(keeping.NAMED), format_func=keeping.NAMED.__getitem__, key=f"{form}-named"
    )  # fmt: skip
    patient = st.text_input("Patient", key=f"{form}-patient", max_chars=200, autocomplete="off")
    return keeping.whom(named or keeping.PATIENT, patient or "")


def _why(signed: signin.Signed, form: str) -> tuple[str, dict[str, str]]:
    """The fields of the reason, the ticket and the proof: the reason, and the others as the API is given them."""
    reason, ticket = doing.ask_reason(form), actions.ask_ticket(form)
    said = {"ticket": ticket} if ticket else {}
    if signed.me.sign_in_again:
        return reason, said
    proof = st.text_input(
        "Your password, or a code of your app, to confirm that it is you",
        type="password", autocomplete="off", key=doing.key_of(form, "proof"),
    )  # fmt: skip
    return reason, said | {"proof": (proof or "").strip()}


def _ordered(first: date | None, last: date | None) -> bool:
    return not (first and last and last < first)


def _place(
    signed: signin.Signed,
    body: dict[str, str],
    span: Callable[[], dict[str, int]],
    ordered: bool,
    reason: str,
) -> str | Failure:
    if not body["tenant"]:
        return "! Name the tenant. Nothing was done."
    if not ordered:
        return "! The last day is before the first. Nothing was done."
    if body.get("proof") == "":
        return UNPROVEN
    made = signed.control.send(
        Placed, "POST", keeping.HOLDS, body | span() | {"reason": reason}
    )
    return made if isinstance(made, Failure) else keeping.placed(made)


def _erase(
    signed: signin.Signed,
    body: dict[str, str],
    named: bool,
    reason: str,
) -> str | Failure:
    if not (body["tenant"] and named):
        return "! Name the tenant and the patient. Nothing was erased."
    if body.get("proof") == "":
        return UNPROVEN
    gone = signed.control.send(Gone, "POST", keeping.ERASURES, body | {"reason": reason})
    return gone if isinstance(gone, Failure) else keeping.erased(gone)


def _draw_holds(signed: signin.Signed) -> None:
    st.subheader("Legal holds that stand", anchor=False)
    if not any(signed.me.may_somewhere(role) for role in ("compliance", "lead")):
        st.caption("Seeing them needs the role compliance or lead.")
        return
    at = whereabouts.here("legal-holds")
    query = {"limit": A_PAGE} | ({"before": at.cursor} if at.cursor else {})
    answer = signed.control.read(Holds, keeping.HOLDS, query)
    whereabouts.draw_refused(answer, at, "legal-holds")
    found = signin.value(answer)
    if found is None:
        return
    if not found.holds:
        st.info("No legal hold stands: what the policy keeps no longer is erased.")
    for one in found.holds:
        _draw_hold(signed, one)
    onward = f"{found.next}" if found.next is not None else None
    with st.container(horizontal=True, vertical_alignment="center"):
        whereabouts.ways(at, "legal-holds", onward, ("Newer", "Older"))


def _draw_hold(signed: signin.Signed, one: Hold) -> None:
    clock = signin.clock(signed)
    with st.container(border=True, gap="xxsmall"):
        st.markdown(f"**#{one.id}**  ·  {words.escaped(keeping.scope(one, clock))}")
        st.text(words.visible(f"{one.by}, {clock.when(one.at_us)}: {one.reason}"))
        again = signed.me.sign_in_again and signed.me.must_sign_in_again(now())
        if not signed.me.may("compliance", one.tenant) or again:
            return
        name = f"lift-{one.id}"
        with st.expander("Lift it"):
            with st.form(name, border=False):
                reason, said = _why(signed, name)
                pressed = st.form_submit_button("Lift the hold", width="stretch")
            if pressed:
                do = partial(_lift, signed, one, said)
                doing.do(signed, Deed(name, "lifting of this hold", do), reason)
            doing.outcome(name)


def _lift(signed: signin.Signed, one: Hold, said: dict[str, str], reason: str) -> str | Failure:
    if said.get("proof") == "":
        return UNPROVEN
    path = f"{keeping.HOLDS}/{one.id}/lift"
    done = f"Legal hold {one.id} is lifted: what it named may be erased again."
    return doing.after(signed.control.send(Hold, "POST", path, said | {"reason": reason}), done)
