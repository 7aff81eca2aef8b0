"""The check in a process of its own: what it found, that it lets everybody else go first, and what a killed one leaves."""

import json
import os
import time

import pytest
from rollouts import ROOT
from sqlalchemy import update

from cutover.review.checking import LEAST, Fsck
from cutover.review.outcome import Outcome, of
from mirror.journal import events, tables
from mirror.journal.store import Store


@pytest.fixture
def filled(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        for _ in range(3):
            events.append(
                conn, tenant="clinic", type="hold.placed", actor=ROOT.body(), object={"kind": "rollout", "id": "clinic/chat"}, at_us=1
            )  # fmt: skip
    yield store
    store.close()


def ended(checking, seconds=60.0):
    ends = time.monotonic() + seconds
    while (found := checking.ended()) is None and time.monotonic() < ends:
        time.sleep(0.02)
    return found


def test_it_finds_what_fsck_finds_behind_everybody_else(home, filled):
    checking = Fsck.begin(home.path, payloads=True)
    assert os.getpriority(os.PRIO_PROCESS, checking.process.child.pid) == LEAST
    assert ended(checking).code == 0
    found = of(checking.told(), 1)
    assert (found.outcome, found.logs, found.events) == (Outcome.WHOLE, 1, 3)
    assert found.payloads is not None
    assert of(checking.told(), 1) == found  # it may be read again
    checking.stop()


def test_a_changed_event_is_found(home, filled):
    with filled.write() as conn:
        conn.execute(update(tables.event).where(tables.event.c.seq == 2).values(at_us=7))
    checking = Fsck.begin(home.path, payloads=False)
    assert ended(checking).code == 1
    (problem,) = of(checking.told(), 1).first
    assert (problem.log, problem.event, problem.kind) == ("clinic", 2, "changed")
    checking.stop()


def test_a_killed_one_was_cut_off_and_said_nothing(home, filled):
    checking = Fsck.begin(home.path, payloads=False)
    checking.process.child.kill()
    assert ended(checking).cut_off
    with pytest.raises(ValueError, match="Expecting value"):
        checking.told()
    checking.stop()


def test_what_says_no_object_is_refused(home, filled):
    checking = Fsck.begin(home.path, payloads=False)
    checking.stop()
    assert checking.said.closed
    checking.said = (home.path / "said").open("w+b")
    checking.said.write(json.dumps([1]).encode())
    with pytest.raises(ValueError, match="no object"):
        checking.told()
    checking.said.close()


def test_one_that_cannot_be_tried_says_why(tmp_path):
    checking = Fsck.begin(tmp_path / "nowhere", payloads=False)
    found = ended(checking)
    assert (found.code, "holds no store" in found.words) == (3, True)
    checking.stop()
