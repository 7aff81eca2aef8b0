"""Every upstream is asked before any traffic, against real servers: ready, or what is amiss."""

import asyncio
import ssl

import pytest
from builders import two_sided
from fakes import FakeUpstream, Mode
from model_server import ModelServer
from pki import Authority

from mirror import guard
from mirror.checks import State
from mirror.preflight import preflight
from policies.policy import Policy

SWAP = {"credential": {"mode": "swap", "env": "GPU_KEY"}}
ROUTES = [
    {"route": "chat"},
    {"route": "embed", "path": "/v1/embeddings"},
    {"route": "rerank", "path": "/*rerank"},
    {"route": "audio", "path": "/v1/audio/*"},
    {"route": "vision", "image": True},
]


def policy(cloud, gpu, *, routes=("chat",), tenants=None, **changes):
    upstreams = {
        "cloud": {"base_url": cloud, "location": "cloud", "models": ["big"]},
        "gpu": {"base_url": gpu, "location": "onprem", "models": ["own"]} | changes,
    }
    sides = {
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    rollouts = [{"tenant": "clinic", "route": route, **sides} for route in routes]
    more = {"tenants": tenants} if tenants else {}
    return two_sided(cloud, gpu, upstreams=upstreams, routes=ROUTES, rollouts=rollouts, **more)


def asked(gpu=None, cloud=None, *, environ=None, probe=True, **values):
    """The checks of both upstreams by (upstream, what), and the servers."""
    gpu, cloud = gpu or ModelServer(), cloud or ModelServer(models=("big",))

    async def case():
        async with gpu, cloud:
            found = await preflight(
                policy(cloud.base_url, gpu.base_url, **values), environ or {}, probe=probe
            )
            return {(check.upstream, check.what): check for check in found}

    return asyncio.run(case()), gpu, cloud


def test_two_servers_that_are_ready():
    gpu = ModelServer(pages={"/version": {"version": "0.11.0"}})
    found, gpu, _ = asked(gpu)
    assert {check.state for check in found.values()} <= {State.OK, State.SKIPPED}
    assert found["gpu", "model own"].state is State.OK
    assert found["gpu", "version"].found == "0.11.0"
    assert found["gpu", "chat/completions own"].found == "answers"
    assert found["cloud", "chat/completions big"].state is State.OK
    assert ("cloud", "version") not in found


def test_a_probe_costs_a_few_tokens_and_holds_no_word_of_a_tenant():
    _, gpu, _ = asked()
    assert len(gpu.asked) == 4  # plain, all fields at once, max_tokens, a stream
    for body in gpu.asked:
        assert body["messages"] == [{"role": "user", "content": "Say ok."}]
        assert body.get("max_completion_tokens", body.get("max_tokens")) == 16
    said = {name for one in gpu.seen for name in one.headers}
    assert not any(name.startswith("x-crossfade") for name in said)


def test_without_probes_nobody_is_asked_for_an_answer():
    found, gpu, cloud = asked(probe=False)
    assert found["gpu", "probe"].state is State.SKIPPED
    assert gpu.asked == cloud.asked == []


def test_fields_that_a_candidate_refuses_and_ignores_are_named():
    gpu = ModelServer(refuses=frozenset({"store", "seed"}), ignores=frozenset({"n"}))
    check = asked(gpu)[0]["gpu", "chat/completions own"]
    assert check.state is State.WARN
    assert check.found == "answers; refuses `seed`, `store`; ignores `n`"
    assert "{ drop: seed }" in check.advice and "upstreams.gpu.translate" in check.advice


def test_what_a_primary_refuses_is_as_it_was():
    cloud = ModelServer(models=("big",), refuses=frozenset({"logprobs"}))
    check = asked(cloud=cloud)[0]["cloud", "chat/completions big"]
    assert (check.state, check.advice) == (State.OK, "")
    assert "refuses `logprobs`" in check.found


def test_what_the_policy_knows_already_is_not_asked():
    gpu = ModelServer(refuses=frozenset({"store", "user", "n"}), ignores=frozenset({"n"}))
    rules = [{"drop": "store"}, {"drop": "user"}, {"refuse": "n", "unless": [1]}]
    found, gpu, _ = asked(gpu, translate=rules)
    check = found["gpu", "chat/completions own"]
    assert check.state is State.OK
    assert check.found == "answers; is not sent `user`, `store`; lacks `n`"
    assert not any({"store", "user", "n"} & body.keys() for body in gpu.asked)


def test_usage_that_copies_ask_for_and_do_not_get_is_told():
    gpu = ModelServer(ignores=frozenset({"stream_options"}))
    check = asked(gpu, include_usage="copies")[0]["gpu", "chat/completions own"]
    assert "ignores `stream_options.include_usage`" in check.found


def test_a_stream_without_an_end_fails():
    check = asked(ModelServer(cut_streams=True))[0]["gpu", "chat/completions own"]
    assert check.state is State.FAIL
    assert "its stream is no_terminal" in check.found


def test_every_route_of_a_rollout_has_its_own_call():
    found, gpu, _ = asked(routes=("embed", "rerank", "audio", "vision"))
    titles = {what for name, what in found if name == "gpu"}
    assert {
        "embeddings own",
        "rerank own",
        "/v2/rerank own",
        "audio/transcriptions own",
        "audio/translations own",
        "chat/completions with an image own",
    } <= titles
    assert {check.state for check in found.values()} <= {State.OK, State.SKIPPED}
    (form, _) = [one for one in gpu.seen if one.path.startswith("/v1/audio")]
    assert b'name="model"\r\n\r\nown\r\n' in form.body and b"RIFF" in form.body


def test_a_server_that_ignores_what_a_list_is_cut_to_is_found():
    gpu = ModelServer(ignores=frozenset({"dimensions", "top_n"}))
    found, _, _ = asked(gpu, routes=("embed", "rerank"))
    assert "ignores `dimensions`" in found["gpu", "embeddings own"].found
    assert "ignores `top_n`" in found["gpu", "rerank own"].found


def test_a_key_that_is_accepted_and_one_that_is_not():
    good, gpu, _ = asked(ModelServer(key="right"), environ={"GPU_KEY": "right"}, **SWAP)
    assert good["gpu", "key"].found == "GPU_KEY was accepted"
    bad, gpu, _ = asked(ModelServer(key="right"), environ={"GPU_KEY": "wrong"}, **SWAP)
    assert bad["gpu", "key"].state is State.FAIL
    assert bad["gpu", "key"].advice == "put a key that it knows into GPU_KEY"
    assert not any("wrong" in f"{check}" for check in bad.values())
    assert gpu.asked == [], "nobody is asked with a key that is not accepted"


def test_a_server_that_wants_a_key_where_the_policy_has_none():
    found, _, _ = asked(ModelServer(key="right"))
    assert found["gpu", "key"].state is State.FAIL
    assert "upstreams.gpu.credential" in found["gpu", "key"].advice


def test_pages_that_tell_a_version_are_sent_no_key():
    gpu = ModelServer(key="right", pages={"/version": {"version": "1"}})
    _, gpu, _ = asked(gpu, environ={"GPU_KEY": "right"}, **SWAP)
    (page,) = [one for one in gpu.seen if one.path == "/version"]
    assert "authorization" not in page.headers


def test_a_forwarded_key_cannot_be_tried():
    found, gpu, _ = asked(credential={"mode": "forward"})
    assert found["gpu", "key"].state is State.SKIPPED
    assert gpu.asked == []


def test_a_model_that_is_not_there_is_told_with_those_that_are():
    found, _, _ = asked(ModelServer(models=("owm", "other")))
    check = found["gpu", "model own"]
    assert check.state is State.FAIL
    assert check.found == "not on its list; did you mean `owm`? It has: `owm`, `other`"


@pytest.mark.parametrize(
    ("pages", "state", "found"),
    [
        ({"/api/version": {"version": "0.5.7"}}, State.OK, "0.5.7"),
        ({"/health/readiness": {"litellm_version": "1.80"}}, State.OK, "1.80"),
        ({"/version": ["no", "object"]}, State.SKIPPED, "it does not tell"),
        ({}, State.SKIPPED, "it does not tell"),
    ],
)
def test_where_servers_tell_their_version(pages, state, found):
    check = asked(ModelServer(pages=pages))[0]["gpu", "version"]
    assert (check.state, check.found) == (state, found)


def test_another_version_than_the_declared_one_fails():
    gpu = ModelServer(pages={"/version": {"version": "0.11.0"}})
    identity = {"identity": {"own": {"engine_version": "0.10.2"}}}
    check = asked(gpu, **identity)[0]["gpu", "version"]
    assert check.state is State.FAIL
    assert check.found == "0.11.0, and declared is 0.10.2"


FORBIDDEN = {"clinic": {"identify": {"header": "clinic"}, "cloud": "forbidden"}}


def test_a_cloud_that_no_tenant_permits_is_not_contacted():
    found, _, cloud = asked(tenants=FORBIDDEN)
    assert [what for name, what in found if name == "cloud"] == ["reach"]
    assert found["cloud", "reach"].state is State.SKIPPED
    assert cloud.accepts == 0


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (Mode.REFUSE, "nobody answered the connection"),
        (Mode.NOT_HTTP, "the connection broke"),
    ],
)
def test_a_server_that_is_not_there(mode, says):
    found, _, _ = asked(FakeUpstream(mode=mode))
    check = found["gpu", "reach"]
    assert check.state is State.FAIL and says in check.found and check.advice
    assert [what for name, what in found if name == "gpu"] == ["reach", "tls"]


