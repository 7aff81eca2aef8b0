"""The garbage collector while a year's evidence is read."""

import gc

import pytest

from cutover.collecting import SELDOM, seldom_collected


def test_it_looks_seldom_within_and_as_before_behind():
    before = gc.get_threshold()
    with pytest.raises(KeyError), seldom_collected():
        assert gc.get_threshold() == (SELDOM, *before[1:])
        raise KeyError
    assert gc.get_threshold() == before


def test_one_that_never_looks_goes_on_so():
    before = gc.get_threshold()
    gc.set_threshold(0, *before[1:])
    try:
        with seldom_collected():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
