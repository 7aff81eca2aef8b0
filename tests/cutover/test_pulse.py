"""What is counted of ticks."""

from cutover.pulse import Pulse


def test_ticks_and_their_time_add_up_and_the_last_is_told():
    pulse = Pulse()
    pulse.beat(1_500_000, 10_000_000)
    pulse.beat(500_000, 12_000_000)
    assert {name: value for name, _, value in pulse.samples()} == {
        "crossfade_ticks_total": 2,
        "crossfade_tick_seconds_total": 2.0,
        "crossfade_tick_last_seconds": 0.5,
        "crossfade_tick_ended_seconds": 12.0,
    }


def test_before_the_first_there_is_no_last():
    """An age since 1970 would be an alarm at every start."""
    assert {name: value for name, _, value in Pulse().samples()} == {
        "crossfade_ticks_total": 0,
        "crossfade_tick_seconds_total": 0.0,
    }
