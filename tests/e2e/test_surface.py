"""The OpenAI SDK behaves through the proxy as it does direct, at every endpoint that it has."""

import asyncio
import contextlib
import io
import threading
from operator import attrgetter

import openai
import pytest
from fakes import FakeUpstream, Mode, running
from proxied import Recorded, proxied

from mirror.exchange import End, Outcome, Side

# The SDK calls translations and some models deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TENANT = {"x-crossfade-tenant": "clinic"}
SAID = [{"role": "user", "content": "How do I take metformin 500 mg?"}]
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "dose", "schema": {"type": "object"}}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
SOUND = b"RIFF" + bytes(range(256)) * 800


def sound():
    return ("visit.wav", io.BytesIO(SOUND), "audio/wav")


# What is called, with what, and where the ledger must put it: None for what passes by.
CALLS = {
    "chat": ("chat.completions.create", {"model": "big", "messages": SAID}, Outcome.PENDING),
    "chat with tools": (
        "chat.completions.create",
        {"model": "big", "messages": SAID, "tools": [TOOL]},
        Outcome.PENDING,
    ),
    "chat with a schema": (
        "chat.completions.create",
        {"model": "big", "messages": SAID, "response_format": SCHEMA},
        Outcome.PENDING,
    ),
    "chat with an image": (
        "chat.completions.create",
        {"model": "big", "messages": [{"role": "user", "content": [IMAGE]}]},
        Outcome.PENDING,
    ),
    "chat that is stored": (
        "chat.completions.create",
        {"model": "big", "messages": SAID, "store": True},
        Outcome.EXCLUDED,
    ),
    "completion": ("completions.create", {"model": "big", "prompt": "Dose:"}, Outcome.PENDING),
    "response": (
        "responses.create",
        {"model": "big", "input": "Dose?", "store": False},
        Outcome.PENDING,
    ),
    "response that is stored": (
        "responses.create",
        {"model": "big", "input": "Dose?"},
        Outcome.EXCLUDED,
    ),
    "response that continues": (
        "responses.create",
        {"model": "big", "input": "And?", "previous_response_id": "resp_0", "store": False},
        Outcome.EXCLUDED,
    ),
    "embeddings": (
        "embeddings.create",
        {"model": "big", "input": ["metformin", "aspirin"]},
        Outcome.PENDING,
    ),
    "transcription": (
        "audio.transcriptions.create",
        {"model": "big", "file": sound},
        Outcome.PENDING,
    ),
    "transcription as text": (
        "audio.transcriptions.create",
        {"model": "big", "file": sound, "response_format": "text"},
        Outcome.PENDING,
    ),
    "transcription as subtitles": (
        "audio.transcriptions.create",
        {"model": "big", "file": sound, "response_format": "vtt"},
        Outcome.PENDING,
    ),
    "transcription in detail": (
        "audio.transcriptions.create",
        {
            "model": "big",
            "file": sound,
            "response_format": "verbose_json",
            "timestamp_granularities": ["word", "segment"],
        },
        Outcome.PENDING,
    ),
    "translation": (
        "audio.translations.create",
        {"model": "big", "file": sound},
        Outcome.PENDING,
    ),
    "speech": ("audio.speech.create", {"model": "big", "voice": "alloy", "input": "hi"}, None),
    "moderation": ("moderations.create", {"model": "big", "input": "hi"}, None),
    "models": ("models.list", {}, None),
    "files": ("files.list", {}, None),
}
STREAMS = {
    name: CALLS[name]
    for name in ("chat", "chat with tools", "completion", "response", "transcription")
}
EVERY_ROUTE = ("chat", "vision", "audio", "embed", "rerank")
ROLLOUTS = [
    {
        "tenant": "clinic",
        "route": route,
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    for route in EVERY_ROUTE
]


@contextlib.contextmanager
def serving(cloud, gpu, **values):
    """A proxy in a thread of its own, as `proxied` runs one, for clients that block."""
    ready, stop, found, trouble = threading.Event(), [], [], []

    async def run():
        done = asyncio.Event()
        stop.append((asyncio.get_running_loop(), done))
        async with proxied(cloud, gpu, **values) as proxy:
            found.append(proxy)
            ready.set()
            await done.wait()

    def work():
        try:
            asyncio.run(run())
        except BaseException as error:
            trouble.append(error)
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait(30)
    assert not trouble, trouble
    try:
        yield found[0]
    finally:
        loop, done = stop[0]
        loop.call_soon_threadsafe(done.set)
        thread.join(30)


@pytest.fixture(scope="module")
def upstreams():
    with running(FakeUpstream(text="Take one tablet."), FakeUpstream(text="Ours.")) as both:
        yield both


@pytest.fixture(scope="module", params=["direct", "front"])
def proxy(request, upstreams):
    with serving(*upstreams, via=request.param, rollouts=ROLLOUTS) as proxy:
        yield proxy


HTTP = {
    openai.OpenAI: openai.DefaultHttpxClient,
    openai.AsyncOpenAI: openai.DefaultAsyncHttpxClient,
}


def client(base_url, kind=openai.OpenAI, **values):
    http = HTTP[kind](
        verify=False
    )  # nothing here is encrypted, and certificates are slow to load
    values |= {"api_key": "k", "default_headers": TENANT, "max_retries": 0, "http_client": http}
    return kind(base_url=base_url, **values)


def given(arguments):
    return {key: value() if callable(value) else value for key, value in arguments.items()}


def raw(of, name, arguments):
    """The bytes of an answer, without the SDK's reading of them."""
    resource, _, method = name.rpartition(".")
    found = getattr(attrgetter(resource)(of).with_raw_response, method)(**given(arguments))
    return found.http_response.read()


def shown(answer):
    """An answer as the SDK gives it, as plain values."""
    if isinstance(answer, str):
        return answer
    return answer.read() if hasattr(answer, "read") else answer.model_dump(mode="json")


def settled(proxy, outcome, before):
    """The ledger's place for the call that was made last."""
    accepts = proxy.recorded.accepts[before:]
    assert [accept.outcome for accept in accepts] == ([outcome] if outcome else [])


@pytest.mark.parametrize("call", CALLS)
def test_the_sync_client_gets_the_same_objects_and_the_same_bytes(proxy, upstreams, call):
    name, arguments, outcome = CALLS[call]
    primary, candidate = upstreams
    with client(primary.base_url) as direct, client(proxy.base_url) as through:
        before = len(proxy.recorded.accepts)
        expected = shown(attrgetter(name)(direct)(**given(arguments)))
        assert shown(attrgetter(name)(through)(**given(arguments))) == expected
        settled(proxy, outcome, before)
        assert raw(through, name, arguments) == raw(direct, name, arguments)
    assert candidate.seen == []


@pytest.mark.parametrize("call", STREAMS)
def test_the_sync_client_gets_the_same_stream(proxy, upstreams, call):
    name, arguments, _ = STREAMS[call]
    with client(upstreams[0].base_url) as direct, client(proxy.base_url) as through:
        expected = [shown(e) for e in attrgetter(name)(direct)(stream=True, **given(arguments))]
        found = [shown(e) for e in attrgetter(name)(through)(stream=True, **given(arguments))]
        assert found == expected and len(found) > 2
        arguments = arguments | {"stream": True}
        assert raw(through, name, arguments) == raw(direct, name, arguments)


@pytest.mark.parametrize("call", CALLS)
def test_the_async_client_gets_the_same_objects(proxy, upstreams, call):
    name, arguments, _ = CALLS[call]

    async def ask(base_url):
        async with client(base_url, openai.AsyncOpenAI) as asking:
            answer = await attrgetter(name)(asking)(**given(arguments))
            return await answer.aread() if hasattr(answer, "aread") else shown(answer)

    assert asyncio.run(ask(proxy.base_url)) == asyncio.run(ask(upstreams[0].base_url))


@pytest.mark.parametrize("call", STREAMS)
def test_the_async_client_gets_the_same_stream(proxy, upstreams, call):
    name, arguments, _ = STREAMS[call]

    async def ask(base_url):
        async with client(base_url, openai.AsyncOpenAI) as asking:
            stream = await attrgetter(name)(asking)(stream=True, **given(arguments))
            return [shown(event) async for event in stream]

    assert asyncio.run(ask(proxy.base_url)) == asyncio.run(ask(upstreams[0].base_url))


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/rerank", {"model": "big", "query": "dose", "documents": ["a", "b"]}),
        ("/v1/rerank", {"model": "big", "query": "dose", "documents": ["a", "b"]}),
        ("/v2/rerank", {"model": "big", "query": "dose", "documents": ["a", "b"]}),
        ("/score", {"model": "big", "text_1": "a", "text_2": "b"}),
        ("/v1/score", {"model": "big", "text_1": "a", "text_2": "b"}),
    ],
)
def test_vllms_calls_reach_the_path_they_name(proxy, upstreams, path, asked):
    root = proxy.base_url.removesuffix("/v1")
    with client(root) as through, client(upstreams[0].base_url.removesuffix("/v1")) as direct:
        before = len(proxy.recorded.accepts)
        found = through.post(path, cast_to=object, body=asked)
        settled(proxy, Outcome.PENDING, before)
        assert found == direct.post(path, cast_to=object, body=asked)
    assert upstreams[0].seen[-1].path == upstreams[0].seen[-2].path == path


