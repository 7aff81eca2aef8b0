"""How far an exchange has come, by a clock that does not count waits in our own line."""

from builders import two_sided

from mirror.choice import choose
from mirror.exchange import Side
from mirror.proxy.trail import Stopwatch, Trail

POLICY = two_sided("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
CHOICE = choose(POLICY, POLICY.rollout_of("clinic", "chat"), Side.CANDIDATE, "big")
LONG_AGO_S = -1000.0


def test_before_anybody_is_asked_nothing_was_waited_for():
    assert Trail().waited_us == 0


def test_who_is_asked_is_waited_for_since_then():
    trail = Trail()
    trail.ask(CHOICE, Stopwatch(started_s=LONG_AGO_S))
    assert trail.waited_us > 1000 * 1_000_000 and trail.choice is CHOICE


def test_a_request_in_our_own_line_waits_for_nobody_and_is_timed_from_its_place_on():
    times, trail = Stopwatch(sent_us=7, started_s=LONG_AGO_S), Trail()
    trail.ask(CHOICE, times)
    trail.queue(True)
    assert trail.waited_us == 0
    trail.queue(False)
    assert trail.waited_us < 1000 * 1_000_000 and times.sent_us > 7


def test_the_next_side_begins_anew_whatever_line_the_one_before_stood_in():
    trail = Trail()
    trail.ask(CHOICE, Stopwatch())
    trail.queue(True)
    trail.ask(CHOICE, Stopwatch(started_s=LONG_AGO_S))
    assert trail.waited_us > 0
