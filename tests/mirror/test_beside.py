"""Work beside a block."""

import asyncio

from mirror.beside import beside


def test_it_goes_on_while_the_block_lasts_and_has_ended_behind_it():
    seen = []

    async def work():
        seen.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("ended")

    async def case():
        async with beside(work()):
            await asyncio.sleep(0)
            assert seen == ["begun"]
        assert seen == ["begun", "ended"]

    asyncio.run(case())
