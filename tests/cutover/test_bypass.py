"""Who is answered by whom while crossfade is down."""

import hashlib

from builders import two_sided

from cutover.bypass import bypasses, left_out

CLOUD, GPU = "https://api.openai.com/v1", "http://10.0.0.5:8000/v1"


def test_a_tenant_is_answered_by_its_primary():
    assert ("header:clinic", "cloud_cloud") in list(bypasses(two_sided(CLOUD, GPU)))


def test_a_tenant_that_forbids_the_cloud_is_never_sent_there_though_its_rollout_says_so():
    policy = two_sided(CLOUD, GPU)
    assert policy.rollout_of("hospital", "chat").primary.upstream == "cloud"
    assert [told for who, told in bypasses(policy) if who == "header:hospital"] == []
    assert left_out(policy) == ["hospital"]


def test_it_is_sent_to_the_permitted_upstream_it_passes_through_to():
    tenants = {
        "hospital": {
            "identify": {"header": "hospital"},
            "cloud": "forbidden",
            "pass_through": "gpu",
        },
        "clinic": {"identify": {"header": "clinic"}, "cloud": "allowed"},
    }
    policy = two_sided(CLOUD, GPU, tenants=tenants)
    assert ("header:hospital", "onprem_gpu") in list(bypasses(policy))


def test_an_upstream_on_a_clouds_address_counts_as_cloud():
    tenants = {
        "hospital": {
            "identify": {"header": "hospital"},
            "cloud": "forbidden",
            "pass_through": "gpu",
        },
        "clinic": {"identify": {"header": "clinic"}, "cloud": "allowed"},
    }
    policy = two_sided(CLOUD, "https://api.openai.com/v1", tenants=tenants)
    assert left_out(policy) == ["hospital"]


def test_a_tenant_known_by_its_key_is_known_by_its_digest_alone():
    digest = hashlib.sha256(b"the key").hexdigest()
    tenants = {"clinic": {"identify": {"api_key_sha256": [digest]}, "cloud": "allowed"}}
    sides = {
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    policy = two_sided(
        CLOUD, GPU, tenants=tenants, rollouts=[{"tenant": "clinic", "route": "chat", **sides}]
    )
    assert list(bypasses(policy)) == [(f"key:{digest}", "cloud_cloud")]
