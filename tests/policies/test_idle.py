"""Settings without effect, and the same settings where they have one."""

import pytest
from written import AT_GPU, policy, rollout, tenant

from cutover.evidence import drift
from cutover.pooling import pooled
from policies.idle import FLOOR, POOLED, idle

ASKED = {"a": tenant("a", reask=True)}
WATCHES = {"mode": "observe", "promotion": "shown"}
NIGHT = {"low_traffic": {"resend": {}}}
ACTS = {"gates": {"drift": {"mode": "act"}}}


def places(**parts):
    return [".".join(map(str, place)) for place, _ in idle(policy(**parts))]


@pytest.mark.parametrize(
    ("terms", "parts", "place"),
    [
        ({"acceptance": {"max_age_days": 9}}, {}, "acceptance.max_age_days"),
        (
            {"coverage": {"strata": [], "margins": {"errors": 0.05}}},
            {},
            "coverage.margins",
        ),
        ({"gates": {"severe": WATCHES}}, {}, "gates.severe.promotion"),
        (
            {"gates": {"flags": {"codes": {"LATERALITY": {"at_most": 0.1} | WATCHES}}}},
            {},
            "gates.flags.codes.LATERALITY.promotion",
        ),
        ({"sign_off": {"pairs": 9, "routes": ["chat", "vision"]}}, {}, "sign_off.routes"),
        ({"sign_off": {"pairs": 9}}, {}, "sign_off.routes"),
        (NIGHT, {}, "low_traffic.resend"),
        ({"low_traffic": {"pooled_gate": True}}, {}, "low_traffic.pooled_gate"),
        (ACTS, {}, "gates.drift.mode"),
        ({"sessions": {"open_s": 100, "again_after_s": 99}}, {}, "sessions.again_after_s"),
        (
            ACTS | {"sampling": {"reask_burst": 99, "reask_percent": 0}},
            {"tenants": ASKED},
            "gates.drift.mode",
        ),
    ],
)
def test_terms_without_effect_are_told_where_they_are_written(terms, parts, place):
    assert places(terms=terms, **parts) == [f"terms.{place}"]
    own = [rollout(terms=terms)]
    assert places(rollouts=own, **parts) == [f"rollouts.0.terms.{place}"]
    assert places(rollouts=[rollout(terms={})], terms=terms, **parts) == []


@pytest.mark.parametrize(
    ("terms", "parts"),
    [
        ({"acceptance": {"max_age_days": 9, "required": True}}, {}),
        ({"coverage": {"margins": {"errors": 0.05}}}, {}),
        ({"gates": {"severe": {"promotion": "shown"}}}, {}),
        ({"gates": {"severe": {"mode": "observe"}}}, {}),
        ({"sign_off": {"pairs": 9, "routes": ["chat"]}}, {}),
        (NIGHT, {"tenants": {"a": tenant("a", resend=True)}}),
        (ACTS, {"tenants": ASKED}),
        (ACTS | {"sampling": {"reask_burst": 0}}, {"tenants": ASKED}),
        ({"sessions": {"open_s": 100, "again_after_s": 100}}, {}),
        ({"sessions": {"open_s": 9_000}}, {}),  # nobody wrote the other
    ],
)
def test_where_they_have_an_effect_nothing_is_told(terms, parts):
    assert places(terms=terms, **parts) == []


@pytest.mark.parametrize(
    ("pool", "told"), [(True, []), (False, ["terms.low_traffic.pooled_gate"])]
)
def test_a_pool_needs_five_tenants_that_are_in_it(pool, told):
    names = "abcde"
    tenants = {name: tenant(name, pool=pool or name != "e") for name in names}
    rows = [rollout(tenant=name) for name in names]
    asked = {"low_traffic": {"pooled_gate": True}}
    assert places(tenants=tenants, rollouts=rows, terms=asked) == told
    other = [*rows[:4], rollout(tenant="e", candidate=AT_GPU | {"model": "qwen"})]
    assert places(tenants=tenants, rollouts=other, terms=asked)


def test_what_a_floor_and_a_pool_need_is_what_the_gates_need():
    assert (drift.AT_LEAST, pooled.PARTS) == (FLOOR, POOLED)


@pytest.mark.parametrize(
    "sampling",
    [{"reask_burst": 0, "reask_percent": 0}, {"reask_max_per_day": 0}],
)
def test_a_consent_to_be_asked_again_that_nobody_uses_is_told(sampling):
    assert places(tenants=ASKED, terms={"sampling": sampling}) == ["tenants.a.reask"]
    assert places(terms={"sampling": sampling}) == []


def test_a_consent_to_resending_that_nobody_uses_is_told():
    assert places(tenants={"a": tenant("a", resend=True)}) == ["tenants.a.resend"]


def test_a_pinned_tenant_whose_rollouts_are_compared_is_told():
    tenants = {"a": tenant("a", pinned="primary"), "b": tenant("b", pinned="primary")}
    found = idle(policy(tenants=tenants, rollouts=[rollout(), rollout(route="reason")]))
    assert list(found) == [
        (
            ("tenants", "a", "pinned"),
            "its 2 rollouts are compared in mirror, and never go on",
        )
    ]
    (one,) = idle(policy(tenants=tenants))
    assert one[1] == "its rollout is compared in mirror, and never goes on"


def test_a_destination_of_a_route_that_is_not_there_is_told():
    to = {"to": "MAIL", "location": "onprem", "hosts": ["mail:25"]}
    assert places(notify=[to | {"routes": ["chat"]}]) == []
    assert places(notify=[to | {"routes": ["chat", "embed"]}]) == ["notify.0.routes"]
