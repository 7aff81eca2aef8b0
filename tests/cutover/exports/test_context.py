"""Which events of before a range go with it."""

import json

from bundles import MemoryLog, approve, busy

from cutover.exports.context import Unannounced, context


def types(bodies):
    return [json.loads(one)["type"] for one in bodies]


def test_the_last_move_of_each_rollout_and_what_people_said_since_go_with_it():
    log = busy()
    last = len(log.events) + 1
    assert types(context(log, last, ())) == ["state.transition"]
    approve(log, "retry", 4)
    assert types(context(log, len(log.events) + 1, ())) == [
        "state.transition",
        "approval.proposed",
        "approval.given",
    ]
    assert context(log, 1, ()) == []


def test_the_policy_in_force_goes_with_it():
    log = MemoryLog()
    for cloud in ("allowed", "forbidden"):
        log.add("tenant.declared", {"cloud": cloud})
    (one,) = context(log, 3, ())
    assert json.loads(one)["details"] == {"cloud": "forbidden"}


def test_only_what_was_announced_before_the_range_is_looked_for():
    log, seen = MemoryLog(), Unannounced()
    for id in ("a", "b"):
        log.add("egress.intent", {"egress": id, "before": True})
    for id, kind, before in (
        ("a", "done", True),
        ("c", "intent", True),
        ("c", "done", True),
        ("d", "done", False),
    ):
        seen.take("", {"type": f"egress.{kind}", "details": {"egress": id, "before": before}})
    assert seen.missing == {"a"}
    (one,) = context(log, 3, seen.missing)
    assert json.loads(one)["details"]["egress"] == "a"
