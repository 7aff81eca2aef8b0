"""What a person may do with a rollout. Every deed is a call to the control API with that person's token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from dashboards import doing, moves, signin, single_sign_on, view, words
from dashboards.calls import Failure
from dashboards.control import Key
from dashboards.doing import Deed, after
from dashboards.signin import Signed
from dashboards.wire import Approval, Proposal, Rejection, Rollout

WAY_BACK_PX = 480
VOID = "void: "
"""So begins why an approval moved nothing, where it ended the proposal instead."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an approver gives beside the reason: the proof of who they are, and a change ticket, "" for none."""

    proof: str = field(repr=False)
    ticket: str


def draw(signed: Signed, rollout: Rollout, now_us: int) -> None:
    """The decisions that are open, and what this person may do about them. Within `doing.outcomes`."""
    st.subheader("Decide", anchor=False)
    ended_meanwhile(rollout)
    if rollout.proposal is not None:
        _approve(signed, rollout, rollout.proposal, now_us)
    if rollout.proposal is None and rollout.rejection is not None:
        _rejected(signed, rollout, rollout.rejection)
    elif rollout.proposal is None:
        st.text("Nothing waits for an approval.")
    if not signed.me.may("break-glass", rollout.tenant):
        needed = signed.me.needs("engineer", rollout.tenant)
        st.caption(
            f"You may look. Holding, rolling back and proposing need {words.escaped(needed)}."
        )
        return
    for deed in _offered(rollout):
        if deed is _hold or signed.me.may("engineer", rollout.tenant):
            deed(signed, rollout)


def draw_roll_back(signed: Signed, rollout: Rollout) -> None:
    """The deed that cannot wait, for who may do it: on top of the page, whatever else there is to decide."""
    if not (_moving(rollout) and signed.me.may("break-glass", rollout.tenant)):
        return
    with st.expander(
        "Roll back", width=WAY_BACK_PX
    ):  # a fold, which the keyboard opens and goes on into
        st.caption("Every session goes back to the primary at once. No approval is needed.")
        doing.form_at_once(signed, _deed("roll-back", "rollback", rollout, lambda why: after(
            signed.control.roll_back(_key(rollout), why), "Rolled back. The primary answers everybody."
        )), "Roll back now")  # fmt: skip


def draw_proposal(signed: Signed, rollout: Rollout, now_us: int) -> None:
    """What was done last, and the move that waits for people, where one does."""
    st.subheader("Decide", anchor=False)
    with doing.outcomes():
        ended_meanwhile(rollout)
        if rollout.proposal is not None:
            _approve(signed, rollout, rollout.proposal, now_us)


def ended_meanwhile(rollout: Rollout) -> None:
    """Says so where somebody was about to answer a proposal that is none any more."""
    typed = any(
        st.session_state.get(doing.key_of(one, "reason")) for one in ("approve", "reject")
    )
    if rollout.proposal is None and typed and not doing.waits():
        doing.tell("ended", "! It ended before your answer was sent. Nothing was done by you.")


def _offered(rollout: Rollout) -> list[Callable[[Signed, Rollout], None]]:
    offered: list[Callable[[Signed, Rollout], None]] = []
    if rollout.proposal is None and rollout.verdict == "promote" and rollout.stage != "live":
        offered.append(_propose)
    return [*offered, _hold if _moving(rollout) and not rollout.held_by else _resume]


def _moving(rollout: Rollout) -> bool:
    return rollout.stage in ("mirror", "canary", "live")


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
        if still := view.in_the_way(rollout):
            st.warning(
                words.escaped(f"Not now: {still}. An approval is refused while that is so."),
                icon=":material/block:",
            )
        if why_not:
            st.info(words.escaped(why_not), icon=":material/lock:")
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
    meant = doing.is_meant("approve", proposal.id)
    with st.form("approve", border=False):
        reason = doing.ask_reason("approve")
        ticket = ask_ticket("approve", needed=proposal.ticket_asked)
        if not again:
            proof = st.text_input(
                "Your password, or a code of your app, to confirm that it is you",
                type="password", autocomplete="off", key=doing.key_of("approve", "proof"),
            )  # fmt: skip
        pressed = st.form_submit_button(
            f"Approve {title}", type="primary", width="stretch",
            disabled=bool(view.in_the_way(rollout)),
        )  # fmt: skip
    if pressed:
        said = Said(proof or "", ticket)
        yes = partial(_confirmed, signed, rollout, proposal, said)
        deed = Deed("approve", f"approval of {_named(rollout)}", yes, proposal.id)
        doing.do(signed, deed, reason, meant=meant)
    doing.outcome("approve")


