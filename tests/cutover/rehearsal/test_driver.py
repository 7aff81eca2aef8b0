import asyncio
import itertools

from hypothesis import given
from hypothesis import strategies as st

from cutover.rehearsal.answers import Line
from cutover.rehearsal.driver import MOST_OPEN, Driver, Tally, an_app, sessions
from cutover.rehearsal.replay import Replay, by_prompt
from cutover.rehearsal.servers import serving

LINES = tuple(Line(str(n), "chat", f"{n}?", {"big": f"Answer {n}."}) for n in range(20))


def first(count, lines=LINES, seed="s", **more):
    return list(itertools.islice(sessions(lines, seed, **more), count))


@given(st.text(), st.integers(1, 20))
def test_every_pass_has_every_line_once(seed, count):
    lines = LINES[:count]
    held = first(3 * count, lines, seed)
    for turn in range(3):
        part = held[turn * count : (turn + 1) * count]
        assert sorted(s.line.id for s in part) == sorted(line.id for line in lines)
    assert [s.number for s in held] == list(range(1, 3 * count + 1))


def test_passes_are_shuffled_each_in_its_way_and_alike_for_a_seed():
    one, two = first(20), first(40)[20:]
    assert [s.line for s in one] != [s.line for s in two]
    assert first(40) == first(40)
    assert first(20) != first(20, seed="t")


def test_every_second_session_streams():
    assert [s.streaming for s in first(4)] == [False, True, False, True]


def test_sparing_repeats_lines_that_were_asked_and_keeps_the_others():
    spare = False
    plan = sessions(LINES, "s", spare=lambda: spare)
    begun = [next(plan).line for _ in range(5)]
    spare = True
    assert all(next(plan).line in begun for _ in range(50))
    spare = False
    rest = [next(plan).line for _ in range(15)]
    assert sorted(line.id for line in begun + rest) == sorted(line.id for line in LINES)


def driven(replay, *, count=30, settled=None, go_on=lambda: True):
    tally = Tally()
    most_open = 0

    def all_settled():
        nonlocal most_open
        most_open = max(most_open, tally.sent - tally.done)
        return tally.done

    async def scene():
        async with (
            serving(replay) as server,
            an_app(server.base_url.removesuffix("/v1"), "key") as app,
        ):
            driver = Driver(
                app=app,
                tenant="clinic-1",
                rate=1000.0,
                model_of=lambda line: "big",
                settled=settled or all_settled,
                go_on=go_on,
                tally=tally,
            )
            async with asyncio.timeout(30):
                await driver.run(itertools.islice(sessions(LINES, "s"), count))
            return server.seen

    return tally, asyncio.run(scene()), most_open


def test_sessions_reach_the_server_and_are_counted():
    tally, seen, most_open = driven(Replay({"big": "big"}, by_prompt(LINES)))
    assert (tally.sent, tally.answered, tally.client_errors) == (30, 30, 0)
    assert seen == {"clinic-1": 30}
    assert 1 < most_open <= MOST_OPEN


def test_errors_are_counted_and_the_last_is_kept():
    tally, _, _ = driven(Replay({"big": "big"}, by_prompt(LINES[:10])), count=20)
    assert (tally.answered, tally.client_errors) == (10, 10)
    assert "not recorded" in tally.last_error


def test_no_more_is_sent_than_may_be_open():
    asked_for_room = itertools.count()
    # Nothing is ever settled: the driver waits for room until it is told to stop.
    tally, seen, _ = driven(
        Replay({"big": "big"}, by_prompt(LINES)),
        settled=lambda: 0,
        go_on=lambda: next(asked_for_room) < 40,
    )
    assert tally.sent == MOST_OPEN
    assert seen == {"clinic-1": MOST_OPEN}


def test_an_address_where_nobody_answers_is_an_error_of_every_session():
    tally = Tally()

    async def scene():
        async with an_app("http://127.0.0.1:1", "key") as app:
            driver = Driver(
                app=app,
                tenant="clinic-1",
                rate=1000.0,
                model_of=lambda line: "big",
                settled=lambda: 0,
                go_on=lambda: True,
                tally=tally,
            )
            await driver.run(itertools.islice(sessions(LINES, "s"), 3))

    asyncio.run(scene())
    assert (tally.sent, tally.client_errors) == (3, 3)
    assert "APIConnectionError" in tally.last_error
