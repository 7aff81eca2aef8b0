"""Exports on the page: asked for, agreed to by somebody else, and taken."""

from __future__ import annotations

from datetime import date

import fake_exports
import pytest
from fake_control import PASSWORD
from fake_exports import BUNDLE
from looking import press, words_on

VIEW = {"view": "Exports"}


def test_who_has_the_role_asks_for_days_of_the_clinics_clock_and_everybody_sees_it_wait(
    opened, control
):
    control.exports.clear()
    app = opened("audit", "token-cora", **VIEW)
    app.text_input(key="export-tenant").set_value("klinik-penang")
    app.date_input(key="export-first").set_value(date(2026, 10, 1))
    app.date_input(key="export-last").set_value(date(2026, 10, 31))
    app.radio(key="export-profile").set_value("full")
    app.text_input(key="export-purpose").set_value("Quarterly audit")
    app.text_input(key="export-ticket").set_value("CHG-4711")
    text = words_on(press(app, "Ask for it"))
    ((token, body),) = control.posted("exports")
    assert token == "token-cora"
    assert body["to_us"] - body["from_us"] == 31 * 86_400_000_000
    assert {name: body[name] for name in ("tenant", "profile", "purpose", "ticket")} == {
        "tenant": "klinik-penang", "profile": "full", "purpose": "Quarterly audit", "ticket": "CHG-4711",
    }  # fmt: skip
    assert "Asked for: klinik-penang, full. It waits for a second person." in text
    assert "You asked for it, so somebody else has to approve it." in text
    assert "Approve it" not in [each.label for each in app.expander]


def test_what_is_missing_is_said_and_nothing_is_asked_for(opened, control):
    app = opened("audit", "token-cora", **VIEW)
    assert "Write a reason" in words_on(press(app, "Ask for it"))
    app.text_input(key="export-purpose").set_value("Audit")
    assert "Choose the first day and the last" in words_on(press(app, "Ask for it"))
    assert control.posted("exports") == []


def test_a_second_person_approves_with_a_password_and_a_wrong_one_is_told(opened, control):
    app = opened("audit", "token-dewi", **VIEW)
    id = control.exports[0]["id"]

    def approve(proof):
        app.text_input(key=f"approve-{id}-reason").set_value("Read it")
        app.text_input(key=f"approve-{id}-proof").set_value(proof)
        return words_on(press(app, "Approve the export"))

    assert "Type your password, or a code of your app. Nothing was approved." in approve("")
    assert "neither the password nor a code" in approve("wrong")
    assert control.exports[0]["state"] == "requested"
    assert "Approved: the export of klinik-penang. It waits for its turn." in approve(PASSWORD)
    assert control.exports[0]["approved_by"] == "dewi"


def test_who_came_from_the_provider_confirms_there(opened, control):
    text = [
        each.proto.label for each in opened("audit", "token-nurul", **VIEW).get("link_button")
    ]
    assert text == ["Sign in again to approve"]


def test_it_is_refused_by_another_and_withdrawn_by_who_asked(opened, control):
    id = control.exports[0]["id"]
    app = opened("audit", "token-dewi", **VIEW)
    app.text_input(key=f"refuse-{id}-reason").set_value("Not for this range")
    assert "dewi, 2026-11-21" in words_on(press(app, "Refuse it"))
    assert control.exports[0]["reason"] == "Not for this range"
    control.exports[0] |= {"state": "requested"}
    app = opened("audit", "token-cora", **VIEW)
    assert not [each for each in app.button if each.label == "Refuse it"]
    app.text_input(key=f"withdraw-{id}-reason").set_value("Asked in error")
    press(app, "Withdraw it")
    assert control.exports[0]["state"] == "withdrawn"


def test_a_bundle_is_fetched_by_the_persons_token_checked_and_saved(opened, control):
    app = press(opened("audit", "token-cora", **VIEW), "Fetch the bundle")
    assert not app.exception
    (save,) = app.get("download_button")
    assert save.label == f"Save export-{control.exports[1]['id'][:8]}.tar"
    assert "It arrived whole" in words_on(app)
    assert [call[2] for call in control.calls if call[1].endswith("/bundle")] == ["token-cora"]


def test_another_bundle_than_was_made_is_not_handed_on(opened, control):
    control.exports[1]["sha256"] = "0" * 64
    app = press(opened("audit", "token-cora", **VIEW), "Fetch the bundle")
    assert "its SHA-256 is another" in words_on(app)
    assert not app.get("download_button")


def test_what_is_too_large_for_the_page_is_taken_by_a_command(opened, control):
    control.exports[1]["bytes"] = 10**9
    app = opened("audit", "token-cora", **VIEW)
    assert not [each for each in app.button if each.label == "Fetch the bundle"]
    assert f"/v1/exports/{control.exports[1]['id']}/bundle" in app.code[0].value
    assert "token-cora" not in app.code[0].value


def test_one_export_has_an_address_of_its_own(opened, control):
    app = opened("audit", "token-cora", **VIEW)
    id = control.exports[1]["id"]
    app.button(key=f"link export {id}").click().run()
    assert app.query_params["export"] == id
    text = words_on(opened("audit", "token-cora", export=id, **VIEW))
    assert "✓ done" in text
    assert "waits for a second person" not in text
    assert "no export has this id" in words_on(
        opened("audit", "token-cora", export="../me", **VIEW)
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("running", "It goes on by itself, also after a restart of the controller."),
        ("failed", "Mend what it says, then ask for the export again."),
        ("expired", "Ask for it again, and tell somebody who may approve it."),
    ],
)
def test_each_state_says_what_comes_next(opened, control, state, said):
    control.exports[:] = [
        fake_exports.order(1, state=state, reason="the disk is full", ended_us=1)
    ]
    text = words_on(opened("audit", "token-mei", **VIEW))
    assert said in text
    assert "Asking for an export needs the role compliance." in text
    assert ("the disk is full" in text) == (state != "running")


def test_the_list_goes_on_and_one_state_is_looked_for(opened, control):
    control.exports[:] = [fake_exports.done(at) for at in range(25, 0, -1)]
    app = press(opened("audit", "token-cora", **VIEW), "Older")
    assert [call[3].get("before") for call in control.calls if call[1] == "/v1/exports"][
        -1
    ] == "16"
    opened("audit", "token-cora", state="failed", **VIEW)
    assert control.calls[-1][3].get("state") == "failed"
    assert not app.exception
    assert len(BUNDLE) < 20_000
