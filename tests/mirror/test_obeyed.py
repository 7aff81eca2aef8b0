"""Each proxy tells which table it obeys and since when, also where no request comes."""

import asyncio
import os

from mirror.obeyed import KEPT, LOOK_S, obeying, since_us, told
from mirror.publish import Watcher, write
from mirror.route_table import RouteTable


def publish(home, version):
    write(home.routes_file, RouteTable(version, 0))


async def comes(condition):
    for _ in range(2000):
        if found := condition():
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


def test_a_table_is_told_with_the_moment_it_was_seen(home):
    async def case():
        clock = iter(range(1000, 10_000)).__next__
        publish(home, 7)
        async with obeying(Watcher(home.routes_file), home.load, "proxy", clock):
            await comes(lambda: told(home.load).get("proxy"))
            publish(home, 9)
            course = await comes(lambda: len(told(home.load)["proxy"]) == 2 and told(home.load))
            assert course == {"proxy": {7: 1000, 9: 1001}}
            assert since_us(course["proxy"], 8) == 1001
            assert since_us(course["proxy"], 10) == 0
        assert told(home.load) == {}

    asyncio.run(case())


def test_the_last_versions_are_kept_and_no_more(home):
    async def case():
        watcher = Watcher(home.routes_file)
        async with obeying(watcher, home.load, "proxy"):
            for version in range(1, KEPT + 6):
                publish(home, version)
                await comes(lambda v=version: v in told(home.load).get("proxy", {}))

    asyncio.run(case())
    assert (home.load / "proxy.obeys").stat().st_size == KEPT * 16


def test_what_a_dead_process_told_is_not_told_by_the_next_of_its_name(home):
    (home.load / "proxy.obeys").write_bytes(b"\1" * 160)
    assert told(home.load) == {}

    async def case():
        publish(home, 3)
        async with obeying(Watcher(home.routes_file), home.load, "proxy"):
            course = await comes(lambda: told(home.load).get("proxy"))
            assert set(course) == {3}

    asyncio.run(case())


def test_two_processes_tell_each_their_own(home):
    async def case():
        publish(home, 3)
        one = obeying(Watcher(home.routes_file), home.load, "proxy-1", lambda: 1)
        two = obeying(Watcher(home.routes_file), home.load, "proxy-2", lambda: 2)
        async with one, two:
            found = await comes(lambda: len(told(home.load)) == 2 and told(home.load))
            assert found == {"proxy-1": {3: 1}, "proxy-2": {3: 2}}

    asyncio.run(case())


def test_a_folder_that_cannot_be_written_costs_the_telling_alone(home, tmp_path, caplog):
    async def case():
        async with obeying(Watcher(home.routes_file), tmp_path / "none", "proxy"):
            await asyncio.sleep(2 * LOOK_S)

    asyncio.run(case())
    assert "nobody is told which route table is obeyed" in caplog.text


def test_half_an_entry_is_none(home):
    async def case():
        publish(home, 3)
        async with obeying(Watcher(home.routes_file), home.load, "proxy"):
            await comes(lambda: told(home.load).get("proxy"))
            with (home.load / "proxy.obeys").open("r+b") as file:
                file.seek(0, os.SEEK_END)
                file.write(b"\1\2\3")
            assert set(told(home.load)["proxy"]) == {3}

    asyncio.run(case())
