"""What a rollout's view is made of."""

from rollouts import KEY, World

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
