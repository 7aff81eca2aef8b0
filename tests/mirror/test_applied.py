"""Which policy is in force, whatever happens to the files it came from."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from deployed import policy_text

from mirror import applied
from policies.load import PolicyError

ONE = policy_text("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1").encode()
TWO = ONE.replace(b"deployment: test", b"deployment: other")
KEYED = ONE.replace(
    b"models: [gpt-4o]}", b"models: [gpt-4o], credential: {mode: swap, env: THE_KEY}}"
)


def test_what_was_applied_last_is_current_and_numbered(tmp_path):
    first = applied.apply(tmp_path, ONE)
    second = applied.apply(tmp_path, TWO)
    assert (first.number, second.number) == (1, 2)
    assert applied.current(tmp_path) == second
    assert applied.in_force(tmp_path, {}).policy.deployment == "other"
    assert stat.S_IMODE(second.path.stat().st_mode) == 0o600


def test_the_same_policy_again_is_no_new_one(tmp_path):
    assert applied.apply(tmp_path, ONE) == applied.apply(tmp_path, ONE)


def test_an_older_policy_applied_again_is_a_new_number(tmp_path):
    first = applied.apply(tmp_path, ONE)
    applied.apply(tmp_path, TWO)
    again = applied.apply(tmp_path, ONE)
    assert (again.number, again.digest) == (3, first.digest)


def test_nothing_is_current_before_there_was_anything(tmp_path):
    assert applied.current(tmp_path) is None
    with pytest.raises(PolicyError, match="no policy was applied"):
        applied.in_force(tmp_path, {})


def test_a_copy_that_was_edited_in_place_is_not_believed_and_the_one_before_holds(tmp_path):
    first = applied.apply(tmp_path, ONE)
    second = applied.apply(tmp_path, TWO)
    second.path.write_bytes(TWO + b"# somebody's edit\n")
    found = applied.in_force(tmp_path, {})
    assert found.applied == first
    assert "was changed after it was applied" in found.fault
    assert applied.apply(tmp_path, TWO).number == 3  # and applying it again mends it


def test_a_policy_whose_key_is_not_here_leaves_the_one_before_in_force(tmp_path):
    first = applied.apply(tmp_path, ONE)
    applied.apply(tmp_path, KEYED)
    found = applied.in_force(tmp_path, {})
    assert found.applied == first
    assert "THE_KEY" in found.fault
    assert applied.in_force(tmp_path, {"THE_KEY": "k"}).applied.number == 2


def test_without_any_that_can_be_used_the_faults_of_the_last_are_told(tmp_path):
    applied.apply(tmp_path, KEYED)
    with pytest.raises(PolicyError, match="THE_KEY"):
        applied.in_force(tmp_path, {})


def test_a_copy_that_was_never_linked_is_not_in_force(tmp_path):
    first = applied.apply(tmp_path, ONE)
    (tmp_path / f"000002-{'0' * 16}.yaml").write_bytes(TWO)  # a crash before the link
    assert applied.in_force(tmp_path, {}).applied == first
    assert applied.apply(tmp_path, TWO).number == 3


def test_two_at_once_get_two_numbers(tmp_path):
    texts = [ONE + b"# %d\n" % number for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: applied.apply(tmp_path, text), texts))
    assert sorted(one.number for one in found) == list(range(1, 21))
    assert applied.current(tmp_path).number == 20


FORBIDDING = KEYED.replace(b"cloud: allowed", b"cloud: forbidden")


def clouds(found):
    return {name: tenant.cloud.value for name, tenant in found.policy.tenants.items()}


def test_what_a_policy_forbids_holds_though_its_key_is_not_here(tmp_path):
    applied.apply(tmp_path, ONE)
    applied.apply(tmp_path, FORBIDDING)
    found = applied.in_force(tmp_path, {})
    assert (found.applied.number, clouds(found)) == (1, {"klinik-a": "forbidden"})
    assert "forbids holds all the same" in found.fault


@pytest.mark.parametrize(
    ("edited", "cloud", "unread"),
    [
        (FORBIDDING, "forbidden", False),
        (FORBIDDING + b"no_key_of_ours: 1\n", "forbidden", False),
        (FORBIDDING.replace(b"cloud: forbidden", b"cloud: forbiden"), "forbidden", False),
        (b"version: 1\n", "allowed", True),
        (b"\x00\xff: [", "allowed", True),
        (KEYED, "allowed", False),
    ],
)
def test_of_a_copy_that_was_edited_what_it_forbids_is_obeyed(tmp_path, edited, cloud, unread):
    applied.apply(tmp_path, ONE)
    applied.apply(tmp_path, TWO).path.write_bytes(edited)
    found = applied.in_force(tmp_path, {})
    assert (found.applied.number, clouds(found)) == (1, {"klinik-a": cloud})
    assert found.unread is unread
    assert ("IS NOT KNOWN HERE" in found.fault) is unread


def test_of_a_copy_that_was_cut_off_nothing_counts_as_removed(tmp_path):
    applied.apply(tmp_path, ONE)
    cut = ONE.replace(b"klinik-a", b"klinik-b")
    applied.apply(tmp_path, TWO).path.write_bytes(cut)
    assert clouds(applied.in_force(tmp_path, {})) == {"klinik-a": "allowed"}
    applied.apply(tmp_path, KEYED.replace(b"klinik-a", b"klinik-b"))
    assert clouds(applied.in_force(tmp_path, {})) == {}


def test_the_newest_word_counts_and_an_edit_takes_nothing_of_it_back(tmp_path):
    applied.apply(tmp_path, ONE)
    applied.apply(tmp_path, FORBIDDING)
    edited = applied.apply(tmp_path, KEYED + b"# 3\n")
    edited.path.write_bytes(KEYED + b"# edited\n")
    assert clouds(applied.in_force(tmp_path, {})) == {"klinik-a": "forbidden"}
    applied.apply(tmp_path, KEYED + b"# 4\n")
    assert clouds(applied.in_force(tmp_path, {})) == {"klinik-a": "allowed"}


def test_a_part_at_work_never_goes_back_to_an_older_policy(tmp_path):
    applied.apply(tmp_path, ONE)
    second = applied.apply(tmp_path, TWO)
    held = applied.in_force(tmp_path, {})
    second.path.write_bytes(b"gone")
    applied.apply(tmp_path, FORBIDDING)
    found = applied.after(tmp_path, held, {})
    assert (found.applied, found.policy.deployment) == (second, "other")
    assert clouds(found) == {"klinik-a": "forbidden"}
