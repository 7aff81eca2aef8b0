"""Plans that contradict themselves, with file, line and key."""

import pytest

from policies.load import PolicyError, parse

POLICY = """\
version: 1
deployment: d
upstreams:
  cloud: {base_url: https://api.openai.com/v1, location: cloud, models: [gpt-4o]}
  gpu: {base_url: http://10.0.0.3:8000/v1, location: onprem, models: [llama]}
tenants:
  clinic-a: {identify: {header: a}, cloud: allowed}
  clinic-b: {identify: {header: b}, cloud: allowed}
  clinic-p: {identify: {header: p}, cloud: allowed, pinned: primary}
rollouts:
  - {tenant: clinic-a, route: chat, primary: &old {upstream: cloud, model: gpt-4o}, candidate: &new {upstream: gpu, model: llama}}
  - {tenant: clinic-b, route: chat, primary: *old, candidate: *new}
  - {tenant: clinic-b, route: embed, primary: *old, candidate: *new}
  - {tenant: clinic-p, route: chat, primary: *old, candidate: *new}
"""

PLAN = """\
plan:
  name: winter
  starts: 2026-12-01
  entries:
    - {name: mirror-all, rollouts: ["*/*"], until: mirror, day: 8}
    - {name: first, rollouts: ["clinic-a/*"], day: 9, drill: true}
    - {name: rest, rollouts: ["clinic-b/*"], day: 10, if_held: [first], held_hours: 24}
"""


def found(text):
    with pytest.raises(PolicyError) as error:
        parse(POLICY + text, "p.yaml")
    return str(error.value)


def test_a_plan_is_read_as_it_is_written():
    plan = parse(POLICY + PLAN, "p.yaml").plan
    assert [one.name for one in plan.entries] == ["mirror-all", "first", "rest"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('["clinic-a/*"]', '["clinic-x/*"]', "p.yaml:20: plan.entries[1].rollouts[0]: no rollout fits `clinic-x/*`"),
        ("if_held: [first]", "if_held: [frist]", "p.yaml:21: plan.entries[2].if_held[0]: there is no entry `frist`; did you mean `first`?"),
        ("if_held: [first]", "if_held: [rest]", "p.yaml:21: plan.entries[2].if_held[0]: entries wait for each other: rest -> rest"),
        ("day: 9,", "day: 9, if_held: [rest],", "p.yaml:20: plan.entries[1].if_held[0]: entries wait for each other: first -> rest -> first"),
        ("day: 8}", "day: 8, if_held: [first]}", "p.yaml:19: plan.entries[0].if_held[0]: `first` stands further down"),
        ("day: 10", "day: 7", "p.yaml:21: plan.entries[2].day: is 2026-12-07 00:00, before an earlier entry's 2026-12-09 00:00"),
        ("day: 10", "not_before: 2026-12-08 23:00", "p.yaml:21: plan.entries[2].not_before: is 2026-12-08 23:00, before"),
        ("day: 10", "day: 10, not_before: 2026-12-12", "p.yaml:21: plan.entries[2].not_before: is given beside `day`"),
        ('["clinic-b/*"]', '["*/chat"]', "p.yaml:21: plan.entries[2].rollouts: `clinic-a/chat`: entry `first` takes them as far already"),
        ("until: mirror", "until: live", "plan.entries[1].rollouts: `clinic-a/chat`: entry `mirror-all` takes them as far"),
        ("name: rest", "name: first", "p.yaml:21: plan.entries[2].name: is also the name of entries[1]"),
        ('["clinic-b/*"]', '["clinic-b/*", "clinic-p/*"]', "clinic-p/chat never gets there: its tenant is pinned"),
        ('["clinic-a/*"]', '["clinic-a/*"], until: step 6', "p.yaml:20: plan.entries[1].until: clinic-a/chat has 5 steps"),
        ('["clinic-b/*"]', '["clinic-b/*"], until: step 1', "clinic-b/embed has no steps"),
        ("if_held: [first], ", "", "p.yaml:21: plan.entries[2].held_hours: has no effect without `if_held`"),
        ("if_held: [first], ", "", "p.yaml:20: plan.entries[1].drill: has no effect: no entry has this one in `if_held`"),
        ("day: 9,", "until: mirror,", "plan.entries[1].drill: has no effect in mirror"),
        ("  starts: 2026-12-01\n", "", "plan: `day` counts from `starts`, which is missing"),
        ("until: mirror", "until: canary", "must be `mirror`, `live`, or a step counted from 1"),
    ],
)  # fmt: skip
def test_a_plan_that_contradicts_itself_is_told_with_line_and_key(old, new, says):
    assert says in found(PLAN.replace(old, new))
