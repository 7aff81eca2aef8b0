"""What is no fault, and perhaps not meant."""

from written import policy

from policies.notes import notes


def test_a_plain_policy_has_none():
    assert notes(policy()) == []


def test_what_keeps_a_rollout_from_canary_is_told():
    assert [place for place, _ in notes(policy(terms={"acceptance": {"required": True}}))] == [
        ("rollouts", 0)
    ]
