"""Reading a sample as a reviewer does. What labels do is in test_signed.py."""

import pytest
from builders import REHEARSAL
from rollouts import KEY, World, a_policy

from cutover.approving.signing import Signing
from cutover.refusals import Conflict, UnknownRollout
from mirror.journal.store import Store
from policies.sign_off import SignOff


def test_there_is_nothing_to_read_before_it_is_drawn_nor_of_what_is_not_there(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    with pytest.raises(Conflict, match=r"`terms\.sign_off` of the policy asks for none"):
        Signing(world.controller).read(KEY)
    with pytest.raises(UnknownRollout):
        Signing(world.controller).read(("clinic", "audio"))
    store.close()


@pytest.mark.parametrize(
    ("routes", "says"),
    [
        (("chat",), "done once all else is shown"),
        (("reason",), "asks for none of this rollout"),
    ],
)
def test_that_it_is_still_to_come_is_said_only_where_it_is_asked_for(home, routes, says):
    terms = REHEARSAL.model_copy(update={"sign_off": SignOff(pairs=4, routes=routes)})
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=terms))
    world.tick()
    with pytest.raises(Conflict, match=says):
        Signing(world.controller).read(KEY)
    store.close()
