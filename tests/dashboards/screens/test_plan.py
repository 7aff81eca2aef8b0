"""The page of the plan and of freezes."""

from __future__ import annotations

from fake_plan import entry, freeze, planned
from looking import press, words_on


def test_the_days_ahead_say_when_what_and_why_not_yet(opened):
    app = opened("plan", "token-mei")
    text = words_on(app)
    assert not app.exception
    for word in (
        "Plan november: declared with 4 rollouts", "at most 5 % false", "pilot", "▶ may go on", "begins at once",
        "begins 2026-11-22 04:10 UTC (12:10 Kuala Lumpur)", "after pilot", "klinik-ipoh / chat, klinik-johor / reason",
        "When it begins: frozen until 2026-11-22 23:00 UTC (Nov 23 07:00", "klinik-johor / reason", "asked 79 to 1",
    ):  # fmt: skip
        assert word in text, word
    assert [bar.proto.value for bar in app.get("progress")] == [50, 0]


def test_freezes_are_told_with_who_and_why(opened):
    text = words_on(opened("plan", "token-mei"))
    for word in (
        "‖ klinik-ipoh / every route frozen", "audit of the pharmacy",
        "by farid, 2026-11-21 03:10 UTC (11:10 Kuala Lumpur); until it is lifted",
        "Ending it needs the role engineer", "You may look",
    ):  # fmt: skip
        assert word in text, word


def test_an_engineer_freezes_with_a_reason_and_lifts_it_again(opened, control):
    control.plans.freezes.clear()
    app = opened("plan", "token-farid")
    app.text_input(key="freeze-tenant").set_value(" klinik-bangsar ")
    app.selectbox(key="freeze-length").set_value("1 day")
    assert "Write a reason" in words_on(press(app, "Freeze"))
    assert control.posted("freezes") == []
    app.text_input(key="freeze-tenant").set_value("klinik-bangsar")
    app.selectbox(key="freeze-length").set_value("1 day")
    app.text_input(key="freeze-reason").set_value("go-live of the EHR")
    text = words_on(press(app, "Freeze"))
    assert "Frozen: klinik-bangsar / every route, for 1 day. Rollbacks work as ever." in text
    body = {"tenant": "klinik-bangsar", "route": "", "for_s": 86_400}
    assert control.posted("freezes") == [
        ("token-farid", {**body, "reason": "go-live of the EHR"})
    ]
    lift = next(field for field in app.text_input if field.key.startswith("end-"))
    lift.set_value("it went well")
    text = words_on(press(app, "Lift it"))
    assert "Nobody has frozen anything" in text
    assert control.posted("freezes")[1][1]["reason"] == "it went well"


def test_the_freeze_of_another_person_is_a_leads_to_lift(opened, control):
    control.plans.freezes[:] = [freeze("", "", "aisyah")]
    app = opened("plan", "token-farid")
    assert "aisyah placed it; a lead may lift it" in words_on(app)
    assert "Lift it" not in {button.label for button in app.button}
    assert "Lift it" in {button.label for button in opened("plan", "token-aisyah").button}


def test_a_refused_freeze_says_why_and_that_nothing_was_done(opened, control):
    control.refuse["freezes"] = (422, "there is no tenant `klinik`")
    app = opened("plan", "token-aisyah")
    app.text_input(key="freeze-tenant").set_value("klinik")
    app.text_input(key="freeze-reason").set_value("x")
    assert "there is no tenant `klinik`. Nothing was done" in words_on(press(app, "Freeze"))


def test_without_a_plan_the_page_says_where_to_write_one_and_still_tells_freezes(
    opened, control
):
    control.plans.plan = None
    control.plans.freezes.clear()
    control.plans.frozen.clear()
    text = words_on(opened("plan", "token-mei"))
    assert "`plan:`" in text
    assert "Nobody has frozen anything" in text
    assert "No rollout found here is frozen" in text


def test_a_plan_of_thousands_comes_in_pages_and_is_searched_by_the_address(opened, control):
    assert control.plans.plan
    many = [f"klinik-{n:05}" for n in range(5_000)]
    control.plans.plan["entries"] = [
        entry(f"wave-{n:03}", rollouts=[f"{name}/chat" for name in many], of=5_000) for n in range(60)
    ]  # fmt: skip
    control.plans.plan["rollouts"] = [planned(name, "chat") for name in many]
    control.plans.frozen = {f"{name}/chat": "frozen: weekend" for name in many}
    control.plans.freezes[:] = [freeze(name, "") for name in many[:40]]
    text = words_on(opened("plan", "token-mei"))
    assert "wave-011" in text
    assert "wave-012" not in text
    assert "and 4,997 more" in text
    assert "The first 200 of 5,000 rollouts" in text
    text = words_on(opened("plan", "token-mei", find="04999"))
    assert "klinik-04999 / chat" in text
    assert "The first 200" not in text


def test_what_people_wrote_is_shown_as_text(opened, control):
    control.plans.freezes[:] = [
        freeze("klinik-ipoh", "", reason="<b>x</b> **y**", by="[a](http://x)")
    ]
    app = opened("plan", "token-mei")
    assert "<b>x</b> **y**" in [element.value for element in app.text]
    assert "[a](http://x)" not in "".join(element.value for element in app.caption)


def test_rollouts_that_come_in_pages_are_found_by_name_in_those_behind_the_first(
    opened, control
):
    control.plans.page_of = 2
    control.plans.plan["rollouts"] = [planned(f"klinik-{n:02}", "chat") for n in range(6)]
    control.plans.frozen = {f"klinik-{n:02}/chat": "frozen: audit" for n in range(6)}
    app = opened("plan", "token-mei")
    text = words_on(app)
    assert (
        text.count("Looked through 2 rollouts; there are more. Find the others by name.") == 2
    )
    assert "klinik-05" not in text
    app.text_input(key="find").set_value("klinik-05").run()
    text = words_on(app)
    assert text.count("klinik-05 / chat") == 2
    assert "there are more" not in text


def test_no_more_than_a_bounded_number_of_pages_is_looked_through(opened, control):
    control.plans.page_of = 1
    control.plans.plan["rollouts"] = [planned(f"klinik-{n:02}", "chat") for n in range(30)]
    text = words_on(opened("plan", "token-mei", find="klinik-29"))
    assert "Looked through 11 rollouts; there are more. The page of a rollout says" in text
