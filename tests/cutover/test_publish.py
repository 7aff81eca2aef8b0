"""What the proxies are told."""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from builders import REHEARSAL, rollout
from hypothesis import given
from hypothesis import strategies as st
from rollouts import KEY, World, a_policy

from cutover import publish
from cutover.emergency.switches import Drain, Emergency, Switches
from cutover.notices.notice import notice
from cutover.publish import PUBLISHED, UNPUBLISHED
from cutover.stages import Stage
from mirror import publish as written
from mirror import routing
from mirror.exchange import Side
from mirror.journal import events
from mirror.journal.store import Store
from policies.notify import Happening

POLICY = a_policy()


def standing(stage, step=0, *, policy=POLICY, burst_done=False, **values):
    return publish.standing(
        policy, policy.rollouts[0], rollout(stage, step, **values), burst_done=burst_done
    )


@pytest.mark.parametrize(
    ("stage", "share", "shadowed"),
    [
        (Stage.OFF, 0, 0),
        (Stage.MIRROR, 0, 100),
        (Stage.CANARY, 20, 100),
        (Stage.LIVE, 100, 100),
        (Stage.ROLLED_BACK, 0, 0),
    ],
)
def test_each_stage_has_its_share_and_its_shadows(stage, share, shadowed):
    told = standing(stage)
    assert (told.stage, told.share, told.shadow_percent) == (stage, share, shadowed)


@pytest.mark.parametrize(
    ("stage", "percent"),
    [
        (Stage.OFF, 0),
        (Stage.MIRROR, 0),
        (Stage.CANARY, 10),
        (Stage.LIVE, 2),
        (Stage.ROLLED_BACK, 0),
    ],
)
def test_the_primary_is_asked_beside_the_candidate_at_the_rate_of_the_stage(stage, percent):
    assert standing(stage).reverse_percent == percent


def test_the_primary_is_asked_again_with_consent_only_and_less_after_the_burst():
    silent = a_policy(tenants={"clinic": {"identify": {"header": "c"}, "cloud": "allowed"}})
    assert standing(Stage.MIRROR).reask_percent == 100
    assert standing(Stage.MIRROR, burst_done=True).reask_percent == 2
    assert standing(Stage.MIRROR, policy=silent).reask_percent == 0


@pytest.mark.parametrize(("today", "percent"), [(1_999, 100), (2_000, 0), (9_999, 0)])
def test_when_the_days_budget_is_spent_the_primary_is_asked_no_more(today, percent):
    told = publish.standing(
        POLICY,
        POLICY.rollouts[0],
        rollout(Stage.MIRROR, 0),
        burst_done=False,
        reasked_today=today,
    )
    assert told.reask_percent == percent


def test_another_attempt_meets_other_sessions_first():
    assert standing(Stage.CANARY, attempt=1).salt != standing(Stage.CANARY, attempt=2).salt


@given(st.text(min_size=1, max_size=20), st.integers(0, len(REHEARSAL.steps) - 2))
def test_widening_never_moves_a_session_back(session, step):
    narrow, wide = (
        standing(Stage.CANARY, step, epoch=3),
        standing(Stage.CANARY, step + 1, epoch=4),
    )
    table = publish.table([narrow], Switches(), fence=1, count=1, now_us=0)
    if routing.serving_side(table, narrow, session) is Side.CANDIDATE:
        assert routing.serving_side(table, wide, session) is Side.CANDIDATE
        assert routing.serving_side(table, standing(Stage.LIVE), session) is Side.CANDIDATE


def test_a_later_owners_table_has_the_higher_version():
    early = publish.table([], Switches(), fence=1, count=10**9, now_us=0)
    late = publish.table([], Switches(), fence=2, count=1, now_us=0)
    assert late.version > early.version


def test_the_table_names_the_candidate_that_was_judged_whatever_the_policy_names_now():
    newer = a_policy(candidate="newer")
    assert standing(Stage.CANARY, policy=newer, candidate="judged").candidate == "judged"


def test_what_is_switched_is_published():
    switches = Switches(
        (Drain("gpu", 7, "anna", "new fans", 1),), (Emergency("clinic", "", "anna", "x", 1),)
    )
    table = publish.table([], switches, fence=1, count=1, now_us=0)
    assert table.drains == {"gpu": 7}
    assert table.in_emergency("clinic", "chat") and not table.in_emergency("other", "chat")


def test_a_lost_table_comes_back_whole_with_the_next_tick_though_nothing_changed(home):
    world = World(Store.open(home.store_url), home)
    world.controller._publisher.to = partial(written.write, home.routes_file)
    world.controller.tick()
    before = written.read(home.routes_file)
    for spoil in (Path.unlink, lambda path: path.write_text('{"version": 1, ')):
        spoil(home.routes_file)
        world.clock.pass_s(1)
        world.controller.tick()
        after = written.read(home.routes_file)
        assert after.standings == before.standings
        assert after.published_us == world.clock() > before.published_us
        assert after.version > before.version
    world.store.close()


def test_a_row_is_made_anew_when_what_it_tells_has_changed_and_only_then(home, monkeypatch):
    world = World(Store.open(home.store_url), home)
    world.controller.tick()
    made, standing = [], publish.standing
    monkeypatch.setattr(
        publish, "standing", lambda *given, **known: made.append(1) or standing(*given, **known)
    )
    world.tick(3)
    assert made == []
    file = world.controller.cabinet.file(KEY)
    file.reasks = replace(file.reasks, today=2_000)
    world.tick()
    assert (len(made), world.standing().reask_percent) == (1, 0)
    world.controller.cabinet.files.clear()
    world.controller.cabinet._whole = False
    world.tick()
    assert world.standing().reask_percent == 100, "what a dropped file knew is not published"
    world.store.close()


def test_who_could_not_publish_and_stands_by_then_tells_a_later_outage(home, caplog):
    caplog.set_level(logging.INFO, "crossfade")
    world = World(Store.open(home.store_url), home)
    world.tick()

    def full(_):
        raise OSError("no space left on device")

    world.controller._publisher.to = full
    world.tick()
    world.controller.cabinet.release()
    other = world.another("second")
    for _ in range(2):
        world.clock.pass_s(1)
        other.cabinet.lead()
        world.controller.tick()
    assert not world.controller.acting
    told = [one.message for one in caplog.records if one.levelno >= logging.ERROR]
    ends = [one.message for one in caplog.records if "goes on again" in one.message]
    assert told == ["the route table was not published: no space left on device"]
    assert len(ends) == 1
    world.store.close()


def test_a_table_that_cannot_be_written_is_told_once_and_once_that_it_is_again(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    publisher, lost = world.controller._publisher, [True, True, False, True, False]
    kept = publisher.to

    def full(table):
        if lost.pop(0):
            raise OSError("no space left on device")
        kept(table)

    publisher.to = full
    troubles = []
    for _ in range(5):
        world.tick()
        troubles.append(bool(world.controller.trouble))
    assert troubles == [True, True, False, True, False]
    with world.store.read() as conn:
        found = [one for one in events.read(conn, "", limit=100) if "routes." in one.type]
    assert [one.type for one in found] == [UNPUBLISHED, PUBLISHED] * 2
    assert notice(found[0]).kind is Happening.ALARM
    assert notice(found[0]).why == "no space left on device"
    world.store.close()
