"""Policies that were in force before, by their digests."""

import yaml
from rollouts import KEY, a_policy

from cutover.bygone import Bygone
from cutover.evidence.dossier import rules_of
from cutover.moves import policy_digest
from mirror import applied


def test_policies_of_the_folder_and_those_given_are_known_by_digest(tmp_path):
    old, given = a_policy(), a_policy(start="off")
    applied.apply(tmp_path, yaml.safe_dump(old.model_dump(mode="json")).encode())
    bygone = Bygone(tmp_path, [given])
    for policy in (old, given):
        found = bygone.rules(KEY, policy_digest(policy))
        assert found == rules_of(policy, policy.rollouts[0])
    assert bygone.rules(KEY, "") == rules_of(given, given.rollouts[0])
    assert bygone.rules(("clinic", "soap"), policy_digest(old)) is None
    assert bygone.rules(KEY, "another") is None


def test_where_nothing_is_kept_nothing_is_known(tmp_path):
    assert Bygone().rules(KEY, "") is None
    assert Bygone(tmp_path / "none").rules(KEY, "") is None


def test_a_copy_that_cannot_be_used_is_as_good_as_gone(tmp_path):
    one = applied.apply(tmp_path, yaml.safe_dump(a_policy().model_dump(mode="json")).encode())
    one.path.chmod(0o600)
    one.path.write_text("spoilt: [")
    assert Bygone(tmp_path).rules(KEY, policy_digest(a_policy())) is None
