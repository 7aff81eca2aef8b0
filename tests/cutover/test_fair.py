"""The lock of a cabinet."""

import threading

import pytest

from cutover.fair import FairLock


def test_who_waits_is_let_in_before_the_last_owner_gets_it_again():
    lock, came, order = FairLock(), threading.Event(), []

    def person():
        came.set()
        with lock:
            order.append("person")

    waiting = threading.Thread(target=person)
    with lock:
        waiting.start()
        assert came.wait(60)
        while not lock._gate.locked():
            pass
    with lock:
        order.append("tick")
    waiting.join(60)
    assert order == ["person", "tick"]


def test_its_owner_enters_again_though_somebody_waits():
    lock, done = FairLock(), threading.Event()

    def person():
        with lock:
            done.set()

    waiting = threading.Thread(target=person)
    with lock:
        waiting.start()
        while not lock._gate.locked():
            pass
        with lock, lock:
            assert not done.is_set()
        assert not done.is_set()
    assert done.wait(60)
    waiting.join(60)


def test_an_error_gives_it_back():
    lock = FairLock()
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    with lock:
        assert lock._lock.locked()
    assert not lock._lock.locked()
