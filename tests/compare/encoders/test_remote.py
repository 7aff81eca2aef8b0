import json
import socket

import numpy as np
import pytest
from builders import two_sided
from fakes import FakeUpstream, Mode, running

from compare import calibration
from compare.encoders import WeightsError, load
from compare.encoders.remote import EncoderAway, RemoteEncoder, vectors
from mirror.egress import CredentialMissing

NOWHERE = "http://127.0.0.1:9/v1"
SAID = ("Take it with food.", "Drink water.", "Rest.")


def a_policy(base_url, *, upstream="gpu", primary=NOWHERE, **spec):
    spec = {"kind": "http", "upstream": upstream, "model": "own", "languages": ["en"]} | spec
    return two_sided(primary, base_url, encoders=[spec])


def an_encoder(policy):
    return RemoteEncoder.of(policy.encoders[0], policy, {})


def test_vectors_come_from_the_server_in_batches_and_in_order():
    with running(FakeUpstream()) as (server,):
        encoder = an_encoder(a_policy(server.base_url, batch=2))
        found = encoder.encode(SAID)
        asked = [json.loads(one.body) for one in server.seen]
        alone = encoder.encode(SAID[2:])
    assert sorted(len(one["input"]) for one in asked) == [1, 2]
    assert {one["model"] for one in asked} == {"own"}
    assert {one.path for one in server.seen} == {"/v1/embeddings"}
    assert found.dtype == np.float32 and found.shape[0] == 3
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert found[2] == pytest.approx(alone[0])


def test_it_reads_what_the_policy_says_and_has_no_scale_until_it_is_measured():
    policy = a_policy("http://127.0.0.1:10/v1", languages=["ms", "zh", "mixed"])
    encoder = an_encoder(policy)
    assert encoder.languages == {"ms", "zh", ""}
    assert encoder.id == "own/http"
    assert calibration.scales(encoder.id, "chat") == {}
    (loaded,) = load(policy.encoders, policy)
    assert loaded.id == encoder.id


@pytest.mark.parametrize("upstream", ["cloud", "gpu", "unknown"])
def test_a_server_in_the_cloud_or_at_its_address_is_never_asked(upstream, monkeypatch):
    def opened(*_):
        raise AssertionError("a socket was opened or a name looked up")

    monkeypatch.setattr(socket.socket, "connect", opened)
    monkeypatch.setattr(socket, "getaddrinfo", opened)
    # The candidate is called on-prem, yet has the cloud's address.
    policy = a_policy(NOWHERE, upstream=upstream, primary=NOWHERE.replace("/v1", "/v2"))
    with pytest.raises(WeightsError, match=r"not on the premises.*location: onprem"):
        an_encoder(policy)


def test_it_can_reach_nothing_beside_its_upstream():
    encoder = an_encoder(a_policy("http://127.0.0.1:10/v1"))
    assert set(encoder._at.policy.upstreams) == {"gpu"}


def test_a_missing_key_is_told_before_anything_is_scored():
    policy = a_policy("http://127.0.0.1:10/v1")
    gpu = policy.upstreams["gpu"].model_dump(mode="json")
    gpu["credential"] = {"mode": "swap", "env": "GPU_KEY"}
    whole = policy.model_dump(mode="json")
    whole["upstreams"]["gpu"] = gpu
    keyed = type(policy).model_validate(whole)
    with pytest.raises(CredentialMissing, match="GPU_KEY"):
        an_encoder(keyed)


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (Mode.ERROR, "it answered 500"),
        (Mode.UNAVAILABLE, "it answered 503"),
        (Mode.GARBAGE, "not a vector for every sentence"),
        (Mode.NOT_HTTP, ""),
        (Mode.CUT, ""),
        (Mode.REFUSE, ""),
    ],
)
def test_a_server_that_gives_no_vectors_is_away(mode, says):
    with running(FakeUpstream(mode=mode)) as (server,), pytest.raises(EncoderAway) as away:
        an_encoder(a_policy(server.base_url)).encode(SAID)
    assert says in str(away.value) and str(away.value)
    assert "food" not in str(away.value)  # no word of an answer


def test_a_server_that_never_answers_is_away_within_its_time():
    late = pytest.raises(EncoderAway, match=r"within 0\.2 s")
    with running(FakeUpstream(mode=Mode.HANG)) as (server,), late:
        an_encoder(a_policy(server.base_url, timeout_s=0.2)).encode(SAID)


def answer(*rows):
    return json.dumps({"data": [{"index": at, "embedding": row} for at, row in rows]}).encode()


def test_vectors_are_put_in_the_order_of_their_indexes():
    found = vectors(answer((1, [0, 2]), (0, [3, 4])), 2)
    assert found == pytest.approx(np.array([[0.6, 0.8], [0, 1]]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"data": null}',
        b'{"data": [1, 2]}',
        answer((0, [1, 2])),
        answer((0, [1, 2]), (0, [1, 2])),
        answer((0, [1, 2]), (1, [1, 2]), (2, [1, 2])),
        answer((0, [1, 2]), (1, [1, 2, 3])),
        answer((0, [1, 2]), (1, [0, 0])),
        answer((0, [1, 2]), (1, [float("nan"), 1])),
        answer((0, [1, 2]), (1, [float("inf"), 1])),
        answer((0, [1, 2]), (1, ["a", "b"])),
        answer((0, 1.0), (1, 2.0)),
        answer((0, [[1]]), (1, [[1]])),
        answer((0, []), (1, [])),
    ],
)
def test_an_answer_that_lacks_a_sound_vector_is_none(body):
    with pytest.raises(EncoderAway):
        vectors(body, 2)
