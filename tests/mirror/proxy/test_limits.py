"""What a tenant may ask of a worker at a time and in a minute, and what a body may unpack to."""

import asyncio
import gzip

import pytest
from builders import two_sided
from fakes import FakeUpstream
from proxied import STREAM, proxied

from mirror.proxy.body import Body
from mirror.proxy.limits import Quotas, unpacked
from policies.limits import TenantLimits


def test_a_tenant_has_as_many_requests_under_way_as_it_may():
    quotas = Quotas({"clinic": TenantLimits(concurrent=1)})
    assert quotas.enter("clinic", 0) is None
    refusal = quotas.enter("clinic", 0)
    assert (refusal.status, refusal.code) == (429, "too_many_concurrent_requests")
    quotas.leave("clinic")
    assert quotas.enter("clinic", 0) is None


def test_another_policys_limits_count_what_was_asked_before():
    policy = limited(concurrent=2, per_minute=2)
    quotas = Quotas.of(policy)
    assert quotas.enter("clinic", 0) is None
    quotas.obey(limited(concurrent=1))
    assert quotas.enter("clinic", 0).code == "too_many_concurrent_requests"
    quotas.obey(policy)
    assert quotas.enter("clinic", 0) is None
    quotas.leave("clinic")
    assert quotas.enter("clinic", 0).code == "rate_limit_exceeded"


def limited(**limits):
    address = "http://127.0.0.1:9/v1"
    clinic = {
        "identify": {"header": "clinic"},
        "cloud": "allowed",
        "pass_through": "cloud",
        "limits": limits,
    }
    return two_sided(address, address, tenants={"clinic": clinic})


def test_one_tenants_requests_are_not_anothers():
    few = TenantLimits(concurrent=1, per_minute=1)
    quotas = Quotas({"clinic": few, "hospital": few})
    assert quotas.enter("clinic", 0) is None
    assert quotas.enter("hospital", 0) is None


def test_a_minutes_requests_may_come_at_once_and_come_again_as_time_goes_by():
    quotas = Quotas({"clinic": TenantLimits(per_minute=6)})
    assert [quotas.enter("clinic", 0) for _ in range(6)] == [None] * 6
    refusal = quotas.enter("clinic", 0)
    assert (refusal.code, refusal.retry_after_s) == ("rate_limit_exceeded", 10)
    assert quotas.enter("clinic", 9.9) is not None
    assert quotas.enter("clinic", 10.1) is None
    assert quotas.enter("clinic", 10.1) is not None


def test_a_request_that_is_refused_takes_no_place():
    quotas = Quotas({"clinic": TenantLimits(concurrent=2, per_minute=1)})
    assert quotas.enter("clinic", 0) is None
    assert quotas.enter("clinic", 0) is not None
    assert quotas.enter("clinic", 60) is None


def test_null_is_any_number():
    quotas = Quotas({"clinic": TenantLimits(concurrent=None)})
    assert {quotas.enter("clinic", 0) for _ in range(3000)} == {None}


def packed(content):
    body = Body()
    body.add(content)
    return body


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (gzip.compress(bytes(1000)), "gzip", None),
        (gzip.compress(bytes(1 << 22)), "gzip", 413),
        (b"not packed", "gzip", 400),
        (b"x", "rar", 415),
        (gzip.compress(gzip.compress(b"x")), "gzip, gzip", 415),
    ],
    ids=["small", "large", "broken", "unknown", "twice"],
)
def test_a_body_is_unpacked_as_far_as_it_may_be(content, encoding, status):
    found = unpacked(packed(content), encoding, 1 << 20)
    assert (found.status if found else None) == status


def test_a_tenant_over_its_limit_is_told_when_to_come_again():
    async def case():
        tenants = two_sided("http://a/v1", "http://b/v1").model_dump(mode="json")["tenants"]
        tenants["clinic"]["limits"] = {"concurrent": 1}
        gate = asyncio.Event()
        async with (
            FakeUpstream(gate=gate) as cloud,
            proxied(cloud, cloud, tenants=tenants) as proxy,
        ):
            async with proxy.client.stream(
                "POST",
                proxy.base_url + "/chat/completions",
                json=STREAM,
                headers={"x-crossfade-tenant": "clinic"},
            ) as under_way:
                refused = await proxy.post()
                gate.set()
                await under_way.aread()
            assert refused.status_code == 429
            assert refused.headers["retry-after"] == "1"
            assert refused.json()["error"]["type"] == "rate_limit_error"
            assert (await proxy.post()).status_code == 200

    asyncio.run(asyncio.wait_for(case(), 20))
