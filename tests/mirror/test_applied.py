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


def test_a_policy_whose_apply_failed_leaves_no_copy(tmp_path, monkeypatch):
    first = applied.apply(tmp_path, ONE)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(applied.Path, "symlink_to", full)
        with pytest.raises(OSError, match="No space"):
            applied.apply(tmp_path, TWO)
    assert list(tmp_path.glob("0*.yaml")) == [first.path]


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


def in_place(path):
    path.unlink()
    path.mkdir()


SPOILS = {
    "deleted": lambda path: path.unlink(),
    "a folder": in_place,
    "emptied": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(TWO[: TWO.index(b"tenants:")]),
    "bytes": lambda path: path.write_bytes(b"\x00\xff: ["),
    "no character": lambda path: path.write_bytes(b'a: "\\U00110000"'),
    "too deep": lambda path: path.write_bytes(b"a: " + b"[" * 100_000),
    "a key more": lambda path: path.write_bytes(FORBIDDING + b"no_key_of_ours: 1\n"),
    "allowing": lambda path: path.write_bytes(KEYED),
    "without the tenant": lambda path: path.write_bytes(ONE.replace(b"klinik-a", b"klinik-b")),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_where_the_last_copy_is_not_as_it_was_applied_nothing_goes_to_a_cloud(tmp_path, spoil):
    applied.apply(tmp_path, ONE)
    spoil(applied.apply(tmp_path, TWO).path)
    found = applied.in_force(tmp_path, {})
    assert (found.applied.number, clouds(found)) == (1, {"klinik-a": "forbidden"})
    assert (found.unread, found.passing) == (True, True)
    assert "IS NOT KNOWN HERE" in found.fault
    assert applied.after(tmp_path, applied.InForce(load_one(tmp_path), None), {}) == found


def load_one(folder):
    first = min(folder.glob("000001-*"))
    return applied.load(applied.Applied(1, first.name[7:23], first), {})


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_part_that_loaded_it_whole_goes_on_as_it_is(tmp_path, spoil):
    applied.apply(tmp_path, ONE)
    second = applied.apply(tmp_path, TWO)
    held = applied.in_force(tmp_path, {})
    spoil(second.path)
    found = applied.after(tmp_path, held, {})
    assert (found.policy, found.applied, found.unread) == (held.policy, second, False)
    assert second.path.name in found.fault


def test_without_any_copy_the_fault_of_the_last_is_told(tmp_path):
    last = applied.apply(tmp_path, ONE)
    last.path.unlink()
    with pytest.raises(PolicyError, match=last.path.name):
        applied.in_force(tmp_path, {})


def test_a_newest_copy_that_is_put_back_speaks_again(tmp_path):
    applied.apply(tmp_path, ONE)
    second = applied.apply(tmp_path, TWO)
    second.path.unlink()
    held = applied.in_force(tmp_path, {})
    second.path.write_bytes(TWO)
    found = applied.after(tmp_path, held, {})
    assert (found.applied, found.fault, clouds(found)) == (second, "", {"klinik-a": "allowed"})


def test_of_a_copy_that_was_cut_off_nothing_counts_as_removed(tmp_path):
    applied.apply(tmp_path, ONE)
    cut = ONE.replace(b"klinik-a", b"klinik-b")
    applied.apply(tmp_path, TWO).path.write_bytes(cut)
    assert clouds(applied.in_force(tmp_path, {})) == {"klinik-a": "forbidden"}
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
