import asyncio

from clocks import until

from mirror.proxy.breaker import Breakers, Limits
from mirror.proxy.trips import CALM_S, Trips, telling

KEY = ("clinic", "chat", "gpu")


def told(trips, opened, now):
    news = trips.news(opened, now)
    for key, is_open in news:
        trips.told(key, is_open, now)
    return news


def test_one_that_opens_is_told_once_and_one_that_closed_after_a_while():
    trips = Trips()
    assert told(trips, [], 0) == []
    assert told(trips, [KEY], 1) == [(KEY, True)]
    assert told(trips, [KEY], 2) == []
    assert told(trips, [], 2 + CALM_S - 1) == []
    assert told(trips, [], 2 + CALM_S) == [(KEY, False)]
    assert told(trips, [], 900) == []
    assert told(trips, [KEY], 901) == [(KEY, True)]


def test_one_that_opens_again_and_again_is_told_once():
    trips = Trips()
    assert told(trips, [KEY], 0) == [(KEY, True)]
    for now in range(10, 500, 10):
        assert told(trips, [KEY] if now % 20 else [], now) == []


def test_what_was_not_kept_is_told_again():
    async def case():
        breakers = Breakers(Limits(at_least=1, rest_s=1000))
        breakers.of(*KEY).record(0, ok=False, sent=0)
        tried = []

        def tell(tripped):
            tried.append(tripped)
            return len(tried) > 1

        async with telling(breakers, tell):
            await until(lambda: len(tried) == 2)
        one = tried[1]
        assert (one.tenant, one.route, one.upstream, one.opened) == (*KEY, True)
        assert tried[0].at_us <= one.at_us

    asyncio.run(case())