def test_an_uploads_bytes_reach_the_primary_unchanged(proxy, upstreams):
    large = bytes(range(256)) * 12_000  # spooled to a file on its way
    with client(proxy.base_url) as through:
        file = ("a.wav", io.BytesIO(large), "audio/wav")
        through.audio.transcriptions.create(model="big", file=file)
    seen = upstreams[0].seen[-1]
    assert large in seen.body
    (accept,) = proxy.recorded.accepts[-1:]
    assert accept.large.length == len(seen.body)
    assert proxy.recorded.bodies[accept.id, "request"] == seen.body


def test_a_timeout_of_the_clients_is_a_timeout(proxy, upstreams):
    upstreams[0].mode = Mode.HANG
    try:
        with (
            client(proxy.base_url, timeout=0.5) as through,
            pytest.raises(openai.APITimeoutError),
        ):
            through.chat.completions.create(model="big", messages=SAID)
    finally:
        upstreams[0].mode = Mode.OK


@pytest.mark.parametrize(
    ("mode", "error"),
    [(Mode.ERROR, openai.InternalServerError), (Mode.LIMITED, openai.RateLimitError)],
)
def test_an_error_of_the_primarys_is_the_same_error(proxy, upstreams, mode, error):
    upstreams[0].mode = mode
    try:
        told = []
        for base_url in (proxy.base_url, upstreams[0].base_url):
            with client(base_url) as asking, pytest.raises(error) as raised:
                asking.embeddings.create(model="big", input="x")
            told.append((raised.value.message, raised.value.body))
        assert told[0] == told[1]
    finally:
        upstreams[0].mode = Mode.OK


