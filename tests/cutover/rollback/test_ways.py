"""Where harm may go, over whole ways: to a primary that is well, and else only in time."""

from dataclasses import replace

from crowd import in_canary, primary_down, slowly
from rollouts import ANNA

from cutover.emergency.switchboard import Switchboard
from mirror.exchange import End, Leg


def test_nothing_is_moved_to_a_dead_primary_until_it_answers_again(fleet):
    in_canary(fleet)
    primary_down(fleet)
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages()[0] == "canary"
    told = fleet.told("a")
    assert [one["details"]["cause"] for one in told] == ["primary"]
    assert "the primary failed 3" in told[0]["reason"]
    assert "while the candidate answers" in fleet.controller.view(("a", "chat")).waits_for
    fleet.clock.pass_s(200)
    fleet.tick(2)
    assert fleet.stages()[0] == "rolled_back"


def test_bad_answers_go_to_a_dead_primary_and_somebody_is_told(fleet):
    in_canary(fleet)
    primary_down(fleet)
    fleet.act("a", 8, bad=True)
    fleet.tick()
    assert fleet.stages()[0] == "rolled_back"
    assert [one["type"] for one in fleet.told("a")] == ["rollback.alarm"]


def refused(reply):
    """The candidate is slow, and the primary takes no copies."""
    if reply.leg is Leg.SERVED:
        return slowly(reply)
    return replace(reply, end=End.HTTP_ERROR, status=429)


def test_a_primary_that_only_refuses_copies_stops_no_rollback(fleet):
    in_canary(fleet)
    fleet.clock.pass_s(200)
    fleet.tick()
    fleet.act("a", 25, replied=refused)
    fleet.tick()
    assert fleet.stages()[0] == "rolled_back"
    assert fleet.told("a") == []


def primary_fails_some(fleet):
    """Clinic b's copies tell that its primary, which answers nobody else, fails one time in seven."""
    for _ in range(6):
        fleet.act("b", 6)
        primary_down(fleet, sessions=1)


def test_a_primary_that_fails_some_is_waited_for_three_minutes(fleet):
    in_canary(fleet)
    fleet.clock.pass_s(200)
    fleet.tick()
    primary_fails_some(fleet)
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages()[0] == "canary"
    fleet.clock.pass_s(170)
    primary_fails_some(fleet)
    fleet.tick()
    assert fleet.stages()[0] == "canary"
    fleet.tick(10)
    assert fleet.stages()[0] == "rolled_back"
    assert [one["type"] for one in fleet.told("a")] == [
        "rollback.waits",
        "rollback.waited",
        "rollback.alarm",
    ]


def test_a_drained_primary_is_no_way_back(fleet):
    in_canary(fleet)
    Switchboard(fleet.controller).drain(ANNA, "cloud", 600, "maintenance")
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages()[0] == "canary"
    assert "the primary is drained" in fleet.controller.view(("a", "chat")).waits_for


def test_a_person_moves_it_to_a_dead_primary_all_the_same(fleet):
    in_canary(fleet)
    primary_down(fleet)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.desk.roll_back(ANNA, ("a", "chat"), "I know")
    assert fleet.stages()[0] == "rolled_back"


def test_from_mirror_it_goes_whatever_its_primary_does(fleet):
    primary_down(fleet)
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages()[0] == "rolled_back"
    assert fleet.told("a") == []
