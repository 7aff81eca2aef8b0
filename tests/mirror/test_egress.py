"""The guarded client: who may reach what, what an upstream is told, and how faults come out."""

import asyncio

import pytest
from builders import two_sided
from fakes import FakeUpstream, Mode

from mirror.body import Body, Pieces
from mirror.egress import (
    CredentialMissing,
    Egress,
    EgressBlocked,
    OutRequest,
    failure,
)
from mirror.exchange import End

CHAT = OutRequest("POST", "/v1/chat/completions", {"content-type": "application/json"}, b"{}")
NOWHERE = "http://127.0.0.1:9/v1"


async def ask(egress, tenant, upstream, request=CHAT):
    async with egress.open(tenant, upstream, request) as answer:
        return answer.status, b"".join([chunk async for chunk in answer.chunks])


def asked(mode=Mode.OK, request=CHAT, upstream_settings=None, environ=None, tenant="clinic"):
    """What a fake cloud saw of one request."""

    async def case():
        async with FakeUpstream(mode=mode) as cloud:
            written = {
                "cloud": {
                    "base_url": cloud.base_url,
                    "location": "cloud",
                    "models": ["big"],
                    **(upstream_settings or {}),
                }
            }
            policy = two_sided(cloud.base_url, NOWHERE, upstreams=written)
            async with Egress(policy, environ or {}) as egress:
                await ask(egress, tenant, "cloud", request)
            return cloud.seen[0]

    return asyncio.run(case())


@pytest.mark.parametrize(
    ("tenant", "upstream", "permitted"),
    [
        ("clinic", "cloud", True),
        ("clinic", "gpu", True),
        ("hospital", "cloud", False),
        ("hospital", "gpu", True),
        ("nobody", "gpu", False),
        ("", "gpu", False),
        ("clinic", "elsewhere", False),
    ],
)
def test_who_may_reach_what(tenant, upstream, permitted):
    egress = Egress(two_sided("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
    assert egress.permitted(tenant, upstream) is permitted


def test_an_upstream_on_a_cloud_upstreams_address_counts_as_cloud():
    egress = Egress(two_sided("http://127.0.0.1:1/v1", "http://127.0.0.1:1/other/v1"))
    assert not egress.permitted("hospital", "gpu")


@pytest.mark.parametrize(("setting", "permitted"), [("refuse", False), ("pass_through", True)])
def test_unknown_tenants_reach_their_upstream_only_where_the_policy_passes_them(
    setting, permitted
):
    policy = two_sided(NOWHERE, NOWHERE, unknown_tenants=setting, unknown_upstream="cloud")
    assert Egress(policy).permitted("", "cloud") is permitted
    assert not Egress(policy).permitted("", "gpu")


def test_a_forbidden_cloud_sees_no_connection_and_no_lookup(monkeypatch):
    async def case():
        async with (
            FakeUpstream() as cloud,
            Egress(two_sided(cloud.base_url, NOWHERE)) as egress,
        ):
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", None, raising=False)
            with pytest.raises(EgressBlocked) as blocked:
                await ask(egress, "hospital", "cloud")
            assert cloud.accepts == 0
            assert failure(blocked.value)[0] is End.BLOCKED

    asyncio.run(case())


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/../admin", ""),
        ("/v1//chat", ""),
        ("/v2/chat", ""),
        ("/v1/@evil", ""),
        ("/v1/a\\b", ""),
        ("/v1/a%2e%2e", ""),
        ("/v1/chat\n", ""),
        ("/v1/" + "a" * 257, ""),
        ("/v1/files", "a#b"),
        ("/v1/files", "a b"),
        ("/v1/files", "a\r\nx: y"),
    ],
)
def test_a_path_that_could_be_read_two_ways_is_sent_to_nobody(path, query):
    async def case():
        async with (
            FakeUpstream() as cloud,
            Egress(two_sided(cloud.base_url, NOWHERE)) as egress,
        ):
            with pytest.raises(EgressBlocked):
                await ask(egress, "clinic", "cloud", OutRequest("GET", path, {}, query=query))
            assert cloud.accepts == 0

    asyncio.run(case())


def test_an_upstream_is_told_allowed_headers_and_nothing_else():
    headers = {
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": "app/1",
        "x-stainless-lang": "python",
        "traceparent": "00-1-2-03",
        "authorization": "Bearer clients-own",
        "cookie": "a=b",
        "x-forwarded-for": "10.0.0.7",
        "x-patient": "p-17",
        "x-crossfade-tenant": "clinic",
        "x-crossfade-peer": "127.0.0.1 00",
    }
    seen = asked(request=OutRequest("POST", "/v1/chat/completions", headers, b"{}"))
    told = set(seen.headers) - {"host", "content-length"}
    assert told == {
        "content-type",
        "accept",
        "accept-encoding",
        "user-agent",
        "x-stainless-lang",
        "traceparent",
    }


