"""What the control API works on."""

from rollouts import World

from cutover.api.parts import Parts
from mirror.journal.store import Store


def test_its_desk_and_its_drills_are_the_controllers(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    parts = Parts(world.controller, store, world.sealer, world.clock, home.load)
    assert parts.desk.controller is parts.driller.controller is world.controller
    assert parts.policy is world.controller.policy
    store.close()
