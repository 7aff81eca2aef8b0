"""What people may do, and that it is the API that decides."""

from __future__ import annotations

import pytest
from looking import press, words_on

BANGSAR = {"tenant": "klinik-bangsar", "route": "chat"}
APPROVE = "Approve canary 5 % → canary 25 %"


@pytest.fixture
def lead(opened):
    return opened("rollout", "token-aisyah", **BANGSAR)


def approve(app, reason="Evidence read, flags reviewed.", proof="correct horse battery"):
    app.text_input(key="approve-reason").set_value(reason)
    app.text_input(key="approve-proof").set_value(proof)
    return press(app, APPROVE)


def buttons(app):
    return {button.label for button in app.button}


def test_an_approver_sees_what_changes_who_asked_and_on_what_evidence(lead):
    text = words_on(lead)
    assert "Proposal: canary 5 % → canary 25 %" in text
    assert "5 % → 25 % of sessions" in text
    assert "SHA-256 9f2c1b7e4d0a" in text
    assert "controller, 2026-11-21" in text


def test_approving_posts_the_proposal_with_the_persons_token_and_moves_the_stage(lead, control):
    text = words_on(approve(lead))
    said = {"proposal": "p-7", "reason": "Evidence read, flags reviewed."}
    assert control.posted("approvals") == [
        ("token-aisyah", said | {"proof": "correct horse battery"})
    ]
    assert "Approved and done: canary 5 % → canary 25 %" in text
    assert "mirror" in text
    assert APPROVE not in buttons(lead)


def test_a_refusal_is_shown_in_the_apis_words(lead, control):
    control.refuse["approvals"] = (409, "the verdict is now hold: latency is unproven")
    assert "the verdict is now hold: latency is unproven" in words_on(approve(lead))
    assert control.rollout("klinik-bangsar", "chat")["share"] == 5.0


@pytest.mark.parametrize(
    ("reason", "proof", "said"),
    [
        ("clean", "", "Type your password, or a code of your app"),
        ("clean", "  ", "Type your password, or a code of your app"),
        ("  ", "correct horse battery", "Write a reason"),
    ],
)
def test_nothing_is_sent_without_a_reason_and_a_proof(lead, control, reason, proof, said):
    assert said in words_on(approve(lead, reason, proof))
    assert control.posted("approvals") == []


def test_a_proof_that_is_none_is_told_and_kept_nowhere(lead, control):
    control.refuse["approvals"] = (403, "this is neither your password nor a code")
    app = approve(lead, proof="a password that is another's")
    assert "this is neither your password nor a code" in words_on(app)
    assert "a password that is another's" not in words_on(app) + str(app.query_params)
    assert control.rollout("klinik-bangsar", "chat")["share"] == 5.0


def test_only_a_lead_is_offered_to_approve(opened):
    app = opened("rollout", "token-farid", **BANGSAR)
    assert APPROVE not in buttons(app)
    assert "Approving needs the role lead" in words_on(app)


def test_a_lead_of_another_tenant_may_only_look(opened):
    app = opened("rollout", "token-siti", **BANGSAR)
    assert buttons(app) <= {"Sign out", "Open the newest"}
    only = "the role lead for klinik-bangsar; you have it for klinik-ipoh alone"
    assert f"Approving needs {only}" in words_on(app)
    assert "Hold" in buttons(
        opened("rollout", "token-siti", tenant="klinik-ipoh", route="chat")
    )


def test_nobody_is_offered_to_approve_their_own_proposal(opened, control):
    control.rollouts[0]["proposal"]["proposer"] = "aisyah"
    app = opened("rollout", "token-aisyah", **BANGSAR)
    assert APPROVE not in buttons(app)
    assert "somebody else has to approve it" in words_on(app)


def test_a_viewer_may_only_look(opened):
    app = opened("rollout", "token-mei", **BANGSAR)
    assert buttons(app) <= {"Sign out", "Open the newest"}


