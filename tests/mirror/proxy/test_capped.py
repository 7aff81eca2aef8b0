import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from clocks import until
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mirror.board import SharedBoard
from mirror.capacity import Load, Rank
from mirror.egress import Incoming, OutRequest
from mirror.faults import AtCapacity
from mirror.proxy.capped import Capped, Line, Lines
from mirror.proxy.metrics import Metrics
from mirror.slots import Slots
from policies.capacity import Capacity

PEOPLE, BATCH, COPY = Rank
LONG = 60


def run(case):
    return asyncio.run(asyncio.wait_for(case(), 30))


def line(board=None, **capacity):
    return Line(Slots({"gpu": Capacity(**capacity)}, *([board] if board else [])), "gpu")


async def settled():
    for _ in range(5):
        await asyncio.sleep(0)


def test_people_go_first_then_batch_each_in_the_order_they_came():
    async def case():
        waits, order = line(in_flight=1), []

        async def one(name, rank):
            await waits.enter(rank, LONG)
            order.append(name)

        await waits.enter(PEOPLE, LONG)
        names = ["b1", "p1", "b2", "p2"]
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(one(name, BATCH if name[0] == "b" else PEOPLE))
                await settled()
            assert waits.slots.load("gpu") == Load((1, 0, 0), (2, 2))
            for _, rank in zip(names, (PEOPLE, PEOPLE, PEOPLE, BATCH), strict=True):
                waits.leave(rank)
                await settled()
        waits.leave(BATCH)
        assert order == ["p1", "p2", "b1", "b2"]
        assert waits.slots.load("gpu") == Load()

    run(case)


def test_who_finds_no_place_in_time_is_told_so_and_counted():
    async def case():
        waits = line(in_flight=1)
        await waits.enter(PEOPLE, LONG)
        for wait_s in (0, 0.02):
            with pytest.raises(AtCapacity, match="gpu has 1 requests in flight"):
                await waits.enter(PEOPLE, wait_s)
        assert waits.slots.load("gpu") == Load((1, 0, 0), (0, 0), 2)

    run(case)


def test_a_place_that_another_process_gives_back_is_found(tmp_path):
    async def case():
        with SharedBoard(tmp_path) as here, SharedBoard(tmp_path) as there:
            waits, other = line(here, in_flight=1), line(there, in_flight=1)
            await other.enter(PEOPLE, LONG)
            entering = asyncio.ensure_future(waits.enter(PEOPLE, LONG))
            await settled()
            assert not entering.done()
            other.slots.give("gpu", PEOPLE)
            await entering

    run(case)


class Course:
    """Requests that come, leave and are cancelled."""

    def __init__(self, line):
        self.line, self.tasks = line, []

    def enter(self, rank):
        self.tasks.append((rank, asyncio.ensure_future(self.line.enter(rank, LONG))))

    def leave(self, rank):
        for one in self.inside():
            if one[0] is rank:
                self.tasks.remove(one)
                self.line.leave(rank)
                return

    def cancel(self, rank):
        for _, task in self.tasks:
            if not task.done():
                task.cancel()
                return

    def inside(self):
        return [one for one in self.tasks if one[1].done() and not one[1].cancelled()]

    async def ends(self):
        for _, task in self.tasks:
            task.cancel()
        await asyncio.gather(*(task for _, task in self.tasks), return_exceptions=True)
        for rank, _ in self.inside():
            self.line.slots.give("gpu", rank)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["enter", "leave", "cancel"]), st.sampled_from([PEOPLE, BATCH])
        ),
        max_size=25,
    )
)
@example(
    [*[("enter", BATCH)] * 4, ("leave", BATCH)]
)  # who is let in and who is next leave at once
@settings(max_examples=60, deadline=None)
def test_whoever_comes_leaves_or_is_cancelled_no_place_is_lost_and_no_person_waits_behind_batch(
    steps,
):
    async def case():
        course = Course(line(in_flight=3, batch=2))
        for step, rank in steps:
            getattr(course, step)(rank)
            if step != "leave":  # otherwise the next step meets one whose turn has just come
                await settled()
            load = course.line.slots.load("gpu")
            assert sum(load.in_flight) <= 3 and load.in_flight[BATCH] <= 2
            assert not load.waiting[PEOPLE] or sum(load.in_flight) == 3
        await course.ends()
        assert course.line.slots.load("gpu") == Load()

    run(case)


