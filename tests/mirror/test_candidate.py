"""A fingerprint tells one candidate from another, and changes with nothing else."""

from builders import two_sided

from mirror.candidate import candidate_fingerprint
from mirror.choice import choose
from mirror.exchange import Side
from policies.policy import Policy

URL = "http://127.0.0.1:{}/v1"
CLOUDS = URL.format(1), URL.format(2)


def gpu(**values):
    policy = two_sided(*CLOUDS)
    upstreams = policy.model_dump(mode="json", exclude_unset=True)["upstreams"]
    return two_sided(*CLOUDS, upstreams=upstreams | {"gpu": upstreams["gpu"] | values})


def test_a_fingerprint_changes_with_model_upstream_and_address_and_with_nothing_else():
    def of(**changes):
        policy = two_sided(*CLOUDS, **changes)
        return candidate_fingerprint(policy, policy.rollout_of("clinic", "chat"))

    def rollouts(**candidate):
        sides = {"primary": {"upstream": "cloud", "model": "big"}, "candidate": candidate}
        return {"rollouts": [{"tenant": "clinic", "route": "chat", **sides}]}

    elsewhere = two_sided(URL.format(1), URL.format(3))
    moved = candidate_fingerprint(elsewhere, elsewhere.rollout_of("clinic", "chat"))
    newer = of(**rollouts(upstream="gpu", model="newer"))
    other = of(**rollouts(upstream="cloud", model="own"))
    assert len({of(), moved, newer, other}) == 4
    assert of() == of(production=True) == of(**rollouts(upstream="gpu", model="own"))


def test_a_declared_identity_is_part_of_the_candidate():
    def of(**identity):
        policy = two_sided(*CLOUDS)
        written = policy.model_dump(mode="json")
        written["upstreams"]["gpu"]["identity"] = {"own": identity} if identity else {}
        changed = Policy.model_validate(written)
        rollout = changed.rollout_of("clinic", "chat")
        return candidate_fingerprint(changed, rollout), choose(
            changed, rollout, Side.CANDIDATE, "big"
        )

    plain, choice = of()
    assert choice.identity is None
    vllm, choice = of(engine="vllm")
    assert choice.identity.engine == "vllm"
    newer, _ = of(engine="vllm", engine_version="0.11")
    assert len({plain, vllm, newer}) == 3
    assert of(engine="vllm")[0] == vllm


def test_a_candidate_that_is_asked_otherwise_is_another_candidate():
    rollout = gpu().rollout_of("clinic", "chat")
    prints = [
        candidate_fingerprint(gpu(**values), rollout)
        for values in (
            {},
            {"preset": "vllm"},
            {"preset": "vllm", "translate": [{"default": "temperature", "to": 0.6}]},
            {"translate": [{"drop": "user"}]},
        )
    ]
    assert len(set(prints)) == 4
    named = {"translate": [{"drop": "user", "why": "it may name a person"}]}
    assert candidate_fingerprint(gpu(**named), rollout) == prints[3]
    assert candidate_fingerprint(gpu(include_usage="copies"), rollout) == prints[0]
