from cutover.notices.clocks import apart, jumped
from cutover.notices.words import Said
from policies.notify import Happening


def said(about, off_s):
    return Said(about, "drainer", "its clock is 3,600 s ahead of the store's", {"off_s": off_s})


def test_a_clock_that_is_wrong_is_an_alarm_that_says_what_to_do_until_it_is_right():
    for words, about in ((jumped, "controller"), (apart, "gpu-2")):
        kind, what, to_do = words(said(about, 3600))
        assert (kind, about in what, "right" in to_do) == (Happening.ALARM, True, True)
        kind, what, to_do = words(said(about, 0))
        assert (kind, about in what, to_do) == (Happening.RECOVERED, True, "")


def test_a_machine_s_clock_is_told_with_how_far_it_is_off():
    assert "3,600 s ahead" in apart(said("gpu-2", 3600))[1]
