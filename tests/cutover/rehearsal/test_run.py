from pathlib import Path

import pytest
from rehearsed import a_staged_policy

from cutover.rehearsal.answers import Line, Recording
from cutover.rehearsal.policy import EXAMPLE, Cast
from cutover.rehearsal.run import Settings, chosen, label
from policies.load import PolicyError

RECORDING = Recording((Line("1", "chat", "one?", {"gpt": "a", "own": "b"}),), 0, {})


def settings(**changes):
    return Settings(Path("answers.jsonl"), Cast("gpt", "own"), **changes)


@pytest.mark.parametrize(("tenants", "names"), [(None, 1), (3, 3)])
def test_without_a_policy_the_shipped_one_is_rehearsed(tenants, names):
    policy = chosen(settings(tenants=tenants), RECORDING)
    assert len(policy.tenants) == names
    assert policy.deployment == "rehearsal"


def test_a_policy_brings_its_own_tenants():
    policy = chosen(settings(policy=EXAMPLE), RECORDING)
    assert list(policy.tenants) == ["clinic-1", "clinic-2"]
    assert [
        r.tenant for r in chosen(settings(policy=EXAMPLE, tenants=1), RECORDING).rollouts
    ] == ["clinic-1"]


def test_a_policy_that_is_not_there_is_told():
    with pytest.raises(PolicyError, match="there is no such file"):
        chosen(settings(policy=Path("nothing.yaml")), RECORDING)


def test_the_shipped_policy_is_labelled_on_screen_and_in_the_report():
    assert label(settings(), a_staged_policy()).startswith("rehearsal, not for production: ")
    named = label(settings(policy=Path("x/clinics.yaml")), a_staged_policy())
    assert named.startswith("clinics.yaml, rehearsed: equivalence margin 0.15")
