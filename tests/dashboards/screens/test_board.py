"""The board."""

from __future__ import annotations

from fake_rollouts import rollout
from looking import words_on


def test_every_rollout_is_there_with_stage_share_verdict_and_what_it_waits_for(opened):
    app = opened("board", "token-mei")
    text = words_on(app)
    assert not app.exception
    for word in (
        "klinik-bangsar / chat", "klinik-johor / reason", "rolled back", "▲ promote", "● hold",
        "▼ roll back", "a lead to approve widen (25 %)", "! harm was shown",
        "‖ held by farid",
    ):  # fmt: skip
        assert word in text, word
    assert [bar.proto.value for bar in app.get("progress")] == [5, 0, 0, 100]


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


def test_many_rollouts_come_in_pages(opened, control):
    control.rollouts[:] = [rollout(f"klinik-{number:03}", "mirror") for number in range(60)]
    app = opened("board", "token-mei")
    text = words_on(app)
    assert "klinik-024" in text
    assert "klinik-025" not in text
    assert len(app.get("progress")) == 25
