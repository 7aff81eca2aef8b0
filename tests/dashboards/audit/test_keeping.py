"""Legal holds and the erasure of a patient on the page."""

from __future__ import annotations

from datetime import date

import fake_keeping
import pytest
from fake_control import PASSWORD
from looking import press, words_on

VIEW = {"view": "Legal holds"}
PATIENT = "850101-14-5523"


def fill(app, form, **given):
    for field, value in {"reason": "request 4", "proof": PASSWORD, **given}.items():
        app.text_input(key=f"{form}-{field}").set_value(value)


def test_a_hold_is_placed_for_days_of_the_clinics_clock_and_stands_in_the_list(opened, control):
    control.holds.clear()
    app = opened("audit", "token-cora", **VIEW)
    assert "No legal hold stands" in words_on(app)
    fill(app, "place", tenant="klinik-penang", patient=PATIENT)
    app.date_input(key="place-first").set_value(date(2026, 10, 1))
    app.date_input(key="place-last").set_value(date(2026, 10, 31))
    text = words_on(press(app, "Place the hold"))
    ((token, body),) = control.posted("legal-holds")
    assert token == "token-cora"
    assert body["until_us"] - body["from_us"] == 31 * 86_400_000_000
    assert (body["patient"], body["reason"]) == (PATIENT, "request 4")
    assert "stands on 3 exchanges whose words are there" in text
    assert f"klinik-penang: patient {fake_keeping.SUBJECT}" in text
    assert PATIENT not in text


def test_a_hold_is_lifted_with_a_password_and_a_wrong_one_is_told(opened, control):
    app = opened("audit", "token-cora", **VIEW)
    for proof, said in (
        ("", "Type your password, or a code of your app. Nothing was done."),
        ("wrong", "neither the password nor a code"),
    ):
        fill(app, "lift-1", proof=proof)
        assert said in words_on(press(app, "Lift the hold"))
        assert control.holds[0]["lifted_us"] == 0
    fill(app, "lift-1")
    assert "Legal hold 1 is lifted" in words_on(press(app, "Lift the hold"))
    assert control.holds[0]["lifted_reason"] == "request 4"


def test_a_patient_is_erased_and_what_is_left_is_told(opened, control):
    control.holds.clear()
    app = opened("audit", "token-cora", **VIEW)
    fill(app, "erase", tenant="klinik-penang", patient=PATIENT)
    text = words_on(press(app, "Erase for good"))
    assert f"the words of 2 exchanges of patient {fake_keeping.SUBJECT}" in text
    assert "Left: 1 kept for an incident." in text
    ((_, body),) = control.posted("erasures")
    assert (body["patient"], body["proof"], body["tenant"]) == (
        PATIENT,
        PASSWORD,
        "klinik-penang",
    )


def test_a_pseudonym_is_sent_as_one_and_a_legal_hold_is_told(opened, control):
    app = opened("audit", "token-cora", **VIEW)
    app.radio(key="erase-named").set_value("pseudonym")
    fill(app, "erase", tenant="klinik-penang", patient=fake_keeping.SUBJECT.lower())
    assert "on legal hold, so nothing was erased" in words_on(press(app, "Erase for good"))
    ((_, body),) = control.posted("erasures")
    assert body["pseudonym"] == fake_keeping.SUBJECT
    assert "patient" not in body


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tenant": "", "patient": PATIENT}, "Name the tenant and the patient"),
        ({"tenant": "klinik-penang", "patient": ""}, "Name the tenant and the patient"),
        ({"tenant": "a", "patient": PATIENT, "proof": ""}, "Type your password"),
        ({"tenant": "a", "patient": PATIENT, "reason": ""}, "Write a reason"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_asked_for(opened, control, given, said):
    app = opened("audit", "token-cora", **VIEW)
    fill(app, "erase", **given)
    assert said in words_on(press(app, "Erase for good"))
    assert control.posted("erasures") == []


def test_who_has_no_role_for_it_is_offered_nothing(opened, control):
    for token, sees in (("token-aisyah", True), ("token-mei", False)):
        app = opened("audit", token, **VIEW)
        text = words_on(app)
        assert not app.exception
        assert "need the role compliance" in text
        assert ("court order 12" in text) == sees
        assert {"Lift the hold", "Place the hold", "Erase for good"}.isdisjoint(
            [one.label for one in app.button]
        )


def test_the_list_goes_on(opened, control):
    control.holds[:] = [fake_keeping.hold(number) for number in range(25, 0, -1)]
    text = words_on(press(opened("audit", "token-cora", **VIEW), "Older"))
    assert "#15" in text
    assert "#16" not in text
