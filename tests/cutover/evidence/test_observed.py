"""A standing whose sessions were recorded under more than one policy, computed again each by its own."""

import json
from dataclasses import replace

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, SECOND, failure, scored
from rollouts import KEY, World, a_policy
from sqlalchemy import delete, update

from compare import ledger
from cutover import tables
from cutover.evidence import dossier
from cutover.evidence.again import Outcome
from cutover.evidence.counted import Counted
from cutover.evidence.course import Observation
from cutover.evidence.observation import observe
from cutover.evidence.observed import Recorded, sessions
from cutover.evidence.recorded import Part
from cutover.evidence.replay import replay
from cutover.evidence.sessions import Book
from cutover.evidence.standing import Standing
from cutover.evidence.stretches import measure
from cutover.moves import policy_digest
from cutover.stages import Stage
from mirror.journal.store import Store
from policies.policy import Terms


def policy_of(target_ms):
    written = REHEARSAL.model_dump(mode="json")
    written["gates"]["latency"]["target_ms"] = target_ms
    return a_policy(terms=Terms.model_validate(written))


LOOSE, STRICT = policy_of(2_000), policy_of(150)
"""An answer of these tests takes 200 ms: slow by the second policy alone."""


@pytest.fixture
def world(home):
    """Rolled back from a canary that was begun by one policy, went on by a stricter one, and then by the first again."""
    store = Store.open(home.store_url)
    world = World(store, home, LOOSE)
    world.tick()
    world.to_canary()
    world.good(4)
    restarted(world, STRICT)
    world.good(2)
    restarted(world, LOOSE)
    world.until("rolled_back", bad=True)
    yield world
    store.close()


def restarted(world, policy):
    world.controller = world.another(f"c{world.clock()}", policy)
    world.clock.pass_s(6)
    world.controller.tick()


def again(world, *policies):
    def rules_of(sha256):
        for policy in policies:
            if sha256 in ("", policy_digest(policy)):
                return dossier.rules_of(policy, policy.rollouts[0])
        return None

    with world.store.read() as conn:
        return list(replay(conn, KEY, rules_of))


def outcomes(found):
    return [(one.evidence.outcome, one.verdict.outcome) for one in found]


def test_a_change_in_the_middle_of_a_standing_comes_out_again_number_for_number(world):
    assert outcomes(again(world, LOOSE, STRICT)) == [(Outcome.EQUAL, Outcome.EQUAL)] * 2


def test_the_part_whose_policy_is_gone_is_named_and_the_rest_is_equal(world):
    mirror, canary = again(world, LOOSE)
    assert mirror.evidence.outcome is Outcome.EQUAL
    assert canary.evidence.outcome is Outcome.GAP
    which = policy_digest(STRICT)[:16]
    assert canary.evidence.why.startswith(f"sessions 5 to 6: the policy of SHA-256 {which}")
    assert canary.verdict.outcome is Outcome.EQUAL  # which rests on none of them


def test_a_session_that_was_changed_under_the_other_policy_is_found(world):
    with world.store.write() as conn:
        table = tables.observation
        where = (table.c.epoch == 2, table.c.number == 5)
        text = conn.execute(table.select().where(*where)).one().values
        assert json.loads(text)["badness"]["latency"] == 1
        forged = text.replace('"latency": 1.0', '"latency": 0.0')
        assert forged != text
        conn.execute(update(table).where(*where).values(values=forged))
    _, canary = again(world, LOOSE, STRICT)
    assert canary.evidence.outcome is Outcome.DIFFERS
    assert canary.evidence.why.startswith("session 5 (")
    assert canary.verdict.outcome is Outcome.EQUAL


def test_a_comparison_that_is_gone_is_a_gap_of_its_session(world):
    with world.store.write() as conn:
        table = tables.observation
        where = (table.c.epoch == 2, table.c.number == 6)
        session = conn.execute(table.select().where(*where)).one().session
        conn.execute(delete(ledger.comparisons).where(ledger.comparisons.c.session == session))
    _, canary = again(world, LOOSE, STRICT)
    assert canary.evidence.outcome is Outcome.GAP
    assert f"session 6 ({session}): its one exchange is gone" in canary.evidence.why


def test_evidence_of_before_measures_were_recorded_comes_out_as_it_was_then(home):
    world = World(Store.open(home.store_url), home, LOOSE)
    world.tick()
    world.to_canary()
    world.good(3)
    world.until("rolled_back", bad=True)
    as_before(world)
    assert outcomes(again(world, LOOSE)) == [(Outcome.EQUAL, Outcome.EQUAL)] * 2


def as_before(world):
    """The store as a version left it that knew of no measures."""
    table = tables.transition
    with world.store.write() as conn:
        conn.execute(delete(measure))
        for row in conn.execute(table.select()).all():
            told = json.loads(row.evidence)
            told.get("look", {}).pop("measure", None)
            conn.execute(
                update(table).where(table.c.id == row.id).values(evidence=json.dumps(told))
            )


ROWS = [
    scored(1, session="a", recorded_key="k"),
    failure(scored(2, session="b", recorded_key="k")),
    scored(8_000, session="a", recorded_key="other"),
]


def recorded_by_a_book(rows=ROWS):
    book = Book(REHEARSAL_RULES)
    book.take(rows)
    return [
        Observation(number, one.id, one.start_us, 10**15, one.told())
        for number, one in enumerate(book.look([], 10**15).closed, start=1)
    ]


def told_again(kept, rows=ROWS, counted=None):
    by_session = {}
    for row in rows:
        by_session.setdefault(row.session, []).append(row)
    part = Part(Standing(1, Stage.MIRROR, 0), kept)
    return sessions(Recorded(part, REHEARSAL_RULES), by_session, counted or Counted())


def test_who_came_back_and_what_repeats_come_out_again():
    kept = recorded_by_a_book()
    assert [(one.session, one.values["repeated"]) for one in kept] == [
        ("a", 0),
        ("b", 1),
        ("a", 0),
    ]
    assert told_again(kept).outcome is Outcome.EQUAL


def test_an_answer_that_counted_before_cannot_count_again():
    counted = Counted()
    counted.add(["k"], 0)
    assert told_again(recorded_by_a_book(), counted=counted).outcome is Outcome.DIFFERS


def test_a_repeat_that_met_the_answer_first_of_all_is_none():
    kept = recorded_by_a_book()
    silent = observe(REHEARSAL_RULES, "a", SECOND, ROWS[:1], {"e000001"}).told()
    forged = [replace(kept[0], values=silent), *kept[1:]]
    assert told_again(forged).outcome is Outcome.DIFFERS


def test_an_answer_that_stood_alone_once_took_its_own_key():
    rows = [scored(1, session="a", recorded_key="k", unpaired="sampling")]
    (kept,) = recorded_by_a_book(rows)
    assert kept.values["keys"] == ()
    assert told_again([kept], rows).outcome is Outcome.EQUAL
    then = dict(kept.values) | {"keys": ["k"]}
    del then["asked"]
    assert told_again([replace(kept, values=then)], rows).outcome is Outcome.EQUAL


def test_a_session_from_before_repeats_counted_is_told_by_the_rule_of_then():
    kept = recorded_by_a_book()
    then = dict(kept[1].values) | {"badness": {}, "late": 0}
    del then["asked"]
    old = [kept[0], replace(kept[1], values=then), kept[2]]
    assert told_again(old).outcome is Outcome.EQUAL
    then["badness"] = {"errors": 1.0}
    assert told_again(old).outcome is Outcome.DIFFERS
