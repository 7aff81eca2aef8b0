"""What a rollback waited for is known to whoever acts, and a standing is given it once a day."""

from cutover.rollback.charged import AGAIN_US


def test_whoever_acts_next_knows_since_when_it_waits(fleet):
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.clock.pass_s(100)
    fleet.controller = fleet.another("second")
    fleet.clock.pass_s(6)
    fleet.slow("b", 3)  # a second suspect, newer than nobody
    fleet.controller.tick()
    fleet.tick(20)
    assert fleet.stages()[0] == "rolled_back"


def test_a_clock_that_is_put_back_makes_no_rollback_wait_for_it(fleet):
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages()[0] != "rolled_back"
    fleet.clock.jump_s(-86_400)
    fleet.tick(130)
    assert fleet.stages()[0] == "rolled_back"


def test_one_that_waited_is_given_no_second_wait_the_same_day(fleet):
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.act("a", 6)
    fleet.tick(130)
    fleet.slow("b", 3)
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages()[0] == "rolled_back"
    assert AGAIN_US == 86_400_000_000
