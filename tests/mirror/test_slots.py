import asyncio
import functools
import operator
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from builders import two_sided
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from mirror.board import Alone, SharedBoard
from mirror.capacity import Load, Rank, admits
from mirror.slots import Slots, kept
from policies.capacity import Capacity

NOWHERE = "http://127.0.0.1:9/v1"
PEOPLE, BATCH, COPY = Rank


def slots(board=None, **capacity):
    return Slots({"gpu": Capacity(**capacity)}, *([board] if board else []))


def test_a_place_is_taken_and_given_back():
    some = slots(in_flight=2)
    assert some.take("gpu", PEOPLE) and some.take("gpu", BATCH)
    assert not some.take("gpu", PEOPLE) and not some.free("gpu", COPY)
    some.give("gpu", BATCH)
    assert some.free("gpu", PEOPLE) and some.take("gpu", PEOPLE)
    assert some.load("gpu") == Load((2, 0, 0))


def test_an_upstream_that_nobody_declares_has_no_cap():
    some = slots(in_flight=1)
    assert all(some.take("cloud", PEOPLE) for _ in range(100))


def test_another_policys_caps_hold_and_what_is_in_flight_still_counts():
    upstream = {"gpu": {"capacity": {"in_flight": 2}}}
    some = Slots.of(two_sided(NOWHERE, NOWHERE))
    assert all(some.take("gpu", PEOPLE) for _ in range(2))
    capped = two_sided(NOWHERE, NOWHERE)
    gpu = capped.upstreams["gpu"].model_copy(update={"capacity": Capacity(in_flight=2)})
    some.obey(capped.model_copy(update={"upstreams": capped.upstreams | {"gpu": gpu}}))
    assert some.cap("gpu").in_flight == upstream["gpu"]["capacity"]["in_flight"]
    assert not some.take("gpu", PEOPLE)


def test_two_who_come_for_the_last_place_at_once_never_both_get_it(tmp_path):
    with SharedBoard(tmp_path) as here, SharedBoard(tmp_path) as there:

        class Meeting:
            """The other looks and announces itself between our look and our own announcement."""

            others, bury = staticmethod(here.others), staticmethod(here.bury)

            def tell(self, upstream, load):
                there.tell(upstream, Load((1, 0, 0)))
                here.tell(upstream, load)

        one = slots(Meeting(), in_flight=1)
        assert not one.take("gpu", PEOPLE)
        assert one.own["gpu"] == Load() == there.others("gpu")


CAP = Capacity(in_flight=4, batch=2)


class Processes(RuleBasedStateMachine):
    """Three processes under one cap: they take, give, wait, are killed with all they hold, and return."""

    def __init__(self):
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.processes = [self.started() for _ in range(3)]
        self.held, self.waiting = [[], [], []], [[], [], []]

    def started(self):
        return Slots({"gpu": CAP}, SharedBoard(self.folder))

    def living(self, who):
        """The process, started again where it was killed."""
        if self.processes[who] is None:
            self.processes[who] = self.started()
        return self.processes[who]

    @rule(who=st.integers(0, 2), rank=st.sampled_from(Rank))
    def take(self, who, rank):
        some = self.living(who)
        some.board._buried_s.clear()  # as if some time had passed
        load = Load().entering(rank)
        for one in functools.reduce(operator.iadd, self.held, []):
            load = load.entering(one)
        for one in functools.reduce(operator.iadd, self.waiting, []):
            load = load.queueing(one)
        got = some.take("gpu", rank)
        assert got is admits(CAP, load, rank), "a place was lost, or is somebody's already"
        if got:
            self.held[who].append(rank)

    @rule(who=st.integers(0, 2))
    def give(self, who):
        if self.held[who]:
            self.living(who).give("gpu", self.held[who].pop())

    @rule(who=st.integers(0, 2), rank=st.sampled_from([PEOPLE, BATCH]))
    def wait(self, who, rank):
        self.living(who).queue("gpu", rank, 1)
        self.waiting[who].append(rank)

    @rule(who=st.integers(0, 2))
    def wait_no_more(self, who):
        if self.waiting[who]:
            self.living(who).queue("gpu", self.waiting[who].pop(), -1)

    @rule(who=st.integers(0, 2))
    def kill(self, who):
        board = self.living(who).board
        for file in (*board._files.values(), board._lock):  # as the system does; nobody is told
            os.close(file)
        self.held[who].clear()
        self.waiting[who].clear()
        self.processes[who] = None

    @invariant()
    def never_more_than_the_cap(self):
        held = [rank for ranks in self.held for rank in ranks]
        assert len(held) <= 4 and held.count(BATCH) <= 2 and held.count(COPY) <= 2

    def teardown(self):
        for process in filter(None, self.processes):
            process.board.close()
        self.stack.close()


def test_no_sequence_of_processes_exceeds_a_cap_or_loses_a_place():
    few = settings(max_examples=60, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(Processes, settings=few)


@given(st.lists(st.sampled_from(Rank), max_size=12))
def test_a_place_given_back_leaves_nothing_behind(ranks):
    some = slots(in_flight=5)
    taken = [rank for rank in ranks if some.take("gpu", rank)]
    for rank in taken:
        some.give("gpu", rank)
    assert some.load("gpu") == Load()


def test_who_waits_anywhere_comes_before_copies_and_batch(tmp_path):
    with SharedBoard(tmp_path) as here, SharedBoard(tmp_path) as there:
        one, two = slots(here, in_flight=9), slots(there, in_flight=9)
        two.queue("gpu", PEOPLE, 1)
        assert one.room("gpu") == 0 and not one.take("gpu", BATCH)
        two.turn_away("gpu")
        assert one.load("gpu") == Load((0, 0, 0), (1, 0), 1)
        two.queue("gpu", PEOPLE, -1)
        assert one.room("gpu") == 4 and one.take("gpu", BATCH)


def test_the_board_is_kept_up_while_a_process_does_nothing(monkeypatch):
    monkeypatch.setattr("mirror.slots.KEEP_S", 0.0)

    class Counted(Alone):
        def __init__(self):
            self.twice, self.times = asyncio.Event(), 0

        def keep(self):
            self.times += 1
            if self.times == 2:
                self.twice.set()

    async def run():
        counted = Counted()
        async with kept(counted):
            await asyncio.wait_for(counted.twice.wait(), 60)

    asyncio.run(run())


def test_of_a_halved_capacity_half_is_given_out_until_it_is_whole_again():
    factors = {"gpu": 0.5}
    some = Slots({"gpu": Capacity(in_flight=4, copies=4)}, factors=lambda: factors)
    assert some.take("gpu", PEOPLE) and some.take("gpu", PEOPLE)
    assert not some.take("gpu", PEOPLE) and some.room("gpu") == 0
    factors.clear()
    assert some.take("gpu", PEOPLE) and some.room("gpu") == 1
