"""Targets: a default for each, null for none, and no part of what approvals are bound to."""

import pytest
from pydantic import ValidationError
from rollouts import a_policy

from cutover.moves import policy_digest
from policies.targets import Targets


def test_a_target_is_above_nothing_and_a_share_below_all():
    for wrong in ({"reason_p95_s": 0}, {"availability": 1}, {"together": 1}, {"p95": 1}):
        with pytest.raises(ValidationError):
            Targets(**wrong)
    assert Targets(audio_p95_s=None).audio_p95_s is None


def test_a_policy_keeps_its_digest_whatever_its_targets_are():
    policy = a_policy()
    other = policy.model_copy(update={"targets": Targets(reason_p95_s=1)})
    assert policy_digest(policy) == policy_digest(other)
