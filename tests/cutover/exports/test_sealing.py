"""Waiting for the signer, and what it answers."""

import hashlib

import pytest

from cutover.exports.planned import ExportRefused
from cutover.exports.sealing import Patience, signed
from mirror.journal.signed.folder import Folder

CONTENT = b"{}"
NAME = hashlib.sha256(CONTENT).hexdigest()


class Clock:
    def __init__(self, then=lambda: None):
        self.s, self.then = 0.0, then

    def sleep(self, seconds):
        self.s += seconds
        self.then()

    def patience(self, told):
        return Patience(2.0, self.sleep, lambda: self.s, told.append)


def test_the_answer_is_taken_when_it_comes(home):
    folder, told = Folder.open(home.path), []
    clock = Clock(lambda: folder.answer(NAME, "note", "the note"))
    assert signed(folder, CONTENT, clock.patience(told)) == "the note"
    assert told == ["waiting for the signer to sign the manifest"]
    assert (folder.path / "asked" / f"{NAME}.json").read_bytes() == CONTENT
    assert list((folder.path / "signed").iterdir()) == []


def test_a_refusal_is_told_in_its_words(home):
    folder = Folder.open(home.path)
    clock = Clock(lambda: folder.answer(NAME, "refused", "no checkpoint of 7 events\n"))
    with pytest.raises(ExportRefused, match="no checkpoint of 7 events"):
        signed(folder, CONTENT, clock.patience([]))


def test_nobody_waits_for_ever(home):
    clock = Clock()
    with pytest.raises(ExportRefused, match=r"waited 2 s"):
        signed(Folder.open(home.path), CONTENT, clock.patience([]))
    assert 2.0 <= clock.s < 3.0
