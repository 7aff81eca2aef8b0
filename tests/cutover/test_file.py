"""What is remembered of one rollout."""

import pytest
from builders import rollout
from rollouts import ANNA, KEY, World, a_policy

from cutover import controller
from cutover.evidence.drift import NAME
from cutover.evidence.hearing import Hearing
from cutover.evidence.verdict import Kind
from cutover.file import File
from cutover.history import Saved
from cutover.stages import Stage
from cutover.views import NOT_JUDGED, shown_log10
from mirror.journal.store import Store


def test_of_a_rollout_that_was_not_looked_at_nothing_is_claimed():
    saved = Saved(rollout(), 1)
    file = File(None, saved)
    assert file.rollout is saved.rollout
    assert (file.told, file.promotes, file.reasks.burst_done) == (NOT_JUDGED, False, False)
    assert not file.unwritten
    assert file.unwritten is not File(None, saved).unwritten


@pytest.mark.parametrize(
    ("start", "waits_for"),
    [("off", "a person to begin it (`crossfade resume`)"), ("mirror", "")],
)
def test_what_was_never_begun_says_who_begins_it(start, waits_for):
    declared = a_policy(start=start).rollouts[0]
    told = File(declared, Saved(rollout(Stage.OFF), 0)).told
    assert told.reasons == ("not begun: the primary answers and nothing is copied",)
    assert told.waits_for == waits_for


@pytest.fixture
def quiet_world(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    yield world
    world.store.close()


def test_a_verdict_is_put_into_words_when_somebody_reads_it(quiet_world, monkeypatch):
    said = []
    found = Hearing._found
    monkeypatch.setattr(Hearing, "_found", lambda *given: said.append(1) or found(*given))
    world = quiet_world
    world.good(9)
    assert said == []
    file = world.controller.cabinet.file(KEY)
    later = world.clock()
    world.tick(5)
    assert file.told.reasons
    assert len(said) == len([one for one in file.told.evidence if one["gate"] != NAME])
    assert file.look.now_us <= later, "it is the verdict of then"
    assert file.told is file.told


def test_what_a_file_says_without_words_is_what_the_words_say(quiet_world):
    world = quiet_world
    for _ in range(60):
        world.good(1)
        file = world.controller.cabinet.file(KEY)
        promotes, shown = file.promotes, file.shown_log10
        assert promotes == (file.told.verdict == Kind.PROMOTE)
        assert shown == shown_log10(file.told.evidence)
    assert promotes


def test_a_rollout_at_rest_is_looked_at_again_when_a_person_did_something(
    quiet_world, monkeypatch
):
    world = quiet_world
    world.good(3)
    world.tick()
    turns = []
    monkeypatch.setattr(controller, "align", lambda *given: turns.append(given[1].rollout))
    world.tick()
    assert turns == []
    world.desk.hold(ANNA, KEY, "wait")
    world.tick()
    assert [one.held_by for one in turns] == ["anna"]
    world.tick()
    assert len(turns) == 1
