"""How often the primary was asked again, and when that is worth counting."""

import pytest
from builders import REHEARSAL_RULES, rollout
from rollouts import SECOND, World

from cutover.evidence import reasks
from cutover.evidence.gates import Basis
from cutover.evidence.observation import Rules
from cutover.evidence.reasks import Reasks
from mirror.journal.store import Store

RULES = REHEARSAL_RULES
BURST = RULES.terms.sampling.reask_burst
MOST = RULES.terms.sampling.reask_max_per_day
NOW = 1_700_000_000 * SECOND
COUNTED = Reasks(NOW, today=10, missing=5, heard=100)


@pytest.mark.parametrize(
    ("kept", "heard", "later_s", "due"),
    [
        (Reasks(), 0, 0, True),  # never counted
        (COUNTED, 104, 1, False),
        (COUNTED, 105, 1, True),  # the burst may be there
        (COUNTED, 100, 59, False),
        (COUNTED, 100, 60, True),  # every minute
        (COUNTED, 99, 1, True),  # another standing: what was heard begins anew
        (COUNTED, 100, -1, True),  # the clock was set back
        (Reasks(NOW, MOST - 10, 0, 0), 4, 30, False),
        (Reasks(NOW, MOST - 10, 0, 0), 5, 30, True),  # half of what is left may be spent
        (Reasks(NOW, MOST - 10, 0, 0), 900, 9, False),  # but not at every tick
        (Reasks(NOW, MOST, 0, 0), 1, 10, True),
    ],
)
def test_it_is_counted_when_the_answer_could_matter(kept, heard, later_s, due):
    assert kept.due(RULES, heard, NOW + later_s * SECOND) is due


@pytest.mark.parametrize(
    ("kept", "later_s", "spent"),
    [
        (Reasks(NOW, MOST - 1, 0, 0), 0, 0),
        (Reasks(NOW, MOST, 0, 0), 59, MOST),
        (Reasks(NOW, MOST + 3, 0, 0), 0, MOST),
        (Reasks(NOW, MOST, 0, 0), 86_400, 0),  # counted yesterday
    ],
)
def test_what_a_day_may_have_is_used_up_until_midnight(kept, later_s, spent):
    assert kept.spent(RULES, NOW + later_s * SECOND) == spent
    assert kept.spent(Rules(RULES.terms, Basis.BAR), NOW) == 0  # nobody is asked again


def test_both_counts_are_those_of_the_store(store, home):
    world = World(store, home)
    world.tick()
    for _ in range(3):
        world.exchange()
    of = rollout(since_us=world.clock())
    with store.read() as conn:
        found = Reasks().recounted(conn, RULES, of, 3, world.clock())
        assert found == Reasks(world.clock(), 3, BURST - 3, 3)
        assert not found.burst_done
        assert reasks.today(conn, of.key, world.clock() + 86_400 * SECOND) == 0
        assert reasks.today(conn, ("clinic", "audio"), world.clock()) == 0


def test_without_consent_there_is_no_burst_to_wait_for(home):
    store = Store.open(home.store_url)
    rules = Rules(RULES.terms, Basis.BAR)
    with store.read() as conn:
        assert Reasks().recounted(conn, rules, rollout(), 0, NOW).burst_done


def test_a_burst_that_was_there_stays(home):
    store = Store.open(home.store_url)
    with store.read() as conn:
        assert Reasks(missing=0).recounted(conn, RULES, rollout(), 0, NOW).burst_done
