"""What a person may do with a rollout. Every deed is a call to the control API with that person's token."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from dashboards import moves, remedy, signin, single_sign_on, words
from dashboards.control import Failure, Key
from dashboards.signin import Signed
from dashboards.wire import Approval, Proposal, Rejection, Rollout

SAID = "said"
"""Where the outcome of the last deed waits to be shown, across the redraw that it causes."""
READ_US = 15_000_000
_SHOWN = "said-shown"


@dataclass(frozen=True, slots=True)
class Said:
    """What an approver gives beside the reason: the proof of who they are, and a change ticket, "" for none."""

    proof: str = field(repr=False)
    ticket: str


def draw(signed: Signed, rollout: Rollout, now_us: int) -> None:
    """The decisions that are open, and what this person may do about them."""
    draw_proposal(signed, rollout, now_us)
    if rollout.proposal is None and rollout.rejection is not None:
        _rejected(signed, rollout, rollout.rejection)
    elif rollout.proposal is None:
        st.text("Nothing waits for an approval.")
    if not signed.me.may("break-glass", rollout.tenant):
        st.caption("You may look. Holding, rolling back and proposing need the role engineer.")
        return
    for deed in _offered(rollout):
        if deed in (_hold, _roll_back) or signed.me.may("engineer", rollout.tenant):
            deed(signed, rollout)


def draw_proposal(signed: Signed, rollout: Rollout, now_us: int) -> None:
    """What was done last, and the move that waits for people, where one does."""
    st.subheader("Decide", anchor=False)
    draw_outcome()
    if rollout.proposal is not None:
        _approve(signed, rollout, rollout.proposal, now_us)


def _offered(rollout: Rollout) -> list[Callable[[Signed, Rollout], None]]:
    moving = rollout.stage in ("mirror", "canary", "live")
    offered: list[Callable[[Signed, Rollout], None]] = []
    if rollout.proposal is None and rollout.verdict == "promote" and rollout.stage != "live":
        offered.append(_propose)
    offered.append(_hold if moving and not rollout.held_by else _resume)
    return [*offered, _roll_back] if moving else offered


def _approve(signed: Signed, rollout: Rollout, proposal: Proposal, now_us: int) -> None:
    title = moves.change(rollout, proposal)
    with st.container(border=True):
        st.markdown(f"**Proposal: {words.escaped(title)}**")
        st.text(_named(rollout))
        for name, text in moves.proposal_rows(proposal, now_us, signin.clock(signed)):
            label, said = st.columns([1, 2.6], gap="small")
            label.caption(name)
            said.text(text)
        why_not = may_not_approve(signed, rollout.tenant, proposal.proposer, proposal.approvals)
        if why_not:
            st.info(why_not, icon=":material/lock:")
        else:
            _approval(signed, rollout, proposal, now_us)
        if signed.me.may("lead", rollout.tenant):
            _reject(signed, rollout, proposal)


def _approval(signed: Signed, rollout: Rollout, proposal: Proposal, now_us: int) -> None:
    title, again = moves.change(rollout, proposal), signed.me.sign_in_again
    if again and signed.me.must_sign_in_again(now_us):
        st.caption("To approve, confirm that it is you. You have five minutes from then on.")
        single_sign_on.button("Sign in again to approve", again)
        return
    proof: str | None = ""
    meant = is_meant("approve", proposal.id)
    with st.form("approve", border=False):
        reason = st.text_input("Reason", placeholder="goes on the record", key="approve-reason")
        ticket = ask_ticket("approve", needed=proposal.ticket_asked)
        if not again:
            proof = st.text_input(
                "Your password, or a code of your app, to confirm that it is you",
                type="password", autocomplete="off", key="approve-proof",
            )  # fmt: skip
        pressed = st.form_submit_button(f"Approve {title}", type="primary", width="stretch")
    if pressed:
        said = Said(proof or "", ticket)
        do(reason, lambda why: _confirmed(signed, rollout, proposal, why, said), meant=meant)


def _reject(signed: Signed, rollout: Rollout, proposal: Proposal) -> None:
    with st.expander("Reject it"):
        st.caption(
            "It ends with your reason, and is proposed again later, as the policy says. You may take that back."
        )
        form("reject", "Reject", lambda why: after(
            signed.control.reject(_key(rollout), proposal.id, why), "Rejected."
        ), of=proposal.id)  # fmt: skip


def _rejected(signed: Signed, rollout: Rollout, rejection: Rejection) -> None:
    st.text(f"Nothing waits for an approval: {rejection.sentence}.")
    if rejection.name == signed.me.name:
        with st.expander("Withdraw your rejection"):
            form("withdraw", "Withdraw", lambda why: after(
                signed.control.withdraw(_key(rollout), rejection.id, why), "Withdrawn."
            ), of=rejection.id)  # fmt: skip


def may_not_approve(
    signed: Signed, tenant: str, proposer: str, given: tuple[Approval, ...]
) -> str:
    """Why this person may not approve a proposal; "" where they may. The API decides it once more."""
    name = signed.me.name
    if not signed.me.may("lead", tenant):
        return "Approving needs the role lead."
    if name == proposer:
        return "You proposed this move, so somebody else has to approve it."
    if name in [approval.name for approval in given]:
        return "You have approved this move. It waits for somebody else."
    return ""


def _confirmed(
    signed: Signed, rollout: Rollout, proposal: Proposal, reason: str, said: Said
) -> str | Failure:
    """Approves with what was typed just now, which the API checks."""
    if proposal.ticket_asked and not said.ticket:
        return "! Write the number of the change ticket. Nothing was approved."
    if not (said.proof.strip() or signed.me.sign_in_again):
        return "! Type your password, or a code of your app. Nothing was approved."
    answer = signed.control.approve(_key(rollout), proposal.id, reason, said.proof, said.ticket)
    if isinstance(answer, Failure):
        return answer
    if answer.applied:
        return f"Approved and done: {moves.change(rollout, proposal)}, of {_named(rollout)}."
    return f"Approved. Not done yet: {answer.why}"


def _propose(signed: Signed, rollout: Rollout) -> None:
    with st.expander("Propose the next step"):
        st.caption("Somebody else has to approve it.")
        meant = is_meant("propose", _named(rollout))
        with st.form("propose", border=False):
            reason = st.text_input(
                "Reason", placeholder="goes on the record", key="propose-reason"
            )
            ticket = ask_ticket("propose")
            pressed = st.form_submit_button("Propose", width="stretch")
    if pressed:
        do(reason, lambda why: after(
            signed.control.propose(_key(rollout), why, ticket), "Proposed. A lead has to approve it."
        ), meant=meant)  # fmt: skip


def ask_ticket(name: str, *, needed: bool = False) -> str:
    """The number of the change ticket that this is part of, "" for none."""
    label = "Change ticket" if needed else "Change ticket, where there is one"
    ticket = st.text_input(
        label, placeholder="as in CHG-4711", key=f"{name}-ticket", max_chars=40
    )
    return (ticket or "").strip()


def _hold(signed: Signed, rollout: Rollout) -> None:
    with st.expander("Hold where it is"):
        st.caption("Nothing is promoted until somebody resumes. Rollback still works.")
        form("hold", "Hold", lambda why: after(
            signed.control.hold(_key(rollout), why), "Held."
        ), of=_named(rollout))  # fmt: skip


def _resume(signed: Signed, rollout: Rollout) -> None:
    with st.expander("Resume", expanded=True):
        if rollout.held_by:
            st.text(f"{rollout.held_by} holds it: {rollout.hold_reason}")
        else:
            st.text("Nothing is copied now. Resuming begins to mirror again.")
        form("resume", "Resume", lambda why: after(
            signed.control.resume(_key(rollout), why), "Resumed."
        ), of=_named(rollout))  # fmt: skip


def _roll_back(signed: Signed, rollout: Rollout) -> None:
    with st.expander("Roll back"):
        st.caption("Every session goes back to the primary at once. No approval is needed.")
        form("roll-back", "Roll back now", lambda why: after(
            signed.control.roll_back(_key(rollout), why), "Rolled back. The primary answers everybody."
        ), of=_named(rollout))  # fmt: skip


def is_meant(name: str, of: str) -> bool:
    """Whether a form is drawn for what it was drawn for before; else what was typed into it is forgotten.

    A press counts for what the page shows when it is drawn anew. That must be what was read when it was pressed,
    or a yes to one clinic would count for another. Before the form's fields.
    """
    before = st.session_state.get(f"{name}-of", of)
    st.session_state[f"{name}-of"] = of
    if before != of:
        for field_of in ("reason", "proof", "ticket"):
            st.session_state.pop(f"{name}-{field_of}", None)
    return bool(before == of)


def form(name: str, button: str, deed: Callable[[str], str | Failure], *, of: str = "") -> None:
    """A form that asks for a reason, with what is done with it; `of` is what it is done to."""
    meant = is_meant(name, of)
    with st.form(name, border=False):
        reason = st.text_input("Reason", placeholder="goes on the record", key=f"{name}-reason")
        pressed = st.form_submit_button(button, width="stretch")
    if pressed:
        do(reason, deed, meant=meant)


def do(reason: str | None, deed: Callable[[str], str | Failure], *, meant: bool = True) -> None:
    """Does it and draws the page anew, so that what is shown is what is the case."""
    if not meant:
        st.session_state[SAID] = (
            "! The page went over to another one before that arrived. Nothing was done; read it again."
        )
    elif not (reason or "").strip():
        st.session_state[SAID] = "! Write a reason; it goes on the record. Nothing was done."
    else:
        tell(deed((reason or "").strip()))
    st.rerun()


def tell(outcome: str | Failure) -> None:
    """Keeps what a deed came to until the page is drawn anew."""
    if isinstance(outcome, Failure):
        outcome = f"! {remedy.told(outcome, doing=True)}"
    st.session_state[SAID] = outcome


def after(answer: object, done: str) -> str | Failure:
    """What was done, or why it was not."""
    return answer if isinstance(answer, Failure) else done


def draw_outcome() -> bool:
    """The outcome of the last deed, where it was done, for as long as it takes to read. Returns whether there is one.

    What changes by itself draws a page anew at any moment, so an outcome that were drawn once might be seen by nobody.
    """
    now_us, here = time.time_ns() // 1000, st.query_params.to_dict()
    if said := st.session_state.pop(SAID, ""):
        st.session_state[_SHOWN] = (said, now_us + READ_US, here)
    said, until_us, where = st.session_state.get(_SHOWN, ("", 0, {}))
    if not said or now_us > until_us or where != here:
        return False
    if said.startswith("! "):
        st.error(words.escaped(said[2:]), icon=":material/block:")
    else:
        st.success(words.escaped(said), icon=":material/check:")
    return True


def _named(rollout: Rollout) -> str:
    return f"{rollout.tenant} / {rollout.route}"


def _key(rollout: Rollout) -> Key:
    return Key(rollout.tenant, rollout.route)
