"""What a rollout's view is made of."""

from builders import REHEARSAL
from rollouts import KEY, World, a_policy

from cutover.known import known
from mirror.journal.store import Store


def test_what_is_known_has_counts_and_our_fault(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    cabinet = world.controller.cabinet
    found = known(cabinet, cabinet.file(KEY), None, "KeyError")
    assert (found.fault, found.counts, found.dry_run) == ("KeyError", {}, ())
    world.good(2)
    assert world.view().ledger["compared"] == 2
    store.close()


def of_few_re_asks(home, most):
    sampling = REHEARSAL.sampling.model_copy(update={"reask_max_per_day": most})
    terms = REHEARSAL.model_copy(update={"sampling": sampling})
    world = World(Store.open(home.store_url), home, a_policy(terms=terms))
    world.tick()
    for _ in range(4):
        world.exchange()
    world.clock.pass_s(61)
    world.tick()
    return world


def test_what_rests_on_re_asks_says_that_todays_are_used_up_and_when_it_goes_on(home):
    world = of_few_re_asks(home, 3)
    used_up = (
        "today's 3 re-asks of the primary are used up (`sampling.reask_max_per_day`): "
        "equivalence goes on at 00:00 UTC"
    )
    assert world.view().waits_for.startswith(f"{used_up}; ")
    assert used_up in world.view().reasons
    world.clock.pass_s(86_400)
    world.tick()
    assert "used up" not in world.view().waits_for
    world.store.close()


def test_while_some_are_left_nothing_is_said_of_them(home):
    world = of_few_re_asks(home, 400)
    assert "used up" not in world.view().waits_for
    world.store.close()
