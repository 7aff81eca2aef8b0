"""Large bodies, held at each step of their way: small requests beside them are answered.

Nothing is timed. A gate keeps all uploads where they are, the small ones must come through
meanwhile, and only then the gate opens.
"""

import asyncio
import hashlib
import threading
from dataclasses import dataclass, field

import pytest
from fakes import FakeUpstream, Mode
from proxied import Recorded, proxied

from mirror import body as bodies
from mirror.body import IN_MEMORY_BYTES, Pieces, length_of
from mirror.proxy import body as reading
from mirror.proxy import engine, record, relay

UPLOADS, SMALL = 8, 20
LONG = b'{"model": "big", "messages": [{"role": "user", "content": "%s"}]}' % (
    b"x" * (25 << 20)
)
JSON = {"content-type": "application/json"}


@dataclass
class Gate:
    """Holds whoever comes, in a thread or in the loop, until it is opened."""

    reached: int = 0
    threads: threading.Event = field(default_factory=threading.Event)
    loop: asyncio.Event = field(default_factory=asyncio.Event)

    def wait(self):
        self.reached += 1
        self.threads.wait()

    async def hold(self):
        self.reached += 1
        await self.loop.wait()

    def open(self):
        self.threads.set()
        self.loop.set()


def at_reading(gate, patch):
    real = relay.read

    def read(row, view, kind):
        if len(view) > IN_MEMORY_BYTES:
            gate.wait()
        return real(row, view, kind)

    patch.setattr(relay, "read", read)


def at_sealing(gate, patch):
    real = Recorded.keep

    def keep(*of):
        gate.wait()
        return real(*of)

    patch.setattr(Recorded, "keep", keep)


def at_translating(gate, patch):
    real = engine.prepared

    def prepared(body, asking):
        if length_of(body) > IN_MEMORY_BYTES:
            gate.wait()
        return real(body, asking)

    patch.setattr(engine, "prepared", prepared)


def at_sending(gate, patch):
    real = Pieces.__call__

    async def sent(pieces):
        async for piece in real(pieces):
            yield piece
            await gate.hold()

    patch.setattr(Pieces, "__call__", sent)


async def uploaded(gate=None):
    yield LONG[: len(LONG) // 2]
    if gate is not None:
        await gate.hold()
    yield LONG[len(LONG) // 2 :]


def begun(proxy, gate):
    return asyncio.ensure_future(proxy.post(content=uploaded(gate), headers=JSON))


@pytest.mark.parametrize("held", [None, at_reading, at_sealing, at_translating, at_sending])
def test_small_requests_are_answered_beside_uploads_held_at_any_step(held, monkeypatch):
    async def case():
        gate = Gate()
        monkeypatch.setattr(record, "QUIET_S", 3600)
        async with (
            FakeUpstream() as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu) as proxy,
        ):
            if held is not None:
                held(gate, monkeypatch)
            uploads = [begun(proxy, None if held else gate) for _ in range(UPLOADS)]
            try:
                while not gate.reached:
                    await asyncio.sleep(0.01)
                for _ in range(SMALL):
                    assert (await proxy.post()).status_code == 200
                assert not any(upload.done() for upload in uploads)
            finally:
                gate.open()
            answers = await asyncio.gather(*uploads)
        assert [answer.status_code for answer in answers] == [200] * UPLOADS
        sent = [hashlib.sha256(one.body).digest() for one in cloud.seen if len(one.body) > 1000]
        assert sent == [hashlib.sha256(LONG).digest()] * UPLOADS

    asyncio.run(case())
    assert bodies.ROOM.inside == 0


def test_where_there_is_no_room_in_time_a_client_is_told_so(monkeypatch):
    async def case():
        gate = Gate()
        monkeypatch.setattr(reading, "CROWDED_S", 0.01)
        monkeypatch.setattr(bodies.ROOM, "most", 1)
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            at_reading(gate, monkeypatch)
            first = asyncio.ensure_future(proxy.post(content=uploaded(), headers=JSON))
            while not gate.reached:
                await asyncio.sleep(0.01)
            told = await proxy.post(content=uploaded(), headers=JSON)
            gate.open()
            assert (await first).status_code == 200
        assert (told.status_code, told.headers["retry-after"]) == (503, "5")
        assert told.json()["error"]["code"] == "too_many_large_requests"

    asyncio.run(case())


def test_a_long_body_is_translated_for_the_candidate_and_whole_again_for_the_primary():
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.ERROR) as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            await proxy.post(content=uploaded(), headers=JSON)
        assert gpu.seen[0].body == LONG.replace(b'"big"', b'"own"', 1)
        assert cloud.seen[0].body == LONG

    asyncio.run(case())
