"""Reading a sample as a reviewer does. What labels do is in test_signed.py."""

import pytest
from rollouts import KEY, World

from cutover.approving.signing import Signing
from cutover.refusals import Conflict, UnknownRollout
from mirror.journal.store import Store


def test_there_is_nothing_to_read_before_it_is_drawn_nor_of_what_is_not_there(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    with pytest.raises(Conflict, match="no pairs were drawn"):
        Signing(world.controller).read(KEY)
    with pytest.raises(UnknownRollout):
        Signing(world.controller).read(("clinic", "audio"))
    store.close()
