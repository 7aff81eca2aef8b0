"""An unmodified OpenAI client works with only `base_url` changed, and gets the primary's bytes."""

import asyncio

import httpx
import openai
import pytest
from deployed import deployed, policy_text
from fakes import FakeUpstream, running

TENANT = {"x-crossfade-tenant": "klinik-a"}
MESSAGES = [{"role": "user", "content": "How do I take metformin 500 mg?"}]


@pytest.fixture(scope="module")
def primary():
    return FakeUpstream(text="Take one tablet of 500 mg twice a day with food.", pace_s=0.01)


@pytest.fixture(scope="module")
def box(primary, tmp_path_factory):
    candidate = FakeUpstream(text="One 500 mg tablet two times daily, with a meal.")
    with (
        running(primary, candidate),
        deployed(
            tmp_path_factory.mktemp("clients"),
            policy_text(primary.base_url, candidate.base_url),
        ) as box,
    ):
        yield box


def test_the_sync_client_gets_a_plain_answer(box, primary):
    with openai.OpenAI(base_url=box.base_url, api_key="k", default_headers=TENANT) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert answer.choices[0].message.content == primary.text


def test_the_sync_client_gets_a_stream(box, primary):
    with (
        openai.OpenAI(base_url=box.base_url, api_key="k", default_headers=TENANT) as client,
        client.chat.completions.create(
            model="gpt-4o", messages=MESSAGES, stream=True
        ) as stream,
    ):
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text == primary.text


def test_the_async_client_gets_both(box, primary):
    async def ask():
        async with openai.AsyncOpenAI(
            base_url=box.base_url, api_key="k", default_headers=TENANT
        ) as client:
            plain = await client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
            stream = await client.chat.completions.create(
                model="gpt-4o", messages=MESSAGES, stream=True
            )
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
        return plain.choices[0].message.content, "".join(pieces)

    assert asyncio.run(ask()) == (primary.text, primary.text)


@pytest.mark.parametrize("stream", [False, True])
def test_the_answers_bytes_equal_the_primarys(box, primary, stream):
    body = {"model": "gpt-4o", "messages": MESSAGES, "stream": stream}
    with httpx.Client(trust_env=False, headers=TENANT) as client:
        direct = client.post(f"{primary.base_url}/chat/completions", json=body)
        through = client.post(f"{box.base_url}/chat/completions", json=body)
    assert through.content == direct.content
    assert through.status_code == direct.status_code
    assert through.headers["content-type"] == direct.headers["content-type"]
    assert through.headers["x-crossfade-exchange"]


def test_every_exchange_of_this_file_is_compared(box):
    before = box.ledger()
    ledger = box.settled(before.seen if before else 1)
    assert ledger.compared == ledger.seen