def _reject(signed: Signed, rollout: Rollout, proposal: Proposal) -> None:
    with st.expander("Reject it"):
        st.caption(
            "It ends with your reason, and is proposed again later, as the policy says. You may take that back."
        )
        doing.form(signed, Deed("reject", f"rejection of {_named(rollout)}", lambda why: after(
            signed.control.reject(_key(rollout), proposal.id, why), "Rejected."
        ), proposal.id), "Reject")  # fmt: skip


def _rejected(signed: Signed, rollout: Rollout, rejection: Rejection) -> None:
    st.text(f"Nothing waits for an approval: {rejection.sentence}.")
    if rejection.name == signed.me.name:
        with st.expander("Withdraw your rejection"):
            doing.form(signed, Deed("withdraw", "withdrawal", lambda why: after(
                signed.control.withdraw(_key(rollout), rejection.id, why), "Withdrawn."
            ), rejection.id), "Withdraw")  # fmt: skip


def may_not_approve(
    signed: Signed, tenant: str, proposer: str, given: tuple[Approval, ...]
) -> str:
    """Why this person may not approve a proposal; "" where they may. The API decides it once more."""
    name = signed.me.name
    if not signed.me.may("lead", tenant):
        return f"Approving needs {signed.me.needs('lead', tenant)}."
    if name == proposer:
        return "You proposed this move, so somebody else has to approve it."
    if name in [approval.name for approval in given]:
        return "You have approved this move. It waits for somebody else."
    return ""


def _confirmed(
    signed: Signed, rollout: Rollout, proposal: Proposal, said: Said, reason: str
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
    if answer.why.startswith(VOID):
        return (
            f"! Nothing was moved: this proposal ended with your yes, {answer.why.removeprefix(VOID)}. "
            "Where the gates show again what they have to, the move is proposed again."
        )
    return f"Approved. Not done yet: {answer.why}"


def _propose(signed: Signed, rollout: Rollout) -> None:
    with st.expander("Propose the next step"):
        st.caption("Somebody else has to approve it.")
        if still := view.not_widened(rollout):
            st.text(f"Not now: {still}. A proposal is refused while that is so.")
        meant = doing.is_meant("propose", _named(rollout))
        with st.form("propose", border=False):
            reason = doing.ask_reason("propose")
            ticket = ask_ticket("propose")
            pressed = st.form_submit_button("Propose", width="stretch", disabled=bool(still))
        if pressed:
            doing.do(signed, Deed("propose", f"proposal for {_named(rollout)}", lambda why: after(
                signed.control.propose(_key(rollout), why, ticket), "Proposed. A lead has to approve it."
            )), reason, meant=meant)  # fmt: skip
        doing.outcome("propose")


def ask_ticket(name: str, *, needed: bool = False) -> str:
    """The number of the change ticket that this is part of, "" for none."""
    label = "Change ticket" if needed else "Change ticket, where there is one"
    ticket = st.text_input(
        label, placeholder="as in CHG-4711", key=doing.key_of(name, "ticket"), max_chars=40
    )
    return (ticket or "").strip()


def _hold(signed: Signed, rollout: Rollout) -> None:
    with st.expander("Hold where it is"):
        st.caption("Nothing is promoted until somebody resumes. Rollback still works.")
        doing.form_at_once(signed, _deed("hold", "hold", rollout, lambda why: after(
            signed.control.hold(_key(rollout), why), "Held."
        )), "Hold")  # fmt: skip


def _resume(signed: Signed, rollout: Rollout) -> None:
    with st.expander("Resume", expanded=True):
        if rollout.held_by:
            st.text(f"{rollout.held_by} holds it: {rollout.hold_reason}")
        else:
            st.text("Nothing is copied now. Resuming begins to mirror again.")
        doing.form_at_once(signed, _deed("resume", "resuming", rollout, lambda why: after(
            signed.control.resume(_key(rollout), why), "Resumed."
        )), "Resume")  # fmt: skip


def _deed(name: str, what: str, rollout: Rollout, do: Callable[[str], str | Failure]) -> Deed:
    return Deed(name, f"{what} of {_named(rollout)}", do, _named(rollout))


def _named(rollout: Rollout) -> str:
    return f"{rollout.tenant} / {rollout.route}"


def _key(rollout: Rollout) -> Key:
    return Key(rollout.tenant, rollout.route)