def test_a_lead_rejects_a_proposal_and_takes_that_back(lead, control):
    lead.text_input(key="reject-reason").set_value("too early")
    text = words_on(press(lead, "Reject"))
    said = {"proposal": "p-7", "reason": "too early"}
    assert control.posted("rejections") == [("token-aisyah", said)]
    assert "aisyah rejected it: too early" in text
    assert APPROVE not in buttons(lead)
    lead.text_input(key="withdraw-reason").set_value("it is not")
    assert "Withdrawn." in words_on(press(lead, "Withdraw"))
    assert control.posted("rejections")[1] == ("token-aisyah", said | {"reason": "it is not"})


def test_what_another_rejected_can_be_read_and_not_withdrawn(opened, control):
    control.rollouts[0] |= {
        "proposal": None,
        "rejection": {
            "id": "p-7", "to_share": 25.0, "name": "ben", "reason": "no", "at_us": 1, "sentence": "ben rejected it",
        },
    }  # fmt: skip
    app = opened("rollout", "token-aisyah", **BANGSAR)
    assert "ben rejected it" in words_on(app)
    assert "Withdraw" not in buttons(app)


def test_an_engineer_is_not_offered_to_reject(opened):
    assert "Reject" not in buttons(opened("rollout", "token-farid", **BANGSAR))


def test_rolling_back_needs_one_engineer_and_a_reason(opened, control):
    app = opened("rollout", "token-farid", **BANGSAR)
    app.text_input(key="roll-back-reason").set_value("Wrong doses reported by the clinic")
    text = words_on(press(app, "Roll back now"))
    assert control.posted("rollbacks") == [
        ("token-farid", {"reason": "Wrong doses reported by the clinic"})
    ]
    assert "Rolled back. The primary answers everybody." in text


def test_rolling_back_stands_above_all_that_there_is_to_read_and_to_decide(opened):
    """What is on top of the page is seen without scrolling, whatever is proposed below it."""
    app = opened("rollout", "token-aisyah", **BANGSAR)
    shown = [element for element in app.main if element.type in ("button", "subheader", "text")]
    labels = [getattr(one, "label", "") or getattr(one, "value", "") for one in shown]
    at = labels.index("Roll back now")
    assert labels.index("Decide") > at
    assert labels.index(APPROVE) > at
    assert next(n for n, said in enumerate(labels) if "(primary)" in said) > at


@pytest.mark.parametrize("token", ["token-mei", "token-lim", "token-siti"])
def test_who_may_not_roll_back_is_offered_nothing_of_it(opened, token):
    assert "Roll back now" not in buttons(opened("rollout", token, **BANGSAR))


def test_who_breaks_the_glass_rolls_back_without_being_an_engineer(opened, control):
    app = opened("rollout", "token-gina", **BANGSAR)
    app.text_input(key="roll-back-reason").set_value("the doses read wrong")
    press(app, "Roll back now")
    assert [token for token, _ in control.posted("rollbacks")] == ["token-gina"]


def test_holding_and_resuming(opened, control):
    app = opened("rollout", "token-farid", **BANGSAR)
    app.text_input(key="hold-reason").set_value("GPU driver")
    assert "farid holds it: GPU driver" in words_on(press(app, "Hold"))
    app.text_input(key="resume-reason").set_value("driver is in")
    assert "Resumed." in words_on(press(app, "Resume"))
    assert [token for token, _ in control.posted("holds")] == ["token-farid"] * 2


@pytest.mark.parametrize(
    ("tenant", "route", "offered"),
    [
        ("klinik-bangsar", "chat", {"Hold", "Roll back now"}),  # a proposal is open already
        ("klinik-ipoh", "chat", {"Hold", "Roll back now"}),  # not ready for a proposal
        ("klinik-johor", "reason", {"Resume"}),  # rolled back: nothing to hold or roll back
        ("klinik-penang", "chat", {"Resume", "Roll back now"}),  # held
    ],
)
def test_what_is_offered_fits_where_the_rollout_stands(opened, tenant, route, offered):
    app = opened("rollout", "token-farid", tenant=tenant, route=route)
    assert buttons(app) - {"Sign out", "Open the newest"} == offered


def test_a_step_is_proposed_where_none_waits(opened, control):
    control.rollouts[0]["proposal"] = None
    app = opened("rollout", "token-farid", **BANGSAR)
    app.text_input(key="propose-reason").set_value("quiet week")
    text = words_on(press(app, "Propose"))
    assert control.posted("proposals") == [("token-farid", {"reason": "quiet week"})]
    assert "Proposed. A lead has to approve it." in text


