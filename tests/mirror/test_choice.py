"""One side as it is asked: for which model, in which translation, and who should answer."""

import pytest
from builders import two_sided

from mirror.choice import choose, chosen, target_of
from mirror.exchange import Side
from policies.policy import Location

CLOUDS = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"


@pytest.mark.parametrize(
    ("side", "requested", "model"),
    [
        (Side.PRIMARY, "big", "big"),
        (Side.PRIMARY, "unheard-of", "big"),
        (Side.PRIMARY, "", ""),
        (Side.CANDIDATE, "big", "own"),
        (Side.CANDIDATE, "own", "own"),
    ],
)
def test_the_model_a_side_is_asked_for(side, requested, model):
    policy = two_sided(*CLOUDS)
    choice = choose(policy, policy.rollout_of("clinic", "chat"), side, requested)
    assert choice.model == model


def gpu(**values):
    policy = two_sided(*CLOUDS)
    upstreams = policy.model_dump(mode="json", exclude_unset=True)["upstreams"]
    return two_sided(*CLOUDS, upstreams=upstreams | {"gpu": upstreams["gpu"] | values})


def test_a_choice_brings_its_upstreams_translation():
    policy = gpu(preset="vllm")
    rollout = policy.rollout_of("clinic", "chat")
    found = choose(policy, rollout, Side.CANDIDATE, "big")
    assert found.translation == policy.upstreams["gpu"].translation
    assert choose(policy, rollout, Side.PRIMARY, "big").translation.rules == ()


def test_a_copy_is_asked_for_as_a_clients_request_is():
    policy = two_sided(*CLOUDS)
    rollout = policy.rollout_of("clinic", "chat")
    for side in Side:
        target = target_of(rollout, side)
        assert chosen(policy, target, side, target.model) == choose(policy, rollout, side, "x")


def test_who_is_declared_to_answer_is_the_choices_own():
    policy = two_sided(*CLOUDS)
    found = choose(policy, policy.rollout_of("clinic", "chat"), Side.CANDIDATE, "big").declared
    assert (found.upstream, found.location, found.model) == ("gpu", Location.ONPREM, "own")
