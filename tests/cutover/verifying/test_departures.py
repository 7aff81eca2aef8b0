"""What left for a cloud, and the order of a log's clock."""

import json

import pytest
from bundles import HOUR_US, MemoryLog, bundle, checked

MINUTE_US = 60_000_000
TOLD = {
    "egress": "x1",
    "purpose": "served",
    "upstream": "openai",
    "call": "POST /v1",
    "sent_bytes": 9,
}


def found(log, check="egress"):
    log.sign()
    report = checked(bundle(log))
    return [(one.kind, one.event, one.what) for one in report.findings if one.check == check]


def test_a_request_that_had_to_be_announced_and_was_not_is_named():
    log = MemoryLog()
    log.add("egress.done", {**TOLD, "before": True})
    ((kind, event, what),) = found(log)
    assert (kind, event, "no intent" in what) == ("gap", 1, True)


def test_a_request_whose_record_may_come_after_needs_no_intent():
    log = MemoryLog()
    log.add("egress.done", {**TOLD, "before": False})
    log.add("egress.done", TOLD)
    assert found(log) == []


@pytest.mark.parametrize(
    "changed", [{"upstream": "other"}, {"sent_bytes": 10}, {"call": "GET /"}]
)
def test_what_left_is_what_was_announced(changed):
    log = MemoryLog()
    log.add("egress.intent", {**TOLD, "before": True})
    log.add("egress.done", {**TOLD, **changed, "before": True})
    ((_, event, what),) = found(log)
    assert (event, "not what was announced" in what) == (2, True)


def test_one_intent_is_of_one_request():
    log = MemoryLog()
    for kind in ("egress.intent", "egress.done", "egress.done"):
        log.add(kind, {**TOLD, "before": True})
    assert [event for _, event, _ in found(log)] == [3]
    log = MemoryLog()
    log.add("egress.intent", TOLD)
    log.add("egress.intent", TOLD)
    assert [event for _, event, _ in found(log)] == [2]


def test_a_tenant_that_forbids_the_cloud_has_nothing_that_left():
    log = MemoryLog()
    log.add("egress.done", TOLD)
    log.add("tenant.declared", {"cloud": "forbidden"})
    log.add("egress.done", TOLD, after_us=MINUTE_US + 1)
    assert [(event, "forbids" in what) for _, event, what in found(log)] == [(3, True)]


def test_what_left_before_the_cloud_was_forbidden_may_be_told_after():
    log = MemoryLog()
    log.add("tenant.declared", {"cloud": "allowed"})
    log.add("tenant.declared", {"cloud": "forbidden"})
    log.add("egress.done", {**TOLD, "took_us": 2 * MINUTE_US}, after_us=2 * MINUTE_US)
    log.add("tenant.declared", {"cloud": "forbidden"}, after_us=MINUTE_US)
    log.add("tenant.declared", {"cloud": "allowed"}, after_us=2 * MINUTE_US)
    log.add("egress.done", TOLD)
    assert found(log) == []
    log.add(
        "egress.done", {**TOLD, "took_us": 2 * MINUTE_US}
    )  # told late, and it left in between
    assert [event for _, event, _ in found(log)] == [7]


def test_an_intent_of_before_the_range_is_in_the_bundle_with_its_proof():
    log = MemoryLog()
    log.add("egress.intent", {**TOLD, "before": True})
    log.add("request.served", {})
    log.add("egress.done", {**TOLD, "before": True})
    log.sign()
    content = bundle(log, from_us=json.loads(log.events[1])["at_us"])
    report = checked(content)
    assert (report.code, report.checked["events of before"]) == (0, 1)


def test_a_clock_that_was_set_back_jumped_or_ran_ahead_is_a_warning():
    log = MemoryLog()
    log.add("request.served", {}, after_us=3 * HOUR_US)
    log.add("request.served", {}, after_us=-2 * HOUR_US)
    log.add("clock.jumped", {}, after_us=3 * HOUR_US)
    assert [(kind, event) for kind, event, _ in found(log, "clock")] == [
        ("warning", 2),
        ("warning", 3),
    ]
    assert checked(bundle(log)).code == 0
    late = MemoryLog()
    late.add("request.served", {}, after_us=80 * HOUR_US)
    late.at_us -= 70 * HOUR_US
    assert [kind for kind, _, _ in found(late, "clock")] == ["warning"]