def test_a_proposal_may_name_the_ticket_of_its_change(opened, control):
    control.rollouts[0]["proposal"] = None
    app = opened("rollout", "token-farid", **BANGSAR)
    app.text_input(key="propose-reason").set_value("quiet week")
    app.text_input(key="propose-ticket").set_value(" CHG-4711 ")
    press(app, "Propose")
    said = {"reason": "quiet week", "ticket": "CHG-4711"}
    assert control.posted("proposals") == [("token-farid", said)]


def test_an_approval_names_its_ticket_where_the_policy_asks_for_one(opened, control):
    control.rollouts[0]["proposal"] |= {"ticket": "", "ticket_needed": True}
    app = opened("rollout", "token-aisyah", **BANGSAR)
    assert "none yet: who approves has to name one" in words_on(app)
    assert "Write the number of the change ticket. Nothing was approved" in words_on(
        approve(app)
    )
    assert control.posted("approvals") == []
    app.text_input(key="approve-ticket").set_value("CHG-4711")
    approve(app)
    assert control.posted("approvals")[0][1]["ticket"] == "CHG-4711"


def test_a_ticket_that_is_none_is_refused_in_the_apis_words(lead, control):
    control.refuse["approvals"] = (422, "ticket: must be the number of a change ticket")
    lead.text_input(key="approve-ticket").set_value("<b>")
    assert "must be the number of a change ticket" in words_on(approve(lead))


@pytest.mark.parametrize("needed", [True, False])
def test_the_ticket_of_a_proposal_and_of_who_said_yes_is_shown_and_not_asked_again(
    opened, control, needed
):
    said_yes = {"name": "ben", "at_us": 1, "ticket": "CHG-2"}
    terms = {"ticket": "CHG-1", "ticket_needed": needed, "approvals": [said_yes], "needed": 2}
    control.rollouts[0]["proposal"] |= terms
    app = opened("approvals", "token-aisyah")
    text = words_on(app)
    assert "ben, CHG-2 (1 of 2)" in text
    assert text.count("CHG-1") == 2  # in the list, and beside the decision
    approve(app)
    assert "ticket" not in control.posted("approvals")[0][1]


def test_text_that_others_wrote_is_not_read_as_markdown(opened, control):
    control.refuse["approvals"] = (409, "**bold** [link](https://example.invalid) :smile:")
    app = approve(opened("rollout", "token-aisyah", **BANGSAR))
    assert r"\*\*bold\*\* \[link\]" in app.error[0].value


def test_a_press_counts_for_nothing_where_the_page_went_over_to_another(lead, control):
    words_on(lead)
    lead.session_state["approve-of"] = "the proposal that was read"
    assert "Nothing was done; read it again" in words_on(approve(lead))
    assert control.posted("approvals") == []
    assert not lead.text_input(key="approve-proof-1").value
    assert not lead.text_input(key="approve-reason-1").value


def test_a_rollback_pressed_for_another_rollout_rolls_nothing_back(lead, control):
    words_on(lead)
    lead.session_state["roll-back-of"] = "klinik-ipoh / chat"
    lead.text_input(key="roll-back-reason").set_value("the doses read wrong")
    assert "Nothing was done; read it again" in words_on(press(lead, "Roll back now"))
    assert control.posted("rollbacks") == []


def test_what_was_approved_is_said_with_whose_it_was(lead):
    assert "of klinik-bangsar / chat" in words_on(approve(lead))


def test_where_nothing_may_be_widened_no_proposal_is_offered(opened, control):
    control.rollouts[0] |= {"proposal": None}
    app = opened("rollout", "token-farid", **BANGSAR)
    assert not next(button for button in app.button if button.label == "Propose").disabled
    control.rollouts[0] |= {"frozen": "frozen until the freeze is lifted: audit"}
    app = opened("rollout", "token-farid", **BANGSAR)
    assert next(button for button in app.button if button.label == "Propose").disabled
    assert "audit. A proposal is refused while that is so." in words_on(app)