def test_nothing_is_added_that_the_client_did_not_say():
    seen = asked(request=OutRequest("POST", "/v1/chat/completions", {}, b"{}"))
    assert set(seen.headers) == {"host", "content-length"}


@pytest.mark.parametrize(
    ("credential", "told"),
    [
        ({"mode": "none"}, None),
        ({"mode": "forward"}, "Bearer clients-own"),
        ({"mode": "swap", "env": "KEY"}, "Bearer ours"),
    ],
)
def test_the_key_an_upstream_sees_is_the_policys_choice(credential, told):
    request = OutRequest(
        "POST", "/v1/chat/completions", {"authorization": "Bearer clients-own"}, b"{}"
    )
    seen = asked(
        request=request, upstream_settings={"credential": credential}, environ={"KEY": "ours"}
    )
    assert seen.headers.get("authorization") == told


def test_headers_of_the_policy_are_sent():
    seen = asked(upstream_settings={"headers": {"X-Group": "no-fallback"}})
    assert seen.headers["x-group"] == "no-fallback"


def test_a_missing_key_is_told_with_the_variable_to_set():
    policy = two_sided(
        NOWHERE,
        NOWHERE,
        upstreams={
            "cloud": {
                "base_url": NOWHERE,
                "location": "cloud",
                "models": ["big"],
                "credential": {"mode": "swap", "env": "CLOUD_KEY"},
            }
        },
    )
    with pytest.raises(CredentialMissing, match="cloud: the environment variable CLOUD_KEY"):
        Egress(policy, {})


def test_a_body_that_is_read_in_pieces_arrives_whole_with_its_length():
    body = Body()
    for number in range(5):
        body.add(b"%d" % number * 1000)

    seen = asked(request=OutRequest("POST", "/v1/audio/x", {}, Pieces(body)))
    assert (seen.headers["content-length"], len(seen.body)) == ("5000", 5000)
    assert "transfer-encoding" not in seen.headers


def test_the_query_reaches_the_upstream():
    seen = asked(request=OutRequest("GET", "/v1/models", {}, query="limit=2&order=desc"))
    assert seen.path == "/v1/models?limit=2&order=desc"


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        (Mode.REFUSE, End.CONNECT),
        (Mode.CUT, End.BROKEN),
        (Mode.NOT_HTTP, End.BROKEN),
        (Mode.HANG, End.TIMEOUT),
    ],
)
def test_a_fault_of_the_world_is_a_value_that_says_no_payload(mode, end):
    async def case():
        async with (
            FakeUpstream(mode=mode) as cloud,
            Egress(two_sided(cloud.base_url, NOWHERE)) as egress,
        ):
            with pytest.raises(Exception) as raised:
                async with asyncio.timeout(0.2):
                    await ask(egress, "clinic", "cloud")
            found, why = failure(raised.value)
            assert found is end
            assert "127.0.0.1" not in why

    asyncio.run(case())


def test_bytes_arrive_as_sent_and_undecoded():
    async def case():
        async with (
            FakeUpstream(gzip=True) as cloud,
            Egress(two_sided(cloud.base_url, NOWHERE)) as egress,
            egress.open("clinic", "cloud", CHAT) as answer,
        ):
            body = b"".join([chunk async for chunk in answer.chunks])
            assert answer.content_encoding == "gzip"
            assert body.startswith(b"\x1f\x8b")

    asyncio.run(case())


def test_more_than_a_hundred_streams_are_open_at_once():
    async def case():
        async with (
            FakeUpstream(mode=Mode.SILENT) as cloud,
            Egress(two_sided(cloud.base_url, NOWHERE)) as egress,
            asyncio.timeout(20),
            asyncio.TaskGroup() as group,
        ):
            tasks = [group.create_task(_held(egress)) for _ in range(150)]
            while cloud.accepts < 150:
                await asyncio.sleep(0.01)
            for task in tasks:
                task.cancel()

    asyncio.run(case())


async def _held(egress):
    async with egress.open("clinic", "cloud", CHAT):
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (b"app/1", True),
        (b"Jos\xc3\xa9\t1", True),
        (b"Jos\xe9", False),  # Latin-1: the client would write it as other bytes
        (b"a\x01", False),
        (b"a\x7f", False),
        (b"a\r\nx: y", False),
    ],
)
def test_a_headers_bytes_go_out_as_they_came_in_or_not_at_all(value, sent):
    headers = {"user-agent": value.decode("latin-1"), "x-request-id": "r1"}
    seen = asked(request=OutRequest("POST", "/v1/chat/completions", headers, b"{}"))
    assert (b"user-agent: " + value + b"\r\n" in seen.raw) is sent
    assert ("user-agent" in seen.headers) is sent
    assert seen.headers["x-request-id"] == "r1"


def test_a_fault_of_ours_is_told_by_its_class_alone():
    assert failure(ValueError("Bearer secret")) == (
        End.BROKEN,
        "the request could not be made: ValueError",
    )
