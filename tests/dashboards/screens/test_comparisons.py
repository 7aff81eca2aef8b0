"""The page of comparisons over all rollouts."""

from __future__ import annotations

import re
from html import unescape

import pytest
from looking import press, words_on


def opened_numbers(control):
    return [
        path
        for method, path, *_ in control.calls
        if method == "GET" and "/comparisons/" in path
    ]


def test_they_are_found_without_opening_one(opened, control):
    app = opened("comparisons", "token-mei")
    text = words_on(app)
    assert not app.exception
    assert "#60" in text
    assert "metformin" not in text
    assert opened_numbers(control) == []
    assert "#40" in words_on(press(app, "Older"))


def test_a_place_among_them_is_in_the_address(opened):
    app = press(opened("comparisons", "token-mei"), "Older")
    again = opened("comparisons", "token-mei", at=app.query_params["at"])
    text = words_on(again)
    assert "#40" in text
    assert "#60" not in text
    assert "#20" in words_on(press(again, "Older"))
    assert "#40" in words_on(press(again, "Newer"))


def test_an_address_of_nonsense_is_refused(opened):
    app = opened("comparisons", "token-mei", severity="dire", route="fax", at="?")
    text = words_on(app)
    assert not app.exception
    assert "The address asks for severity “dire”, which there is not" in text
    assert "The address asks for route “fax”" in text
    assert "The address names no place in this list" in text
    assert "#60" in text


def test_what_is_looked_for_is_asked_of_the_api(opened, control):
    app = opened("comparisons", "token-mei", flag="dose_conflict")
    assert "#59" not in words_on(app)
    assert control.calls[-1][3]["flag"] == "DOSE_CONFLICT"
    app.text_input(key="tenant").set_value("nobody").run()
    assert "No comparison fits" in words_on(app)


def test_one_is_opened_once_and_shown_side_by_side(opened, control):
    app = opened("comparisons", "token-mei", number="60")
    text = words_on(app.run())
    assert "850 mg" in text
    assert "DOSE_CONFLICT" in text
    assert "Labelling needs the role clinical-reviewer" in text
    assert opened_numbers(control) == ["/v1/comparisons/60"]


def test_a_reviewer_labels_it(opened, control):
    app = opened("comparisons", "token-lim", number="60")
    assert "Write what is worse in it first" in words_on(press(app, "Worse"))
    assert control.posted("labels") == []
    app.text_input(key="note-60").set_value("850 mg is too much")
    text = words_on(press(app, "Worse"))
    assert control.posted("labels") == [
        ("token-lim", {"label": "worse", "note": "850 mg is too much"})
    ]
    assert "lim says worse: 850 mg is too much" in text


def test_what_unsafe_does_is_said_before_it_is_pressed_and_what_it_did_after(opened, control):
    app = opened("comparisons", "token-lim", number="60")
    text = words_on(app)
    assert "is an incident at once" in text
    assert "every other one with the same candidate are widened no further" in text
    assert "To the incident" not in text
    app.text_input(key="note-60").set_value("ten times the dose")
    text = words_on(press(app, "Unsafe"))
    assert "You said: unsafe. Incident 9 is open" in text
    assert "Widened no further until it is closed: klinik-bangsar/chat" in text
    assert "To the incident" in text
    assert "lim says unsafe: ten times the dose" in text


def test_who_may_not_label_is_not_told_what_a_label_does(opened):
    assert "an incident at once" not in words_on(
        opened("comparisons", "token-mei", number="60")
    )


def test_an_outcome_stands_below_the_labels(opened):
    app = press(opened("comparisons", "token-lim", number="60"), "Better")
    column = [one.value for one in app.main if one.type in ("text_input", "success")]
    assert column[-1].replace("\\", "") == "You said: better."


def test_all_comparisons_leaves_the_number_and_keeps_what_was_looked_for(opened, control):
    app = opened("comparisons", "token-mei", flag="DOSE_CONFLICT")
    app.query_params["number"] = "60"
    assert "850 mg" in words_on(app.run())
    text = words_on(press(app, "All comparisons"))
    assert "number" not in app.query_params
    assert "#60" in text
    assert "#59" not in text
    assert "#60" in words_on(app.run()), "it is not opened again"


def test_what_is_open_stays_where_a_label_is_not_answered(opened, control):
    app = opened("comparisons", "token-lim", number="60")
    control.stop()
    text = words_on(press(app, "Better"))
    assert "Your label “better” was not sent" in text
    assert "850 mg" in text
    assert "Try again" in {button.label for button in app.button}


@pytest.mark.parametrize("number", ["9999", "x", "-1", "9" * 40, "../me"])
def test_a_number_of_none_breaks_nothing(opened, number):
    app = opened("comparisons", "token-mei", number=number)
    assert not app.exception
    text = words_on(app)
    assert "The address names no comparison" in text or "there is no such" in text


def test_a_million_characters_made_of_markup_are_text(opened, control):
    control.comparisons[0] |= {"candidate": "<script>alert(1)</script>\u202e**x**" * 40_000}
    app = opened("comparisons", "token-mei", number="60")
    assert not app.exception
    text = words_on(app)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "the first 20,000 are shown" in text


def test_the_words_that_caused_a_flag_are_marked_in_both_answers(opened):
    app = opened("comparisons", "token-mei", number="60")
    both = [str(one.proto.body) for one in app.get("html")][1:3]
    assert [html.count("⚑1 ⚑2</sup>") for html in both] == [
        1,
        0,
    ]  # 500 is what the second flag says
    assert [html.count("⚑1</sup>") for html in both] == [0, 1]
    assert "Bold under a line, after ⚑1 ⚑2: the words that this flag is about" in words_on(app)


def test_evidence_that_hides_what_it_says_is_named_and_marked(opened, control):
    hidden = "take \u202e850 mg\u202c \x1b[2J<b>now</b>"
    flag = {"code": "X", "severity": "fail", "evidence": hidden}
    control.comparisons[0] |= {"candidate": hidden, "flags": [flag]}
    html = str(opened("comparisons", "token-mei", number="60").get("html")[2].proto.body)
    shown = unescape(re.sub(r"<sup.*?</sup>|<[^>]*>", "", html))
    assert shown == "take ⟨U+202E⟩850 mg⟨U+202C⟩ ⟨U+001B⟩[2J<b>now</b>"
    assert "<b>" not in html
    assert "⚑1</sup>" in html


def test_none_yet_says_what_makes_some(opened, control):
    control.comparisons.clear()
    assert "crossfade worker" in words_on(opened("comparisons", "token-mei"))


def test_what_has_no_words_offers_no_labels(opened, control):
    gone = {"closed": "erased", "prompt": None, "primary": None, "candidate": None}
    control.comparisons[0] |= gone
    app = opened("comparisons", "token-lim", number="60")
    assert "a label needs the words" in words_on(app)
    assert not [one for one in app.button if (one.key or "").startswith("label-")]