def test_one_whose_turn_comes_in_the_moment_it_is_cancelled_gives_its_place_on():
    async def case():
        waits = line(in_flight=1)
        await waits.enter(PEOPLE, LONG)
        first, second = (asyncio.ensure_future(waits.enter(PEOPLE, LONG)) for _ in range(2))
        await settled()
        waits.leave(PEOPLE)
        first.cancel()
        await asyncio.wait([first])
        await second
        assert first.cancelled() and waits.slots.load("gpu") == Load((1, 0, 0))

    run(case)


class Fake:
    """Upstreams that answer, or break: at once or in the middle of the answer."""

    def __init__(self, breaks=None):
        self.asked, self.breaks = [], breaks

    @asynccontextmanager
    async def open(self, tenant, upstream, request):
        self.asked.append(upstream)
        if self.breaks:
            raise self.breaks
        yield Incoming(200, (), "", "", iter(()))


def capped(fake=None, **capacity):
    lines = Lines(Slots({"gpu": Capacity(**capacity), "cloud": Capacity()}), Metrics())
    return Capped(fake or Fake(), lines)


ASKED = OutRequest("POST", "/v1/x", {})


def test_a_place_is_held_while_the_answer_lasts_and_given_back_whatever_happens():
    async def case():
        whole = capped(in_flight=1)
        async with whole.open("clinic", "gpu", ASKED):
            assert whole.lines.slots.load("gpu") == Load((1, 0, 0))
        with pytest.raises(KeyError):
            async with whole.open("clinic", "gpu", ASKED):
                raise KeyError
        broken = capped(Fake(OSError()), in_flight=1)
        with pytest.raises(OSError):
            async with broken.open("clinic", "gpu", ASKED):
                pass
        assert whole.lines.slots.load("gpu") == broken.lines.slots.load("gpu") == Load()

    run(case)


def test_an_upstream_without_a_cap_is_asked_as_if_nothing_stood_before_it():
    async def case():
        whole = capped(in_flight=1)
        async with whole.open("clinic", "cloud", ASKED), whole.open("clinic", "cloud", ASKED):
            assert whole.upstreams.asked == ["cloud", "cloud"]
            assert whole.lines.slots.own == {}

    run(case)


def test_where_another_may_answer_nobody_waits_and_where_nobody_may_the_wait_is_told():
    async def case():
        whole = capped(in_flight=1, wait_s=LONG)
        impatient = OutRequest("POST", "/v1/x", {}, impatient_at="gpu")
        async with whole.open("clinic", "gpu", ASKED):
            with pytest.raises(AtCapacity):
                async with whole.open("clinic", "gpu", impatient):
                    pass
            told = []
            waiting = asyncio.ensure_future(_asks(whole, told.append))
            await until(lambda: told == [True])
        await waiting
        assert told == [True, False]
        page = whole.lines.metrics.text(whole.lines.gauges())
        assert 'crossfade_turned_away_total{upstream="gpu",class="interactive"} 1' in page
        assert (
            'crossfade_capacity_wait_seconds_count{upstream="gpu",class="interactive"} 1'
            in page
        )
        assert 'crossfade_upstream_cap{upstream="gpu"} 1' in page

    run(case)


async def _asks(whole, queued):
    async with whole.open("clinic", "gpu", replace(ASKED, queued=queued)):
        pass


def test_a_full_upstream_is_told_apart_from_one_without_a_cap():
    lines = capped(in_flight=1).lines
    assert not lines.full("gpu", PEOPLE) and not lines.full("cloud", PEOPLE)
    lines.slots.take("gpu", COPY)
    assert lines.full("gpu", PEOPLE)
    lines.busy("gpu")
    assert lines.slots.load("gpu").turned_away == 2
