"""What a tick asks the store is found by an index: the longest history makes no tick longer."""

import scans
from rollouts import World, a_policy

from mirror.exchange import Side

LARGE = ("observation", "exchange", "comparison", "reply", "proposal")
"""Tables with a row of every exchange, session or proposal there ever was."""
OF_A_PART = ("ix_exchange_pending", "ix_exchange_reasked", "ix_proposal_open")
"""Indices of a small part: what waits, and what the primary was asked again of."""


def test_no_question_of_a_tick_reads_a_table_that_grows_from_its_beginning(home, store):
    world = World(store, home, policy=a_policy())
    world.controller._traffic.production = True  # where it is counted
    world.tick()
    with scans.asked(world.controller._turn.locked) as questions:
        world.until_proposed()
        world.exchange(pending=True)
        world.tick(2)
        world.approve()
        world.good(5, serving=Side.CANDIDATE)
        world.tick(40)
        world.controller.cabinet.files.clear()
        world.controller.cabinet._whole = False
        world.tick(2)  # what was dropped is read again
    with store.read() as conn:
        found = scans.found(conn, questions, LARGE, OF_A_PART)
    assert len(questions) > 20
    assert not found, "\n".join(f"{how}: {question}" for question, how in found.items())
