"""A real worker process that SIGKILL ends: what it had taken is scored by another, each exchange once."""

import signal
import subprocess
import sys
import time

import pytest
from test_worker import standing, told, waiting

from compare import worker
from compare.score import Scorer
from compare.worker import ScoreWorker

# Scores until the place it is to die at, says so, and goes no further.
RUN = """
import sys, time
from pathlib import Path
import numpy as np
from compare import ledger
from compare.score import Scorer
from compare.worker import ScoreWorker
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store

def dies(*_):
    print("here", flush=True)
    time.sleep(600)

class Encoder:
    id, languages = "all-MiniLM-L6-v2/test", frozenset({"en"})
    def encode(self, sentences):
        if sys.argv[2] == "encoding":
            dies()
        return np.ones((len(sentences), 4), np.float32) / 2

record = ledger.record
def recording(conn, exchange, *more):
    number = record(conn, exchange, *more)
    if exchange.accept.id == "e000003":
        dies()
    return number

if sys.argv[2] == "settling":
    ledger.record = recording
home = Home.open(Path(sys.argv[1]))
now_us = lambda: time.time_ns() // 1000
ScoreWorker(Store.open(sys.argv[3]), Sealer.open(home), Scorer((Encoder(),)), "killed", now_us).step()
"""


@pytest.mark.parametrize("where", ["encoding", "settling"])
def test_what_a_killed_process_had_taken_is_scored_by_another_once(
    home, store_url, store, sealer, words, where
):
    for number in range(1, 6):
        waiting(store, sealer, number)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(home.path), where, store_url], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"here\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        process.stdout.close()
    assert standing(store).compared == 0  # nothing was left half settled

    leased = time.time_ns() // 1000
    others = [
        ScoreWorker(store, sealer, Scorer((words,)), name, lambda: after)
        for name in ("two", "three")
    ]
    after = leased
    assert [one.step() for one in others] == [0, 0]  # the dead one's lease still holds
    after = leased + worker.LEASE_US
    taken = 0
    for _ in range(5):
        taken += sum(one.step() for one in others)
    assert taken == 5
    found = standing(store)
    assert (found.compared, found.failed, found.pending) == (5, 0, 0)
    assert len(told(store)) == 5
