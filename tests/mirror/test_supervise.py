"""Children are restarted, stopped in order, and never outlive their supervisor."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mirror import supervise
from mirror.supervise import MISCONFIGURED, Child, Supervisor, restart_delay

FOLLOWER = (
    "from mirror.supervise import end_with_parent, stop_on_signals\n"
    "end_with_parent()\n"
    "with stop_on_signals() as stop:\n"
    "    print('up', flush=True)\n"
    "    stop.wait(60)\n"
)


@pytest.mark.parametrize(
    ("failures", "code", "delay_s"),
    [(1, 1, 0.25), (2, 1, 0.5), (3, -9, 1.0), (20, 1, 30.0), (1, MISCONFIGURED, 30.0)],
)
def test_the_delay_doubles_up_to_a_limit_and_is_longest_for_a_child_that_cannot_run(
    failures, code, delay_s
):
    assert restart_delay(failures, code) == delay_s


def test_a_killed_child_is_started_again_and_the_stop_ends_it(tmp_path):
    said: list[str] = []
    supervisor = Supervisor((Child("one", ("-c", FOLLOWER)),), logs=tmp_path, say=said.append)
    stop = threading.Event()
    runner = threading.Thread(target=supervisor.run, args=(stop,))
    runner.start()
    try:
        first = _until(lambda: supervisor.pid("one"))
        os.kill(first, signal.SIGKILL)
        second = _until(lambda: (pid := supervisor.pid("one")) != first and pid)
    finally:
        stop.set()
        runner.join(20)
    assert second != first
    assert said == ["one ended (signal SIGKILL); starting it again in 0.25 s"]
    assert not _alive(second)


def test_children_end_when_their_supervisor_is_killed(tmp_path):
    pid_file = tmp_path / "pid"
    child = f"import os; open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n{FOLLOWER}"
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import threading\nfrom pathlib import Path\nfrom mirror.supervise import Child, Supervisor\n"
            f"Supervisor((Child('one', ('-c', {child!r})),), logs=Path({str(tmp_path)!r}))"
            ".run(threading.Event())",
        ]
    )
    try:
        _until(
            lambda: (
                (tmp_path / "one.log").exists() and "up" in (tmp_path / "one.log").read_text()
            )
        )
    finally:
        parent.kill()
        parent.wait()
    orphan = int(pid_file.read_text())
    assert _until(lambda: not _alive(orphan))


def _until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_that_cannot_run_is_quoted(tmp_path):
    said: list[str] = []
    child = Child("one", ("-c", "import sys; sys.exit(print('the weights are wrong') or 2)"))
    supervisor = Supervisor((child,), logs=tmp_path, say=said.append)
    stop = threading.Event()
    runner = threading.Thread(target=supervisor.run, args=(stop,))
    runner.start()
    _until(lambda: said)
    stop.set()
    runner.join(20)
    assert said == ["one ended (exit code 2): the weights are wrong; starting it again in 30 s"]


def test_the_folder_that_a_process_of_ours_is_started_in_brings_it_no_module(tmp_path):
    """Who may write there would else run code with the keys of payloads and of the signer."""
    for name in ("html", "click", "cutover"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a module of the folder')")
    env = {**os.environ, "PYTHONPATH": str(Path(supervise.__file__).parents[1])}
    command = [sys.executable, *supervise.OURS, "--version"]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
