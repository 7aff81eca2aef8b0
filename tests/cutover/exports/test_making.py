"""An export in a process of its own: how it ended, what it said last, and that it ends with whoever began it."""

import os
import signal
import subprocess
import sys
import textwrap
import time

from cutover.exports.making import CUT_OFF, Ended, Process


def until(look, seconds=60.0):
    """What a look finds in the end; None where it finds nothing in time."""
    ends = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < ends:
        time.sleep(0.05)
    return found


def test_one_that_nobody_asked_for_ends_with_words_of_what_is_wrong(home, tmp_path):
    from mirror.journal.store import Store

    Store.open(home.store_url).close()
    making = Process.begin(home.path, "nothing", tmp_path / "b.tar")
    ended = until(making.ended)
    assert ended == making.ended()
    assert (ended.code, ended.cut_off) == (2, False)
    assert ended.words.startswith("no export nothing was asked for here")
    assert not (tmp_path / "b.tar").exists()


def test_one_that_is_stopped_was_cut_off(home, tmp_path):
    making = Process.begin(home.path, "nothing", tmp_path / "b.tar")
    making.stop()
    assert making.ended().cut_off
    assert not making.ended().words


def test_a_signal_and_another_at_it_are_no_failures():
    assert Ended(-signal.SIGKILL, "").cut_off
    assert Ended(CUT_OFF, "").cut_off
    assert not Ended(1, "").cut_off


def test_it_ends_with_whoever_began_it_however_that_dies():
    child = "import time; from mirror.supervise import end_with_parent; end_with_parent(); time.sleep(99)"
    parent = f"""
        import os, subprocess, sys, time
        from cutover.exports import making
        popen = subprocess.Popen
        def instead(words, **more):
            return popen([sys.executable, "-c", {child!r}], **more)
        making.subprocess.Popen = instead
        print(making.Process.begin("d", "i", "o").child.pid, flush=True)
        time.sleep(99)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(parent)], stdout=subprocess.PIPE, text=True
    ) as began:
        pid = int(began.stdout.readline())
        os.kill(pid, 0)
        began.kill()
    assert until(lambda: not _is_there(pid))


def _is_there(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    except OSError:
        return False
