"""The load: on the candidate alone, so many at once, no request in two phases."""

import asyncio
import json

import pytest
from builders import two_sided
from fakes import FakeUpstream, Mode

from cutover.acceptance.prompts import of_file
from cutover.acceptance.run import Bearing, NotAlone, narrowed, split
from mirror.egress import Egress, EgressBlocked, OutRequest


def chats(tmp_path, n):
    path = tmp_path / "requests.jsonl"
    line = {"route": "chat", "body": {"messages": [], "stream": True}}
    path.write_text(
        "\n".join(json.dumps(line | {"body": line["body"] | {"n": i}}) for i in range(n))
    )
    return of_file(path, "clinic")


async def bear(tmp_path, *, n=70, at_once=4, mode=Mode.OK, **changes):
    """The phases, and what primary and candidate saw."""
    async with FakeUpstream() as primary, FakeUpstream(mode=mode) as gpu:
        policy = narrowed(two_sided(primary.base_url, gpu.base_url, **changes), "clinic")
        async with Egress(policy) as egress:
            bearing = Bearing(policy, "clinic", egress, 30)
            return await bearing.accept(chats(tmp_path, n), at_once), primary.seen, gpu.seen


def test_every_request_goes_once_to_the_candidate_and_none_to_the_primary(tmp_path):
    measured, primary, gpu = asyncio.run(bear(tmp_path))
    assert primary == []
    bodies = [one.json for one in gpu]
    assert {one["model"] for one in bodies} == {"own"}
    numbers = [one["n"] for one in bodies]
    assert len(numbers) == len(set(numbers)) == len(measured.samples)
    assert [len(one.samples) for one in (measured.loaded, measured.together, measured.alone)] == [
        18, 17, 17,
    ]  # fmt: skip
    assert all(one.answered and one.first_token_s is not None for one in measured.samples)
    assert "too few" in measured.beside.short  # no SOAP notes


def test_what_is_not_answered_is_a_sample_too(tmp_path):
    measured, _, _ = asyncio.run(bear(tmp_path, mode=Mode.ERROR))
    assert {(one.answered, one.end) for one in measured.samples} == {(False, "http_error 500")}


def test_more_than_the_capacity_is_not_sent_and_said(tmp_path):
    measured, _, gpu = asyncio.run(bear(tmp_path, capacity={"in_flight": 3}))
    assert "more than `upstreams.gpu.capacity` allows, 3" in measured.loaded.short
    assert len(gpu) == len(measured.alone.samples) == 17


def test_the_client_of_a_load_reaches_no_other_upstream():
    policy = narrowed(two_sided("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"), "clinic")

    async def ask():
        async with (
            Egress(policy) as egress,
            egress.open("clinic", "cloud", OutRequest("GET", "/v1/models", {})),
        ):
            pass

    assert list(policy.upstreams) == ["gpu"]
    with pytest.raises(EgressBlocked):
        asyncio.run(ask())


def test_a_candidate_at_a_clouds_address_and_a_tenant_without_one_are_refused():
    same = "http://127.0.0.1:1/v1"
    with pytest.raises(NotAlone, match="gpu is in the cloud, or shares its address"):
        narrowed(two_sided(same, same), "clinic")
    with pytest.raises(NotAlone, match="known: clinic, hospital"):
        narrowed(two_sided(same, "http://127.0.0.1:2/v1"), "nobody")


def test_requests_are_dealt_in_turns(tmp_path):
    prompts = chats(tmp_path, 10)
    parts = split(prompts)
    assert [len(part) for part in parts] == [3, 3, 2, 2]
    assert sorted(one.accept.id for part in parts for one in part) == sorted(
        one.accept.id for one in prompts
    )
