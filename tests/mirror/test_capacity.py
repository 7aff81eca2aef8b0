import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.capacity import LONGEST_PAUSE_S, Load, Pause, Rank, admits, rank_of, room
from policies.capacity import Batch, Capacity

PEOPLE, BATCH, COPY = Rank
FOUR = Capacity(in_flight=4, batch=2, copies=2)


@pytest.mark.parametrize(
    ("in_flight", "waiting", "rank", "waited", "admitted"),
    [  # in flight counts the asker
        ((4, 0, 0), (0, 0), PEOPLE, False, True),
        ((5, 0, 0), (0, 0), PEOPLE, False, False),
        ((2, 2, 1), (0, 0), PEOPLE, False, False),
        ((1, 2, 0), (0, 0), BATCH, False, True),
        ((1, 3, 0), (0, 0), BATCH, False, False),
        ((0, 0, 2), (0, 0), COPY, False, True),
        ((0, 0, 3), (0, 0), COPY, False, False),
        ((3, 0, 2), (0, 0), COPY, False, False),
        ((1, 0, 0), (1, 0), PEOPLE, False, False),
        ((1, 0, 0), (1, 0), PEOPLE, True, True),
        ((1, 0, 0), (0, 1), PEOPLE, False, True),
        ((0, 1, 0), (1, 0), BATCH, True, False),
        ((0, 1, 0), (0, 1), BATCH, True, True),
        ((0, 1, 0), (0, 1), BATCH, False, False),
        ((0, 0, 1), (0, 1), COPY, False, False),
        ((0, 0, 1), (1, 0), COPY, False, False),
    ],
)
def test_who_may_be_in_flight(in_flight, waiting, rank, waited, admitted):
    assert admits(FOUR, Load(in_flight, waiting), rank, waited=waited) is admitted


def test_without_a_cap_only_copies_are_bound():
    load = Load((9000, 9000, 64))
    assert admits(Capacity(), load, PEOPLE) and admits(Capacity(), load, COPY)
    assert not admits(Capacity(), load.entering(COPY), COPY)


loads = st.builds(
    Load,
    st.tuples(*[st.integers(0, 6)] * 3),
    st.tuples(*[st.integers(0, 2)] * 2),
)
caps = st.integers(1, 8).flatmap(
    lambda most: st.builds(
        Capacity,
        in_flight=st.just(most),
        batch=st.none() | st.integers(1, most),
        copies=st.none() | st.integers(1, most),
    )
)


@given(caps, loads, st.sampled_from(Rank), st.booleans())
def test_nobody_is_let_in_beyond_the_cap_or_before_a_higher_rank(cap, load, rank, waited):
    if admits(cap, load, rank, waited=waited):
        assert sum(load.in_flight) <= cap.in_flight
        assert not any(load.waiting[:rank])
        assert rank is not COPY or load.in_flight[COPY] <= cap.most_copies


@given(caps, loads)
def test_the_room_is_as_many_copies_as_would_be_let_in_one_after_the_other(cap, load):
    let_in = 0
    while admits(cap, load.entering(COPY, let_in + 1), COPY):
        let_in += 1
    assert room(cap, load) == let_in


@given(loads, loads)
def test_loads_add_up(one, other):
    both = one + other
    assert sum(both.in_flight) == sum(one.in_flight) + sum(other.in_flight)
    assert both.entering(BATCH).entering(BATCH, -1) == both
    assert both.queueing(BATCH).queueing(BATCH, -1) == both


@pytest.mark.parametrize(
    ("tenant", "route", "headers", "rank"),
    [
        ("clinic", "chat", {}, PEOPLE),
        ("clinic", "chat", {"x-crossfade-class": " Batch "}, BATCH),
        ("clinic", "chat", {"x-crossfade-class": "interactive"}, PEOPLE),
        ("reports", "chat", {}, BATCH),
        ("clinic", "embed", {}, BATCH),
    ],
)
def test_a_request_is_batch_by_its_header_its_tenant_or_its_route(tenant, route, headers, rank):
    batch = Batch(tenants=["reports"], routes=["embed"])
    assert rank_of(batch, tenant, route, headers) is rank


def test_pauses_grow_while_they_do_not_help_and_begin_anew_after_a_rest():
    pause, now, lengths = Pause(), 0.0, []
    for _ in range(7):
        pause.begin(now)
        assert pause.on(now) and pause.on(pause.until_s - 0.01)
        pause.begin(now)  # what is told in a pause does not make it longer
        lengths.append(pause.until_s - now)
        now = pause.until_s
        assert not pause.on(now)
    assert lengths == [1, 2, 4, 8, 16, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    pause.begin(now + 3 * LONGEST_PAUSE_S)
    assert pause.length_s == 1
