"""The board."""

from __future__ import annotations

from fake_rollouts import rollout
from looking import press, words_on


def test_every_rollout_is_there_with_stage_share_verdict_and_what_it_waits_for(opened):
    app = opened("board", "token-mei")
    text = words_on(app)
    assert not app.exception
    for word in (
        "klinik-bangsar / chat", "klinik-johor / reason", "rolled back", "▲ promote", "● hold",
        "▼ rolled back", "a lead to approve widen (25 %)", "! harm was shown",
        "‖ held by farid",
    ):  # fmt: skip
        assert word in text, word
    assert [bar.proto.value for bar in app.get("progress")] == [5, 0, 100, 0]


def test_what_is_ready_says_why_and_leads_to_the_decision(opened):
    app = opened("board", "token-aisyah", find="bangsar")
    text = words_on(app)
    assert "Ready to go on: every gate has shown what it asks for; 64 sessions served" in text
    [way] = [str(link.proto) for link in app.get("page_link") if "decide" in str(link.proto)]
    assert 'page: "approvals"' in way
    assert "tenant=klinik-bangsar&route=chat" in way
    text = words_on(opened("board", "token-aisyah", find="ipoh"))
    assert "decide" not in text
    assert "Ready to go on" not in text


def test_a_dry_run_is_said_plainly(opened, control):
    assert "DRY RUN" not in words_on(opened("board", "token-mei"))
    said = "DRY RUN: it would have moved to 25 % of the sessions"
    control.rollouts[0] |= {"dry_run": [said], "reasons": [said]}
    assert "DRY RUN" in words_on(opened("board", "token-mei"))
    app = opened("rollout", "token-mei", tenant="klinik-bangsar", route="chat")
    assert said in words_on(app)


def test_a_rehearsal_policy_is_announced(opened, control):
    assert "Rehearsal policy" in words_on(opened("board", "token-mei"))
    control.production = True
    assert "Rehearsal policy" not in words_on(opened("board", "token-mei"))


def test_rows_are_found_by_name(opened):
    app = opened("board", "token-mei")
    app.text_input(key="find").set_value("johor").run()
    text = words_on(app)
    assert "klinik-johor" in text
    assert "klinik-ipoh" not in text
    app.text_input(key="find").set_value("nowhere").run()
    assert "No rollout fits" in words_on(app)


def test_no_rollouts_says_where_to_write_one(opened, control):
    control.rollouts.clear()
    assert "rollouts:" in words_on(opened("board", "token-mei"))


def test_who_waits_for_a_person_comes_before_all_others(opened):
    text = words_on(opened("board", "token-mei"))
    assert "Waiting for a person: 3 rollouts" in text
    assert "All others" in text


def test_rows_are_found_by_stage_and_verdict(opened):
    app = opened("board", "token-mei")
    app.segmented_control(key="stage").set_value("live").run()
    text = words_on(app)
    assert "klinik-penang / chat" in text
    assert "klinik-bangsar / chat" not in text


def test_ten_thousand_rollouts_come_in_pages_that_the_api_makes(opened, control):
    many = [rollout(f"klinik-{number:05}", "mirror") for number in range(10_000)]
    control.rollouts[:] = many
    app = opened("board", "token-mei")
    text = words_on(app)
    assert "Rollouts 10,000" in text
    assert "klinik-00024 / chat" in text
    assert "klinik-00025 / chat" not in text
    assert len(app.get("progress")) == 25
    text = words_on(press(app, "Next"))
    assert "26 to 50 of 10,000 rollouts" in text
    assert "klinik-00025 / chat" in text
    assert "1 to 25 of 10,000 rollouts" in words_on(press(app, "Before"))
    asked = [query for _, path, _, query in control.calls if path == "/v1/rollouts"]
    assert all(int(query["limit"]) <= 25 for query in asked)


def test_looking_for_something_else_begins_at_the_first_page(opened, control):
    control.rollouts[:] = [rollout(f"klinik-{number:03}", "mirror") for number in range(60)]
    app = press(opened("board", "token-mei"), "Next")
    app.text_input(key="find").set_value("klinik-0").run()
    assert "1 to 25 of 60 rollouts" in words_on(app)


def fifty(control):
    control.rollouts[:] = [rollout(f"klinik-{number:03}", "mirror") for number in range(60)]


def test_a_page_is_in_the_address_and_survives_a_reload(opened, control):
    fifty(control)
    first = opened("board", "token-mei", find="klinik-0")
    link = press(first, "Next").query_params
    again = opened("board", "token-mei", find="klinik-0", at=link["at"])
    text = words_on(again)
    assert "26 to 50 of 60 rollouts" in text
    assert "klinik-025 / chat" in text
    assert "51 to 60 of 60 rollouts" in words_on(press(again, "Next"))
    assert "26 to 50 of 60 rollouts" in words_on(press(again, "Before"))
    assert "1 to 25 of 60 rollouts" in words_on(press(again, "Before"))
    assert "at" not in again.query_params


def test_a_page_reached_by_a_link_leads_to_the_beginning(opened, control):
    fifty(control)
    app = press(press(opened("board", "token-mei"), "Next"), "Next")
    again = opened("board", "token-mei", at=app.query_params["at"])
    assert "51 to 60 of 60 rollouts" in words_on(again)
    assert "1 to 25 of 60 rollouts" in words_on(press(again, "To the beginning"))


def test_stage_and_verdict_are_taken_from_the_address(opened):
    text = words_on(opened("board", "token-mei", stage="live"))
    assert "klinik-penang / chat" in text
    assert "klinik-bangsar / chat" not in text
    text = words_on(opened("board", "token-mei", verdict="▲ promote"))
    assert "klinik-bangsar / chat" in text
    assert "klinik-ipoh / chat" not in text


def test_an_address_of_nonsense_is_refused_and_everything_is_shown(opened):
    app = opened("board", "token-mei", stage="**lively**", verdict="perhaps", at="../../x")
    text = words_on(app)
    assert not app.exception
    assert "The address asks for stage “**lively**”, which there is not; all are shown." in text
    assert "The address asks for verdict “perhaps”" in text
    assert "The address names no place in this list" in text
    assert "klinik-bangsar / chat" in text
    assert "klinik-johor / reason" in text


def test_a_cursor_that_the_api_does_not_know_leads_back(opened, control):
    fifty(control)
    at = press(opened("board", "token-mei"), "Next").query_params["at"]
    app = opened("board", "token-mei", at=at.rpartition(".")[0] + ".forged")
    assert "is no cursor that a page gave" in words_on(app)
    assert "1 to 25 of 60 rollouts" in words_on(press(app, "To the beginning"))


def test_what_the_api_said_last_stays_with_a_note_when_it_falls_silent(opened, control):
    app = opened("board", "token-mei")
    control.stop()
    text = words_on(app.run())
    assert "Nothing answers at" in text
    assert "What follows was so at" in text
    assert "klinik-ipoh / chat" in text


def test_in_an_emergency_nothing_is_ready_and_nobody_is_waited_for_to_approve(opened, control):
    why = "nothing is widened until the emergency all is over: smoke"
    control.rollouts[0] |= {"frozen": why, "reasons": [why, *control.rollouts[0]["reasons"]]}
    text = words_on(opened("board", "token-aisyah", find="bangsar"))
    assert f"Not now: {why}. Its evidence promotes it: every gate has shown" in text
    for word in (
        "Ready to go on",
        "! approval",
        "and decide",
        "Waits for nothing",
        "Waiting for a person",
    ):
        assert word not in text, word
    assert "Need approval 0" in text
    assert "Read the evidence" in text
