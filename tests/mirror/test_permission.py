import pytest
from builders import two_sided

from mirror.exchange import Side
from mirror.permission import allowed, permitted, uncopied

URLS = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"


@pytest.mark.parametrize(
    ("tenant", "upstream", "may"),
    [
        ("clinic", "cloud", True),
        ("clinic", "gpu", True),
        ("hospital", "gpu", True),
        ("hospital", "cloud", False),
    ],
)
def test_who_forbids_the_cloud_is_permitted_what_is_on_premises(tenant, upstream, may):
    policy = two_sided(*URLS)
    assert permitted(policy, tenant, upstream) is may
    side = Side.PRIMARY if upstream == "cloud" else Side.CANDIDATE
    rollout = policy.rollout_of(tenant, "chat")
    assert allowed(policy, rollout, side) is may
    assert uncopied(policy, rollout, side) == ("" if may else "no_permitted_side")


def test_a_side_that_wants_the_clients_own_key_is_never_sent_a_copy():
    written = two_sided(*URLS).model_dump(mode="json")["upstreams"]
    written["cloud"]["credential"] = {"mode": "forward", "env": None}
    policy = two_sided(*URLS, upstreams=written)
    rollout = policy.rollout_of("clinic", "chat")
    assert uncopied(policy, rollout, Side.PRIMARY) == "credential_forwarded"
    assert uncopied(policy, rollout, Side.CANDIDATE) == ""
