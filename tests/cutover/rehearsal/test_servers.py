import asyncio
import socket

import httpx
import openai
import pytest

from cutover.rehearsal.answers import Line
from cutover.rehearsal.driver import an_app
from cutover.rehearsal.replay import Replay, by_prompt
from cutover.rehearsal.servers import listening, serving

TEXT = "Minum banyak air.\nRehat, dan kembali jika demam melebihi 39 °C. 多喝水。"
LINES = by_prompt(
    (
        Line("1", "chat", "demam?", {"big": TEXT, "again": "Rehat."}),
        Line("2", "chat", "empty?", {"big": "", "again": "x"}),
    )
)
REPLAY = Replay({"big": "big"}, LINES, reask="again")


def talking_to(replay, talk):
    async def scene():
        async with (
            serving(replay) as server,
            an_app(server.base_url.removesuffix("/v1"), "key") as app,
        ):
            return await talk(app, server)

    return asyncio.run(scene())


async def answer(app, prompt="demam?", **more):
    return await app.chat.completions.create(
        model="big", messages=[{"role": "user", "content": prompt}], **more
    )


@pytest.mark.parametrize(("prompt", "text"), [("demam?", TEXT), ("empty?", "")])
def test_the_client_reads_a_whole_answer(prompt, text):
    async def talk(app, server):
        found = await answer(app, prompt)
        assert found.choices[0].message.content == text
        assert found.choices[0].finish_reason == "stop"
        assert found.usage.completion_tokens == len(text.split())

    talking_to(REPLAY, talk)


@pytest.mark.parametrize(("prompt", "text"), [("demam?", TEXT), ("empty?", "")])
def test_the_client_reads_a_streamed_answer_with_its_usage(prompt, text):
    async def talk(app, server):
        stream = await answer(app, prompt, stream=True, stream_options={"include_usage": True})
        seen = [chunk async for chunk in stream]
        said = "".join(c.choices[0].delta.content or "" for c in seen if c.choices)
        assert said == text
        assert seen[-1].usage.completion_tokens == len(text.split())
        assert [c.choices[0].finish_reason for c in seen if c.choices][-1] == "stop"

    talking_to(REPLAY, talk)


def test_a_session_asked_again_gets_the_noise_models_answer():
    async def talk(app, server):
        one = {"rehearsal_tenant": "clinic-1", "rehearsal_session": "1"}
        two = {"rehearsal_tenant": "clinic-1", "rehearsal_session": "2"}
        said = [await answer(app, metadata=session) for session in (one, one, two)]
        texts = [found.choices[0].message.content for found in said]
        assert texts == [TEXT, "Rehat.", TEXT]

    talking_to(REPLAY, talk)


def test_requests_are_counted_by_tenant():
    async def talk(app, server):
        await answer(app, metadata={"rehearsal_tenant": "clinic-1", "rehearsal_session": "1"})
        assert server.seen == {"clinic-1": 1}

    talking_to(REPLAY, talk)


def test_models_are_listed():
    async def talk(app, server):
        assert [model.id async for model in app.models.list()] == ["big"]

    talking_to(REPLAY, talk)


@pytest.mark.parametrize(("model", "prompt"), [("small", "demam?"), ("big", "sakit?")])
def test_what_was_not_recorded_is_refused(model, prompt):
    async def talk(app, server):
        with pytest.raises(openai.NotFoundError, match=r"recorded|known: big"):
            await app.chat.completions.create(
                model=model, messages=[{"role": "user", "content": prompt}]
            )

    talking_to(REPLAY, talk)


def test_a_body_that_is_no_json_is_refused():
    async def talk(app, server):
        async with httpx.AsyncClient(trust_env=False) as web:
            reply = await web.post(f"{server.base_url}/chat/completions", content=b"{")
        assert reply.status_code == 400
        assert reply.json()["error"]["param"] == "body"

    talking_to(REPLAY, talk)


def test_the_listener_counts_who_connects():
    async def scene():
        async with listening() as listener:
            assert listener.connections == 0
            address = httpx.URL(listener.base_url)
            _, writer = await asyncio.open_connection(address.host, address.port)
            writer.close()
            async with asyncio.timeout(5):
                while not listener.connections:
                    await asyncio.sleep(0)
        with pytest.raises(OSError), socket.socket() as late:
            late.connect((address.host, address.port))

    asyncio.run(scene())
