"""The direct listener's connections: who is let in, and when a connection is given up."""

import asyncio

from clocks import Clock, until
from fakes import FakeUpstream, Mode
from proxied import proxied
from rawhttp import exchanged, request


def run(case):
    asyncio.run(asyncio.wait_for(case(), 30))


FEW = {"limits": {"connections_per_address": 1}, "trusted_peers": ["10.0.0.1"]}
UNKNOWN = request()  # nobody is believed to be a tenant: 403


def test_an_address_with_too_many_connections_is_told():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, **FEW) as proxy:
            _, held = await asyncio.open_connection(*proxy.address)
            found, _ = await exchanged(proxy.address, UNKNOWN, 1)
            assert found == [429]
            held.close()
            await held.wait_closed()
            while (await exchanged(proxy.address, UNKNOWN, 1))[0] == [429]:
                await asyncio.sleep(0.01)  # until the end of the held one was seen
            assert (await exchanged(proxy.address, UNKNOWN, 1))[0] in ([403], [429])

    run(case)


def test_peers_that_speak_for_many_are_not_counted():
    async def case():
        few = {"limits": {"connections_per_address": 1}}
        async with FakeUpstream() as cloud, proxied(cloud, cloud, **few) as proxy:
            _, held = await asyncio.open_connection(*proxy.address)
            assert (await exchanged(proxy.address, request(), 1))[0] == [200]
            held.close()

    run(case)


def test_an_answer_that_takes_longer_than_a_head_may_is_not_cut():
    async def case():
        clock, slow = Clock(), FakeUpstream(mode=Mode.SLOW, gate=asyncio.Event())
        async with slow as cloud, proxied(cloud, cloud, limits={"head_s": 3600}) as proxy:
            asking = asyncio.ensure_future(exchanged(proxy.address, request(), 1))
            await until(lambda: cloud.seen)
            assert clock.set_timers
            clock.move(3600)
            cloud.gate.set()
            assert (await asking)[0] == [200]

    run(case)
