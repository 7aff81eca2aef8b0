"""What a verdict rests on, frozen with it."""

import json

from rollouts import KEY, World

from cutover.approving.approvals import freeze
from cutover.evidence import dossier
from cutover.evidence.look import look_of
from cutover.evidence.rebuilding import rebuild
from mirror.journal.store import Store


def test_a_look_read_back_gives_the_verdict_that_was_told(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(4)
    world.exchange(pending=True)  # an open session, and a closed one behind it
    world.good(1)
    world.clock.pass_s(100)  # what hangs can be nobody's answer before it
    world.tick()
    file = world.controller.cabinet.file(KEY)
    assert [hasattr(one, "badness") for one in file.look.tail] == [False, True]
    again = look_of(json.loads(freeze(file.look.body())[0]))
    assert again == file.look
    rules = dossier.rules_of(world.policy, world.policy.rollouts[0])
    with world.store.read() as conn:
        views, _ = rebuild(conn, rules, file.rollout).look(conn, file.rollout, again.now_us)
    assert again.recorded == 4
    assert again.verdict(rules, views).reasons == file.told.reasons
