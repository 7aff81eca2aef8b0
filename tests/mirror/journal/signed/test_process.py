"""The signer's process: alone on its folder and its store, and it signs what waits before it ends."""

import logging
import threading

import pytest
from signed_logs import Logs, append

from mirror.journal.lock import held
from mirror.journal.signed import process
from mirror.journal.signed.door import COVERING, ask
from mirror.journal.signed.folder import Folder
from mirror.journal.store import Store, StoreError


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


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_an_outage_after_one_that_ended_in_standing_by_is_told_too(
    home, store_url, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, "crossfade.signer")
    home, store, opened = type(home)(home.path, store_url), Store.open(store_url), Store.open
    turns = [True, True, False, True, True]

    def opens(url):
        if turns.pop(0):
            raise StoreError("connection refused", away=True)
        return opened(url)

    monkeypatch.setattr(process.Store, "open", opens)
    with store.alone("signer"):
        process.run(home, Stops(5))
    assert [(one.levelname, one.message.split(":")[0]) for one in caplog.records] == [
        ("ERROR", "nothing is signed"),
        ("INFO", "it goes on again"),
        ("ERROR", "nothing is signed"),
    ]
    store.close()


def test_what_is_asked_is_answered_before_the_next_pass_is_due_and_asked_for_once(home):
    store = Store.open(home.store_url)
    append(store)
    waits, folder = [], Folder.open(home.path)

    def then():
        waits.append(len(list((folder.path / "signed").iterdir())))
        if len(waits) == 1:
            ask(folder, {"kind": COVERING, "tenant": "clinic", "seq": 1})
            (folder.path / "asked" / "link.json").symlink_to("nothing")  # is never answered

    process.run(home, Stops(30, then))
    assert waits[:2] == [0, 1], "within one glance"
    store.close()


def test_what_cannot_be_answered_does_not_keep_the_signer_from_resting(home, monkeypatch):
    passes = []
    monkeypatch.setattr(process.Signer, "step", lambda *_, **last: passes.append(last))
    folder = Folder.open(home.path)
    Store.open(home.store_url).close()
    (folder.path / "asked" / "link.json").symlink_to("nothing")
    looks = round(process.LOOK_S / process.GLANCE_S)
    process.run(home, Stops(3 * looks))
    assert passes == [{}, {}, {}, {"last": True}]
