"""A warning of likely harm is told once, survives restarts, and is taken back once."""

import pytest
from builders import rollout
from rollouts import KEY, World

from cutover.evidence import lookout
from cutover.evidence.lookout import note, wary
from cutover.evidence.verdict import Kind, Verdict, Words
from cutover.stages import Stage
from mirror.journal import events
from mirror.journal.store import Store


def verdict(harm_log10):
    reasons = ("live: harm is likely",)
    return Verdict(Kind.HOLD, lambda: Words(reasons), tuple, harm_log10, 6.0, 100, 100, 0, 0.0)


def told(store, tenant="clinic"):
    with store.read() as conn:
        return [one.type for one in events.read(conn, tenant)]


@pytest.mark.parametrize(
    ("levels", "warned"),
    [
        ([3.9], [False]),
        ([4.0, 3.9, 2.0, 1.9, 3.9, 4.1], [True, True, True, False, False, True]),
    ],
)
def test_a_warning_stands_until_the_level_is_far_below_it(levels, warned):
    now, found = False, []
    for level in levels:
        now = wary(level, warned=now)
        found.append(now)
    assert found == warned


def test_it_is_told_once_and_taken_back_once(store):
    live = rollout(Stage.LIVE)
    warned = None
    for level in (1.0, 4.5, 5.0, 3.0, 1.0, 0.0):
        with store.write() as conn:
            warned = note(conn, live, verdict(level), warned, 7)
    assert told(store) == ["harm.warned", "harm.calmed"]


def test_the_next_controller_repeats_nothing(store):
    live = rollout(Stage.LIVE)
    for _ in range(3):
        with store.write() as conn:
            assert note(conn, live, verdict(4.5), None, 7) is True
    assert told(store) == ["harm.warned"]


def test_another_standing_begins_without_a_warning(store):
    with store.write() as conn:
        note(conn, rollout(Stage.LIVE), verdict(4.5), None, 7)
        assert note(conn, rollout(Stage.LIVE, epoch=9), verdict(1.0), None, 8) is False
        assert note(conn, rollout(Stage.CANARY), verdict(9.0), None, 8) is None
    assert told(store) == ["harm.warned"]


def test_a_live_candidate_that_turns_bad_is_warned_of_before_it_is_rolled_back(
    home, monkeypatch
):
    monkeypatch.setattr(lookout, "WARN_AT", 100)  # the rehearsal acts long before 10,000
    monkeypatch.setattr(lookout, "CALM_LOG10", 0.0)
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.to_canary()
    world.until_proposed()
    assert world.approve().transition.to_stage is Stage.LIVE
    world.good(5)
    assert not world.events("harm.warned")
    world.until("rolled_back", bad=True)
    (warned,) = world.events("harm.warned")
    moved = world.events("state.transition")[-1]
    assert warned["object"]["id"] == "/".join(KEY)
    assert warned["at_us"] < moved["at_us"]
    store.close()


def test_there_is_something_to_note_only_where_it_changes():
    from types import SimpleNamespace

    from builders import rollout

    from cutover.evidence.lookout import due
    from cutover.stages import Stage

    live, calm, harm = rollout(Stage.LIVE), 0.0, 9.0

    def told(of, harm_log10, warned):
        return due(of, SimpleNamespace(harm_log10=harm_log10), warned)

    assert told(live, calm, None)  # what was told before is read once
    assert told(live, harm, False)
    assert told(live, calm, True)
    assert not told(live, calm, False)
    assert not told(live, harm, True)
    assert not told(rollout(Stage.CANARY), harm, None)
    assert told(rollout(Stage.CANARY), harm, True)  # it is live no more
