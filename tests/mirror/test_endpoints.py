"""Which upstreams are the cloud's."""

from builders import two_sided

from mirror.endpoints import cloud_upstreams, endpoint


def test_a_port_that_is_not_named_is_the_schemes():
    policy = two_sided("https://api.openai.com/v1", "http://gpu:8000/v1")
    assert endpoint(policy.upstreams["cloud"]) == ("api.openai.com", 443)
    assert endpoint(policy.upstreams["gpu"]) == ("gpu", 8000)


def test_what_shares_an_address_with_the_cloud_is_the_clouds():
    assert cloud_upstreams(two_sided("http://a:1/v1", "http://a:2/v1")) == {"cloud"}
    assert cloud_upstreams(two_sided("http://a:1/v1", "http://a:1/own/v1")) == {"cloud", "gpu"}
