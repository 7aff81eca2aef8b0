import os
import threading

from mirror.journal import nonces


def test_no_nonce_is_given_twice_and_each_has_96_bits():
    found = [nonces.fresh() for _ in range(20 * nonces.AT_ONCE)]
    assert len(set(found)) == len(found)
    assert {len(one) for one in found} == {12}


def test_they_are_the_systems_own(monkeypatch):
    monkeypatch.setattr(nonces, "_drawn", [])
    drawn = bytes(range(256)) * 3
    monkeypatch.setattr(os, "urandom", lambda count: drawn[:count])
    found = {nonces.fresh() for _ in range(nonces.AT_ONCE)}
    assert found == {drawn[at : at + 12] for at in range(0, 768, 12)}


def test_threads_that_ask_at_once_get_different_ones():
    found = []

    def ask():
        found.extend([nonces.fresh() for _ in range(5_000)])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(found)) == 20_000


def test_a_process_that_is_forked_has_none_of_those_that_wait_here():
    nonces.fresh()
    ends = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(ends[1], b"".join(nonces.fresh() for _ in range(nonces.AT_ONCE)))
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(ends[0], 1 << 16)
    theirs = {told[at : at + 12] for at in range(0, len(told), 12)}
    ours = {nonces.fresh() for _ in range(2 * nonces.AT_ONCE)}
    assert len(theirs) == nonces.AT_ONCE
    assert not theirs & ours
