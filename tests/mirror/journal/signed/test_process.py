"""The signer's process: alone on its folder and its store, and it signs what waits before it ends."""

import threading

from signed_logs import Logs, append

from mirror.journal.lock import held
from mirror.journal.signed import process
from mirror.journal.signed.folder import Folder
from mirror.journal.store import Store


class Stops(threading.Event):
    """Told to stop after so many waits."""

    def __init__(self, waits, then=lambda: None):
        super().__init__()
        self.left, self.then = waits, then

    def wait(self, timeout=None):
        self.left -= 1
        self.then()
        if self.left <= 0:
            self.set()
        return self.is_set()


def test_what_waits_is_signed_before_the_end(home, store_url):
    home = type(home)(home.path, store_url)
    store = Store.open(store_url)
    append(store)
    process.run(home, Stops(1, lambda: append(store)))
    assert [one.size for one in Logs(home, store).checkpoints()] == [1, 2]
    store.close()


def test_of_two_signers_one_works(home, store_url):
    home = type(home)(home.path, store_url)
    store = Store.open(store_url)
    append(store)
    with held(Folder.open(home.path).lock) as ours:
        assert ours
        process.run(home, Stops(2))
    if store.shared:
        with store.alone("signer"):
            process.run(home, Stops(2))
    assert Logs(home, store).checkpoints() == []
    process.run(home, Stops(1))
    assert len(Logs(home, store).checkpoints()) == 1
    store.close()


def test_a_store_that_is_away_is_waited_for_and_told_once(home, caplog):
    away = type(home)(home.path, "postgresql://nobody@127.0.0.1:1/nothing")
    process.run(away, Stops(3))
    assert [one.message.startswith("nothing is signed: ") for one in caplog.records] == [True]
