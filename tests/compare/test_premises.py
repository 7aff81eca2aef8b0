import asyncio
import socket

import pytest
from builders import two_sided
from fakes import FakeUpstream, Mode, running

from compare.premises import Away, OffPremises, Premises

NOWHERE = "http://127.0.0.1:9/v1"
PATIENT_S = 20


def posted(policy, timeout_s=PATIENT_S, most_bytes=1000):
    at = Premises.of("gpu", policy, {})

    async def ask():
        async with at.connected() as egress:
            return await at.post(
                egress, "/v1/chat/completions", {"model": "own"}, timeout_s, most_bytes
            )

    return asyncio.run(ask())


def test_a_body_is_posted_and_the_answer_read_whole():
    with running(FakeUpstream(text="Rest.")) as (server,):
        assert b"Rest." in posted(two_sided(NOWHERE, server.base_url))
    assert [(one.path, one.json) for one in server.seen] == [
        ("/v1/chat/completions", {"model": "own"})
    ]


@pytest.mark.parametrize("upstream", ["cloud", "gpu", "unknown"])
def test_a_server_in_the_cloud_or_at_its_address_is_never_asked(upstream, monkeypatch):
    def opened(*_):
        raise AssertionError("a socket was opened or a name looked up")

    monkeypatch.setattr(socket.socket, "connect", opened)
    monkeypatch.setattr(socket, "getaddrinfo", opened)
    policy = two_sided(NOWHERE.replace("/v1", "/v2"), NOWHERE)  # the candidate has its address
    with pytest.raises(OffPremises, match=r"not on the premises.*location: onprem"):
        Premises.of(upstream, policy, {})


def test_nothing_beside_it_can_be_reached():
    at = Premises.of("gpu", two_sided(NOWHERE, "http://127.0.0.1:10/v1"), {})
    assert set(at.policy.upstreams) == {"gpu"}


def test_a_refusal_tells_its_status_and_a_server_that_is_gone_has_none():
    with running(FakeUpstream(mode=Mode.LIMITED)) as (server,), pytest.raises(Away) as away:
        posted(two_sided(NOWHERE, server.base_url))
    assert away.value.status == 429
    with running(FakeUpstream(mode=Mode.REFUSE)) as (server,), pytest.raises(Away) as away:
        posted(two_sided(NOWHERE, server.base_url))
    assert away.value.status == 0


def test_an_answer_that_is_late_or_long_is_given_up():
    late = pytest.raises(Away, match=r"within 0\.2 s")
    with running(FakeUpstream(mode=Mode.HANG)) as (server,), late:
        posted(two_sided(NOWHERE, server.base_url), timeout_s=0.2)
    long = pytest.raises(Away, match="over 1,000 bytes")
    with running(FakeUpstream(text="x" * 2000)) as (server,), long:
        posted(two_sided(NOWHERE, server.base_url))
