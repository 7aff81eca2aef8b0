"""What each gate is asked for, and what it says, where it may see little or only watch."""

import math
from dataclasses import replace

import pytest
from builders import REHEARSAL, failure, rollout, scored

from cutover.evidence.gates import Basis, Rules, log_promote_at, titled
from cutover.evidence.hearing import Hearing
from cutover.evidence.pace import DAY_US
from cutover.evidence.tally import Account
from cutover.stages import Stage
from policies.gates import Gates

STREAM = {"streaming": True, "candidate_first_token_us": 100_000}
TARDY = {"streaming": True, "candidate_first_token_us": 9_000_000}


def rules_of(basis=Basis.NOISE, **gates):
    written = REHEARSAL.gates.model_dump() | gates
    return Rules(REHEARSAL.model_copy(update={"gates": Gates.model_validate(written)}), basis)


def heard(rows, rules, stage=Stage.MIRROR, step=0):
    account = Account.begin(rules, stage, step)
    account.take(rows)
    views = account.look([], 10**15)
    return Hearing(rules, rollout(stage, step), views, math.inf, 10**15, ())


def place_of(hearing, name):
    titles = [gate.demand.title for gate in hearing.views.started.gates]
    return titles.index(titled(name))


def said(hearing, name):
    return hearing.sentence(place_of(hearing, name))


def named(hearing, places):
    return [hearing.views.started.gates[place].demand.name for place in places]


SHOWN = {"first_token": {"promotion": "shown"}}


def test_a_gate_that_saw_nothing_is_not_asked_and_says_so():
    found = heard([scored(n) for n in range(9)], rules_of(**SHOWN))
    assert named(found, found.asked) == ["equivalence", "errors", "latency", "flags"]
    assert said(found, "first_token") == (
        "first token: nothing to see here yet: no timed stream among 9 sessions"
    )


def test_one_thing_to_see_is_enough_to_be_asked():
    found = heard([scored(n, **STREAM) for n in range(1)], rules_of(**SHOWN))
    assert "first_token" in named(found, found.asked)
    assert "not shown yet, needs about" in said(found, "first_token")


@pytest.mark.parametrize(
    ("basis", "rows", "gates", "words"),
    [
        (
            Basis.BAR,
            [scored(1)],
            {},
            "severe: nothing to see here: the primary is not asked again",
        ),
        (
            Basis.NOISE,
            [scored(1, noise_floor=None)],
            {},
            "severe: nothing to see here yet: none that the primary was asked again among 1 session",
        ),
        (
            Basis.NOISE,
            [scored(1)],
            {},
            "schema validity: nothing to see here yet: no request for an answer of a certain form "
            "among 1 session",
        ),
        (
            Basis.NOISE,
            [scored(1, primary_us=None)],
            {"relative_latency": {}},
            "relative latency: nothing to see here yet: no answer that was timed on both sides "
            "among 1 session",
        ),
    ],
)
def test_what_was_not_there_to_see_is_named(basis, rows, gates, words):
    found = heard(rows, rules_of(basis, **gates))
    assert said(found, words[: words.index(":")]) == words


def test_quality_says_on_how_many_of_the_sessions_it_rests():
    grades = {"signals": {"judge_primary": 0.7, "judge_candidate": 0.7}}
    rows = [scored(n, **(grades if n % 50 == 0 else {})) for n in range(100)]
    found = heard(rows, rules_of(quality={}))
    assert said(found, "quality.judge") == (
        "quality (judge): the candidate's grade by the judge is as high as the primary's (at most "
        "0.015 below is asked), over 2 sessions, scored on 2 % of sessions: no harm shown"
    )
    none = heard([scored(1)], rules_of(quality={}))
    assert said(none, "quality.judge") == (
        "quality (judge): nothing to see here yet: no answer that the judge graded among 1 session"
    )
    assert said(none, "quality.schema") == (
        "quality (schema): nothing to see here yet: no request for an answer of a certain form "
        "among 1 session"
    )


def test_a_gate_that_watches_is_never_asked_and_suspects_what_looks_broken():
    rules = rules_of()
    good = heard([scored(n, **STREAM) for n in range(90)], rules)
    assert "first_token" not in named(good, good.asked) and good.suspected == ()
    assert said(good, "first_token").endswith("over 90 sessions: no harm shown")
    rows = [scored(n, **(TARDY if n % 3 == 0 else STREAM)) for n in range(90)]
    bad = heard(rows, rules)
    place = place_of(bad, "first_token")
    assert bad.suspected == (place,)
    assert bad.views.log_against(place) >= log_promote_at(rules.terms)
    assert said(bad, "first_token") == (
        "first token: 33.3 % of streams failed or took over 800 ms to their first token "
        "(less than 10 % is asked), over 90 sessions: likely worse than that"
    )


def test_in_live_nothing_is_suspected_there_is_nothing_to_promote():
    dead = [failure(scored(n)) for n in range(30)]
    assert heard(dead, rules_of(), Stage.LIVE).suspected == ()
    assert heard(dead, rules_of(), Stage.CANARY).suspected != ()


def test_a_step_that_asks_for_latency_asks_for_all_that_load_may_change():
    rows = [scored(n, serving="candidate", **STREAM) for n in range(20)]
    first = heard(rows, rules_of(**SHOWN), Stage.CANARY, 0)
    assert first.asked == ()
    second = heard(rows, rules_of(**SHOWN), Stage.CANARY, 1)
    assert named(second, second.asked) == ["latency", "first_token"]
    watching = heard(rows, rules_of(), Stage.CANARY, 1)
    assert named(watching, watching.asked) == ["latency"]


