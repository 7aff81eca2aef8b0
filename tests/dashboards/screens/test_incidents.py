"""The page of reported answers."""

from __future__ import annotations

from fake_fleet import incident
from looking import press, words_on


def test_an_engineer_reports_an_answer_and_sees_what_it_holds(opened, control):
    app = opened("incidents", "token-farid", exchange="01JD99")
    assert app.text_input(key="exchange").value == "01JD99"
    app.text_input(key="report-reason").set_value("wrong dose")
    text = words_on(press(app, "Report"))
    assert control.posted("incidents") == [
        ("token-farid", {"exchange": "01JD99", "reason": "wrong dose"})
    ]
    assert "Incident 8 is open. Its exchange is kept" in text


def test_one_is_closed_with_a_reason(opened, control):
    app = opened("incidents", "token-farid")
    app.text_input(key="close-7-reason").set_value("prompt mended")
    text = words_on(press(app, "Close"))
    assert control.posted("incidents")[0][1] == {"id": "7", "reason": "prompt mended"}
    assert "Incident 7 is closed" in text
    assert "No incident is open" in text


def test_who_is_no_engineer_reads_and_closes_nothing(opened):
    app = opened("incidents", "token-mei")
    assert "Closing it needs the role engineer" in words_on(app)
    assert "Reporting needs the role engineer" in words_on(app)
    assert not {"Close", "Report"} & {button.label for button in app.button}


def test_none_says_what_one_is_for(opened, control):
    control.told_of["/v1/incidents"] = {"incidents": []}
    assert "No incident is open" in words_on(opened("incidents", "token-mei"))


def test_many_with_markup_are_shown_as_written(opened, control):
    bad = "<script>alert(1)</script> **bold** \u202e"
    control.told_of["/v1/incidents"] = {
        "incidents": [incident(n, reason=bad) for n in range(50)]
    }
    app = opened("incidents", "token-mei")
    assert not app.exception
    text = words_on(app)
    assert "Open: 50" in text
    assert "exchange 01JD00000009" in text
    assert "exchange 01JD00000010" not in text
    assert bad[:-1] + "⟨U+202E⟩" in [element.value for element in app.text]


def test_a_report_of_what_is_not_there_says_so_and_does_nothing(opened, control):
    control.refuse["incidents"] = (404, "this id tells of no exchange of your tenants")
    app = opened("incidents", "token-farid", exchange="nonsense")
    app.text_input(key="report-reason").set_value("wrong dose")
    text = words_on(press(app, "Report"))
    assert "this id tells of no exchange of your tenants. Nothing was done" in text
    assert "Open: 1" in text
