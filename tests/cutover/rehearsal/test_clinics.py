from cutover.rehearsal.chapters import the_clinics
from cutover.rehearsal.clinics import CLOUD, ELSEWHERE, GPU, OWN, clinics
from cutover.rehearsal.policy import EXAMPLE, Cast, Wire, written
from policies.load import load, parse
from policies.policy import Cloud, Location

URLS = {
    name: f"http://127.0.0.1:{port}/v1"
    for port, name in enumerate((CLOUD, OWN, GPU, ELSEWHERE), start=9001)
}


def the_policy():
    return clinics(
        load(EXAMPLE), the_clinics(), cast=Cast("a", "b", "c"), wire=Wire(("chat",)), urls=URLS
    )


def test_the_demos_policy_has_no_fault():
    policy = the_policy()
    assert parse(written(policy), "policy.yaml", {}) == policy
    assert not policy.production


def test_the_clinic_that_forbids_the_cloud_moves_between_servers_of_its_own():
    policy = the_policy()
    for rollout in policy.rollouts:
        forbids = policy.tenants[rollout.tenant].cloud is Cloud.FORBIDDEN
        assert forbids == (rollout.tenant == "klinik-tertutup")
        assert rollout.primary.upstream == (OWN if forbids else CLOUD)
        assert rollout.candidate.upstream == GPU


def test_a_cloud_that_nobody_uses_is_there_to_be_avoided():
    policy = the_policy()
    assert policy.upstreams[ELSEWHERE].location is Location.CLOUD
    assert str(policy.upstreams[ELSEWHERE].base_url) == URLS[ELSEWHERE]
    used = {
        side for r in policy.rollouts for side in (r.primary.upstream, r.candidate.upstream)
    }
    assert ELSEWHERE not in used


def test_the_cloud_alone_has_a_price_so_that_what_is_saved_can_be_seen():
    prices = {name: one.prices for name, one in the_policy().upstreams.items()}
    assert prices.pop(CLOUD)["*"].output > 0
    assert not any(prices.values())