@pytest.mark.parametrize(
    ("row", "gates", "words"),
    [
        (
            scored(1, equivalence=0.1),
            {},
            "severe: 100 % of answers agree with the primary less than it does with itself by 0.5 "
            "or more, or never came (less than 10 % is asked), over 1 session",
        ),
        (
            scored(1, signals={"schema_primary": 1.0, "schema_candidate": 0.0}),
            {},
            "schema validity: 100 % of answers lack the form that was asked for and the primary's "
            "has (less than 10 % is asked), over 1 session",
        ),
        (
            scored(1, candidate_us=900_000),
            {"relative_latency": {}},
            "relative latency: 100 % of answers failed or took over 20 % longer than the primary's "
            "(less than 50 % is asked), over 1 session",
        ),
        (
            scored(1, signals={"judge_primary": 0.9, "judge_candidate": 0.7}),
            {"quality": {}},
            "quality (judge): the candidate's grade by the judge is 0.20 below the primary's "
            "(at most 0.015 below is asked), over 1 session, scored on 100 % of sessions",
        ),
        (
            scored(1, signals={"judge_primary": 0.9, "judge_candidate": 0.4}),
            {"quality": {}},
            "quality (severe): 100 % of judged answers are graded lower than the primary's by 0.5 "
            "or more, or never came (less than 2 % is asked), over 1 session",
        ),
        (
            scored(1, signals={"schema_primary": 1.0, "schema_candidate": 1.0}),
            {"quality": {}},
            "quality (schema): the share of the candidate's answers in the form that was asked for "
            "is as high as the primary's (at most 0.015 below is asked), over 1 session",
        ),
        (
            scored(1, fail_codes=("LATERALITY", "EMPTY")),
            {"flags": {"at_most": 0.15, "weight": 0.35, "codes": {"LATERALITY": 0.01}}},
            "flags (LATERALITY): 100 % of answers have the flag LATERALITY or never came "
            "(less than 1 % is asked), over 1 session",
        ),
    ],
)
def test_each_gate_says_what_it_saw(row, gates, words):
    found = heard([row], rules_of(**gates))
    assert said(found, words[: words.index(":")]).startswith(words)


def paced(rows, *, days, rules=None, stage=Stage.MIRROR, step=0, **sampling):
    """What is heard so many days after the first session."""
    rules = rules or rules_of()
    given = rules.terms.sampling.model_copy(update=sampling)
    rules = Rules(rules.terms.model_copy(update={"sampling": given}), rules.basis)
    account = Account.begin(rules, stage, step)
    account.take(rows)
    now_us = round(days * DAY_US)
    return Hearing(rules, rollout(stage, step), account.look([], now_us), math.inf, now_us, ())


def daily(count, a_day, **values):
    return [scored(n, at_s=n * 86_400 / a_day, **values) for n in range(count)]


def test_what_a_gate_needs_is_told_as_sessions_and_as_time():
    heard_of = paced(daily(30, 10), days=3)
    assert said(heard_of, "errors").endswith(
        "not shown yet, needs about 13 more sessions, about 31 hours at 10 sessions a day"
    )
    assert said(paced(daily(2, 1), days=2), "errors").endswith(
        "more sessions, about 41 days at 1.0 sessions a day"
    )


def test_after_the_burst_a_gate_of_re_asked_sessions_waits_for_its_share():
    rows = daily(5, 100)
    soon = said(paced(rows, days=0.05), "equivalence")
    later = said(paced(rows, days=0.05, reask_burst=5, reask_percent=2), "equivalence")
    never = said(paced(rows, days=0.05, reask_burst=5, reask_percent=0), "equivalence")
    assert soon.endswith("needs about 8 more sessions, about 2 hours at 100 sessions a day")
    assert later.endswith("needs about 8 more sessions, about 4 days at 100 sessions a day")
    assert never.endswith(
        "needs about 8 more sessions, and the primary is asked again no more (`terms.sampling`)"
    )
    assert said(paced(rows, days=0.05, reask_max_per_day=0), "equivalence") == never


def test_re_asks_that_a_day_has_few_of_take_days_however_busy_it_is():
    heard_of = paced(daily(5, 100), days=0.05, reask_max_per_day=2)
    assert said(heard_of, "equivalence").endswith(
        "needs about 8 more sessions, about 4 days at 100 sessions a day"
    )


def test_where_no_time_is_told_the_reason_is():
    few = daily(5, 100)
    assert said(paced(few, days=0.005), "errors").endswith(
        "more sessions, too early to tell how long"
    )
    assert said(paced(few, days=30), "errors").endswith(
        "more sessions, and none came in the last 7 days"
    )
    unserved = paced(few, days=1, stage=Stage.CANARY, step=1)
    assert said(unserved, "latency").endswith(
        "needs at least 43 sessions, and the candidate has served none yet"
    )
    assert said(paced([], days=1), "errors").endswith("needs at least 43 sessions")


def test_sessions_beyond_number_still_have_a_time():
    rare = paced(daily(5, 100), days=0.05, reask_burst=5, reask_percent=0.001)
    assert said(rare, "equivalence").endswith("about 8,000 days at 100 sessions a day")


def test_what_the_candidate_serves_comes_at_its_share_of_the_traffic():
    rows = [
        replace(row, serving="candidate" if n % 5 == 0 else "primary")
        for n, row in enumerate(daily(50, 10))
    ]
    heard_of = paced(rows, days=5, stage=Stage.CANARY, step=1)
    assert said(heard_of, "latency").endswith(
        "needs about 33 more sessions, about 16 days at 10 sessions a day"
    )


def test_an_attempt_goes_on_at_its_pace():
    rules = rules_of()
    account = Account.begin(rules, Stage.MIRROR)
    account.take(daily(30, 10))
    account.look([], 3 * DAY_US)
    assert account.next(Stage.CANARY).look([], 3 * DAY_US).closed.pace.a_day(3 * DAY_US) == 10
