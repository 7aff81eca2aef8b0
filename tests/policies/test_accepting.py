"""A report that is demanded must be able to pass."""

import pytest
from written import policy, rollout

from policies.accepting import acceptance_faults, acceptance_notes
from policies.targets import Targets

NONE = {
    name: None
    for name, field in Targets.model_fields.items()
    if "None" in str(field.annotation)
}
REQUIRED = {"acceptance": {"required": True}}


def test_a_report_of_no_target_is_a_fault_where_it_is_demanded():
    assert len(NONE) == 7
    assert list(acceptance_faults(policy(targets=NONE))) == []
    assert list(acceptance_faults(policy(terms=REQUIRED))) == []
    ((place, why),) = acceptance_faults(policy(targets=NONE, terms=REQUIRED))
    assert place == ("terms", "acceptance", "required")
    assert "never passes; write a target" in why
    own = [rollout(terms=REQUIRED)]
    ((place, _),) = acceptance_faults(policy(targets=NONE, rollouts=own))
    assert place == ("rollouts", 0, "terms", "acceptance", "required")


@pytest.mark.parametrize(
    ("targets", "lacks"),
    [
        ({}, "`reason_p95_s`, `audio_p95_s`, `retrieval_p95_ms`"),
        ({"audio_p95_s": 2.5}, "`audio_p95_s`"),
        ({"availability": 0.9, "tokens_per_s": 80}, ""),
    ],
)
def test_what_no_route_of_the_candidates_tenants_can_measure_is_told(targets, lacks):
    written = NONE | targets if targets else {}
    found = list(acceptance_notes(policy(targets=written, terms=REQUIRED)))
    if not lacks:
        assert found == []
        return
    ((place, why),) = found
    assert place == ("rollouts", 0)
    assert f"asks for {lacks} too" in why
    assert list(acceptance_notes(policy(targets=written))) == []


def test_a_report_of_another_tenant_of_the_candidate_is_one_of_it():
    clinics = {name: {"identify": {"header": name}, "cloud": "allowed"} for name in "ab"}
    other = {"upstream": "gpu", "model": "qwen"}
    rows = [
        rollout(),
        rollout(tenant="b"),
        rollout(tenant="b", route="audio", candidate=other),
    ]
    targets = NONE | {"audio_p95_s": 2.5}
    with_audio = policy(targets=targets, tenants=clinics, rollouts=rows, terms=REQUIRED)
    assert list(acceptance_notes(with_audio)) == []
