"""The probe corpus of a tenant: sampled from what is kept, embedded by both sides, and recorded."""

import asyncio
import json
import math

import endpoints
import numpy as np
import pytest
from builders import accepted, two_sided
from endpoints import Whole
from fakes import FakeUpstream, Mode

from compare import corpus
from compare.corpus import ProbeFault, probe, record, sampled
from mirror.egress import Egress
from mirror.journal import events, exchanges
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from policies.routes import Route

TEXTS = [f"note {number}" for number in range(120)]
TURN, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(16, 16)))


def seen(text, offset=0):
    return np.random.default_rng(int(text.split()[1]) + offset).normal(size=16)


VECTORS = {"big": seen, "own": lambda text: seen(text) @ TURN}
"""What each fake model makes of a text; the candidate sees the same in a space of its own."""


@pytest.fixture
def models(monkeypatch):
    def answer(asked, text, model):
        data = [
            {"index": at, "embedding": VECTORS[model](one).tolist()}
            for at, one in enumerate(asked["input"])
        ]
        return Whole(json.dumps({"data": data, "model": model}).encode(), "application/json")

    monkeypatch.setitem(endpoints._WHOLE, "embeddings", answer)


def probed(texts=TEXTS, tenant="clinic", model="own", candidate=None):
    cloud, gpu = FakeUpstream(), candidate or FakeUpstream(model=model)

    async def case():
        async with cloud, gpu:
            policy = two_sided(cloud.base_url, gpu.base_url)
            rollout = policy.rollout_of(tenant, "chat").model_copy(
                update={"route": Route.EMBED}
            )
            async with Egress(policy) as egress:
                return await probe(policy, rollout, texts, egress, 1)

    try:
        return asyncio.run(case()), cloud.seen, gpu.seen
    except ProbeFault as fault:
        return str(fault), cloud.seen, gpu.seen


def test_a_candidate_that_sees_the_same_neighbours_is_close(models):
    found, cloud, gpu = probed()
    assert (found.documents, found.queries, found.says) == (108, 12, "close")
    assert found.score == pytest.approx(1) and found.noise == pytest.approx(1)
    assert {one.path for one in (*cloud, *gpu)} == {"/v1/embeddings"}
    assert [one.json["model"] for one in gpu] == ["own"] * len(gpu)
    assert len(cloud) > len(gpu)  # the primary is asked twice


def test_a_candidate_that_sees_others_is_broken(models, monkeypatch):
    monkeypatch.setitem(VECTORS, "own", lambda text: seen(text, 10_000))
    found, _, _ = probed()
    assert found.says == "BROKEN" and found.score < 0.2


def test_too_few_texts_are_no_corpus(models):
    said, cloud, gpu = probed(TEXTS[:40])
    assert "40 texts of clinic are kept, and 56 are needed" in said
    assert not cloud and not gpu


def test_a_tenant_that_may_not_is_never_asked_for_in_the_cloud(models):
    said, cloud, _ = probed(tenant="hospital")
    assert said.startswith("cloud gave no embeddings: blocked") and not cloud


@pytest.mark.parametrize("mode", [Mode.REFUSE, Mode.ERROR, Mode.GARBAGE, Mode.CUT])
def test_a_side_that_gives_no_vectors_is_named(models, mode):
    said, _, _ = probed(candidate=FakeUpstream(mode=mode, model="own"))
    assert said.startswith("gpu gave no embeddings: ")


def test_vectors_that_are_not_whole_are_no_corpus(monkeypatch):
    data = {"data": [{"index": 0, "embedding": [1.0, 2.0]}]}
    answer = Whole(json.dumps(data).encode(), "application/json")
    monkeypatch.setitem(endpoints._WHOLE, "embeddings", lambda asked, text, model: answer)
    assert probed()[0] == "cloud gave no vector for each text"


def test_numbers_that_are_none_are_no_corpus(monkeypatch):
    def answer(asked, text, model):
        data = [{"index": at, "embedding": [None, 1]} for at in range(len(asked["input"]))]
        return Whole(json.dumps({"data": data}).encode(), "application/json")

    monkeypatch.setitem(endpoints._WHOLE, "embeddings", answer)
    assert probed()[0] == "cloud gave vectors with NaN or infinite numbers"


def keep(conn, sealer, number, body, **values):
    given = {"route": "embed", "path": "/v1/embeddings", "accepted_us": number} | values
    exchanges.record_accept(
        conn, accepted(number, body=json.dumps(body).encode(), **given), sealer
    )


@pytest.fixture
def store(home):
    store = Store.open(home.store_url)
    yield store
    store.close()


def test_the_corpus_is_the_tenant_s_own_newest_texts_each_once(store, home, monkeypatch):
    monkeypatch.setattr(corpus, "MOST_TEXTS", 4)
    sealer = Sealer.open(home)
    with store.write() as conn:
        keep(conn, sealer, 1, {"input": ["old", "older"]})
        keep(conn, sealer, 2, {"input": ["one", "two", "one"]})
        keep(conn, sealer, 3, {"input": "three"})
        keep(conn, sealer, 4, {"input": [[1, 2], [3]]})
        keep(conn, sealer, 5, ["no", "request"])
        keep(conn, sealer, 6, {"input": "another clinic's"}, tenant="other")
        keep(conn, sealer, 7, {"input": "a question"}, route="chat")
    with store.read() as conn:
        assert sampled(conn, sealer, "clinic") == ["three", "one", "two", "old"]


def test_what_was_found_is_an_event_without_a_word_of_the_texts(store, models):
    found, _, _ = probed()
    policy = two_sided("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    rollout = policy.rollout_of("clinic", "chat").model_copy(update={"route": Route.EMBED})
    with store.write() as conn:
        record(conn, rollout, found, {"kind": "human", "name": "os:root"}, 5)
        [told] = events.read(conn, "clinic", limit=10)
    body = json.loads(told.body)
    assert (body["type"], body["object"]["id"]) == ("embeddings.probed", "clinic/embed")
    assert (body["details"]["says"], body["details"]["score"]) == ("close", "1.0000")
    assert "note" not in told.body and not math.isnan(float(body["details"]["cka"]))