def test_leaving_a_stream_cancels_it_upstream():
    upstream = FakeUpstream(text="one two three", pace_s=0.05)
    with running(upstream, FakeUpstream()) as both, serving(*both) as proxy:
        with client(proxy.base_url) as through:
            stream = through.chat.completions.create(model="big", messages=SAID, stream=True)
            next(iter(stream))
            stream.close()
        pause = threading.Event()
        for _ in range(1000):
            if upstream.aborts and proxy.recorded.replies:
                break
            pause.wait(0.02)
    assert upstream.aborts == 1
    assert proxy.recorded.replies[0].end is End.CLIENT_ABORT


LIVE = [name for name, (_, _, outcome) in CALLS.items() if outcome is Outcome.PENDING]


@pytest.fixture(scope="module")
def live(upstreams):
    with serving(*upstreams, stage="live", rollouts=ROLLOUTS) as proxy:
        yield proxy


@pytest.mark.parametrize("call", LIVE)
def test_in_live_every_mirrored_call_is_the_candidates(live, upstreams, call):
    name, arguments, _ = CALLS[call]
    upstreams[1].seen.clear()
    with client(live.base_url) as through:
        attrgetter(name)(through)(**given(arguments))
    (seen,) = upstreams[1].seen
    assert b"own" in seen.body and b"big" not in seen.body
    assert live.recorded.accepts[-1].serving is Side.CANDIDATE


@pytest.mark.parametrize("call", [call for call in LIVE if call != "embeddings"])
def test_a_candidate_that_cannot_answer_is_never_noticed_at_any_endpoint(upstreams, call):
    name, arguments, _ = CALLS[call]
    gpu = FakeUpstream(mode=Mode.GARBAGE)
    with (
        running(gpu) as (gpu,),
        serving(upstreams[0], gpu, stage="live", rollouts=ROLLOUTS) as proxy,
        client(proxy.base_url) as through,
        client(upstreams[0].base_url) as direct,
    ):
        assert raw(through, name, arguments) == raw(direct, name, arguments)
    (tried,) = proxy.recorded.replies[0].failed_over
    assert tried.end is End.MALFORMED


def test_embeddings_of_the_primary_never_stand_in_for_a_live_candidates(upstreams):
    # Its index is the candidate's: a vector of the other model would find the wrong neighbours.
    name, arguments, _ = CALLS["embeddings"]
    gpu = FakeUpstream(mode=Mode.GARBAGE)
    upstreams[0].seen.clear()
    with (
        running(gpu) as (gpu,),
        serving(upstreams[0], gpu, stage="live", rollouts=ROLLOUTS) as proxy,
        client(proxy.base_url) as through,
    ):
        assert raw(through, name, arguments) == b"<html>not JSON</html>"
    assert proxy.recorded.replies[0].failed_over == () and upstreams[0].seen == []


@pytest.mark.parametrize("call", STREAMS)
def test_a_candidates_stream_that_breaks_off_is_told_in_its_dialect(upstreams, call):
    name, arguments, _ = STREAMS[call]
    gpu = FakeUpstream(mode=Mode.CUT, text="one two three four five six")
    with (
        running(gpu) as (gpu,),
        serving(
            upstreams[0], gpu, stage="live", rollouts=ROLLOUTS, recorded=Recorded()
        ) as proxy,
        client(proxy.base_url) as through,
    ):
        events = []
        with pytest.raises(openai.APIError):
            for event in attrgetter(name)(through)(stream=True, **given(arguments)):
                events.append(event)
                assert getattr(event, "type", "") != "error" or call == "response"
                if getattr(event, "type", "") == "error":
                    raise openai.APIError(event.message, None, body=None)
    assert events