def test_a_server_of_another_kind_gives_no_list():
    found, _, _ = asked(FakeUpstream(mode=Mode.GARBAGE))
    assert found["gpu", "models"].state is State.FAIL
    assert "/v1" in found["gpu", "models"].advice
    assert found["gpu", "chat/completions own"].state is State.FAIL


@pytest.fixture
def trusting(tmp_path, monkeypatch):
    """An authority that this machine trusts while the test runs."""
    authority = Authority(tmp_path, "clinic")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    guard._trust.cache_clear()
    yield authority
    guard._trust.cache_clear()


def speaking(written):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*written.pair)
    return context


def test_a_certificate_tells_until_when_it_is_valid(trusting, tmp_path):
    found, _, _ = asked(ModelServer(tls=speaking(trusting.server(tmp_path))))
    check = found["gpu", "tls"]
    assert check.state is State.WARN, "its last days have begun"
    assert check.found.startswith("valid for 2 days, until ")
    assert found["gpu", "chat/completions own"].state is State.OK


def test_an_expired_certificate_fails_and_says_so(trusting, tmp_path):
    server = ModelServer(tls=speaking(trusting.server(tmp_path, expired=True)))
    found, _, _ = asked(server)
    assert (found["gpu", "tls"].state, found["gpu", "tls"].found) == (
        State.FAIL,
        "certificate has expired",
    )
    assert "certificate has expired" in found["gpu", "reach"].found


def test_a_certificate_of_a_stranger_fails(trusting, tmp_path):
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "stranger")
    found, _, _ = asked(ModelServer(tls=speaking(stranger.server(tmp_path / "other"))))
    assert found["gpu", "tls"].state is State.FAIL
    assert found["gpu", "reach"].state is State.FAIL


def test_a_certificate_is_asked_of_declared_hosts_alone():
    asking = guard.certificate(("127.0.0.1", 9), frozenset({("127.0.0.1", 10)}))
    with pytest.raises(guard.EgressBlocked):
        asyncio.run(asking)


def test_the_policy_of_these_tests_is_one():
    assert isinstance(policy("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"), Policy)
