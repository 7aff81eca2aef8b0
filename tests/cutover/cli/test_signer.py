"""`crossfade signer`: with a signer that runs, and with none."""

import threading

import pytest
from click.testing import CliRunner
from signed_logs import Logs
from sqlalchemy import delete

from cutover.cli import signer as command
from cutover.cli.signer import signer
from mirror.journal import tables
from mirror.journal.lock import held
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
def run(home):
    def run(*told, code=0):
        done = CliRunner().invoke(signer, [*told, "--data", str(home.path)])
        assert done.exit_code == code, done.output + done.stderr + repr(done.exception)
        return done.stdout if code == 0 else done.stderr

    return run


def test_keys_are_listed_exchanged_and_revoked_where_no_signer_runs(logs, run):
    old = logs.signer.key.id.hex()
    assert run("keys").startswith(f"{old}  {logs.signer.key.public.hex()}  since 2025-")
    new = run("rotate", "--reason", "a custodian left").split()[1]
    assert run("revoke", old, "--reason", "it was stolen") == f"key {old} is revoked\n"
    first, second = run("keys").splitlines()
    assert ", revoked " in first and "signs now" in second and second.startswith(new)
    assert "signs now; run" in run("revoke", new, "--reason", "why", code=1)
    assert "say why" in run("rotate", "--reason", " ", code=2)


def test_a_lost_key_is_replaced_and_one_in_use_is_not_lost(logs, run, home):
    logs.folder.key.unlink()
    with held(logs.folder.lock):
        assert "not lost" in run("rotate", "--lost", "--reason", "why", code=1)
    new = run("rotate", "--lost", "--reason", "the disk is gone").split()[1]
    assert logs.restart().key.id.hex() == new


def test_a_log_that_was_refused_is_listed_and_looked_at_again(logs, run):
    with logs.store.write() as conn:
        conn.execute(delete(tables.event).where(tables.event.c.tenant == "clinic"))
    logs.step()
    assert "the log of clinic: it is gone; 4 events were signed" in run("keys")
    told = run(
        "resume", "--tenant", "clinic", "--begin-anew", "--reason", "it is gone for good"
    )
    assert "more than 4 events" in told
    assert "refused" not in run("keys")
    assert "refuses no log" in run("resume", "--tenant", "clinic", "--reason", "why", code=1)


def test_a_signer_that_runs_obeys(logs, run, home, monkeypatch):
    with held(logs.folder.lock):
        monkeypatch.setattr(command, "WAIT_S", 0.0)
        assert "not obeyed yet" in run("rotate", "--reason", "why", code=1)
        monkeypatch.setattr(command, "WAIT_S", 60.0)
        stop = threading.Event()

        def obey():
            while not stop.wait(0.05):
                logs.signer.obey()

        thread = threading.Thread(target=obey)
        thread.start()
        try:
            assert "signs from now on" in run("rotate", "--reason", "again")
        finally:
            stop.set()
            thread.join()


def test_a_store_that_was_never_signed_has_no_key(home, run):
    Store.open(home.store_url).close()
    assert run("keys") == "no key yet; the signer draws one when it starts\n"
