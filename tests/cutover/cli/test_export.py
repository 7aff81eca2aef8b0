"""`crossfade export`, with a signer that works beside it."""

import errno
import threading

import pytest
from click.testing import CliRunner
from signed_logs import START_US, Logs

from cutover.cli.export import MomentType, _why, export
from cutover.cli.verify import verify
from mirror.journal.store import Store


@pytest.fixture
def logs(home):
    store = Store.open(home.store_url)
    logs = Logs(home, store)
    logs.append(count=4)
    logs.step()
    yield logs
    store.close()


@pytest.fixture
def signing(logs):
    """The signer, pass after pass, until the test ends."""
    ends = threading.Event()

    def work():
        while not ends.wait(0.05):
            logs.step(60)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ends.set()
    thread.join()


@pytest.fixture
def run(home):
    def run(*told, code=0):
        words = [
            "--tenant",
            "clinic",
            "--from",
            "2025-11-01",
            "--to",
            "2025-12-01T00:00+08:00",
            "--purpose",
            "audit",
        ]
        done = CliRunner().invoke(export, [*words, *map(str, told), "--data", str(home.path)])
        assert done.exit_code == code, done.output + done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_a_bundle_is_made_and_verified_by_the_other_command(run, signing, tmp_path):
    out = run("--out", tmp_path / "b.tar")
    assert "4 events, export" in out
    done = CliRunner().invoke(verify, [str(tmp_path / "b.tar")])
    assert (done.exit_code, "VALID" in done.output) == (0, True), done.output
    assert "there is a file of this name" in run("--out", tmp_path / "b.tar", code=2)


def test_what_cannot_be_made_is_said_with_what_to_do(run, logs, tmp_path):
    out = tmp_path / "b.tar"
    assert "does `crossfade run signer`" in run("--out", out, "--wait", "0", code=2)
    assert "two people say so" in run("--out", out, "--profile", "full", code=2)
    assert "says all of that itself" in run("--out", out, "--order", "a", code=2)
    assert "ends before it begins" in run("--out", out, "--to", "2025-01-01", code=2)
    assert "no moment" in run("--out", out, "--to", "tomorrow", code=2)
    assert "No such file" in run("--out", out, "--old-checkpoint", tmp_path / "none", code=2)
    assert "No such file" in run("--out", tmp_path / "nowhere" / "b.tar", code=2)
    assert not out.exists()


def test_a_full_disk_says_what_to_free_and_that_it_goes_on(tmp_path):
    said = _why(
        OSError(errno.ENOSPC, "No space left on device", "b.tar.work/events.jsonl"),
        tmp_path / "b.tar",
    )
    assert "no space left" in said
    assert "goes on where it stopped" in said


def test_a_moment_is_of_utc_unless_it_says_otherwise():
    read = MomentType().convert
    assert read("2025-11-26T23:33:20", None, None) == read(
        "2025-11-27T07:33:20+08:00", None, None
    )
    assert read("1970-01-02", None, None) == 86_400_000_000
    assert START_US
