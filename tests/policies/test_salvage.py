"""What is sound in a faulty policy, and which findings about it may be told."""

import json

from hypothesis import given
from hypothesis import strategies as st

from policies.document import Value
from policies.salvage import Sound, at, salvage

UPSTREAM: Value = {"base_url": "http://10.0.0.1/v1", "location": "onprem", "models": ["m"]}
SIDE: Value = {"upstream": "u", "model": "m"}


def policy(**parts: Value) -> dict[str, Value]:
    rollout: Value = {"tenant": "a", "route": "chat", "primary": SIDE, "candidate": SIDE}
    good: dict[str, Value] = {
        "version": 1,
        "deployment": "d",
        "upstreams": {"u": UPSTREAM},
        "tenants": {"a": {"identify": {"header": "a"}, "cloud": "allowed"}},
        "rollouts": [rollout, rollout],
    }
    return good | parts


def sound(value: dict[str, Value]) -> Sound:
    found = salvage(value)
    assert found is not None
    return found


def test_nothing_is_cut_from_a_good_policy() -> None:
    found = sound(policy())
    assert found.cut == frozenset()
    assert len(found.policy.rollouts) == 2


def test_a_faulty_row_goes_and_the_others_keep_their_places() -> None:
    good = policy()["rollouts"]
    assert isinstance(good, list)
    found = sound(policy(rollouts=[{"tenant": "a"}, good[0]]))
    assert len(found.policy.rollouts) == 1
    assert found.kept.origin(("rollouts", 0, "route")) == ("rollouts", 1, "route")


def test_the_smallest_piece_goes_first() -> None:
    found = sound(policy(terms={"cooldown_s": -1, "mixture_every": 7}))
    assert found.cut == {("terms", "cooldown_s")}
    assert found.policy.terms.mixture_every == 7


def test_one_wrong_word_takes_its_list_along_and_then_the_part_that_needs_it() -> None:
    found = sound(
        policy(
            upstreams={"u": {"base_url": "http://h/v1", "location": "onprem", "models": [4]}}
        )
    )
    assert ("upstreams", "u") in found.cut
    assert found.policy.upstreams == {}


def test_a_rule_between_keys_is_told_once_the_faults_beside_it_are_gone() -> None:
    gates: Value = {"equivalence": {"margin": 0.6, "clip": 0.5, "extra": 1}}
    found = sound(policy(terms={"gates": gates}))
    assert [
        place for place, _ in found.faults
    ] == []  # `extra` stands beside it: told next time
    steps: Value = [{"percent": 9, "extra": 1}, {"percent": 9}]
    found = sound(policy(terms={"steps": steps}))
    assert [place for place, _ in found.faults] == [("terms", "steps")]


def test_a_finding_that_hangs_on_what_was_cut_is_not_certain() -> None:
    found = sound(
        policy(upstreams={"u": {"location": "x"}, "w": UPSTREAM}, routes=[{"route": "x"}])
    )
    assert not found.certain(("rollouts", 0, "primary", "upstream"), "u")
    assert found.certain(("rollouts", 0, "primary", "upstream"), "v")
    assert not found.certain(("rollouts", 0, "route"), "chat")
    assert not found.certain(("upstreams", "u"), None)


def test_a_value_is_found_by_its_place() -> None:
    assert at(policy(), ("rollouts", 1, "primary", "model")) == "m"
    assert at(policy(), ("rollouts", 9, "primary")) is None
    assert at(policy(), ("version", "x")) is None


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(policy())), junk)
def test_whatever_a_part_says_the_rest_is_saved_and_the_value_is_left_as_it_was(
    part: str, value: Value
) -> None:
    whole = policy(**{part: value})
    before = json.dumps(whole)
    found = sound(whole)
    assert json.dumps(whole) == before
    if part != "upstreams":
        assert list(found.policy.upstreams) == ["u"]
