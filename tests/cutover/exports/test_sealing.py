"""Waiting for the signer, and what it answers."""

import hashlib
import json

import pytest

from cutover.exports.planned import ExportRefused
from cutover.exports.sealing import Patience, covered, signed
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


def test_a_log_is_asked_to_be_signed_up_to_an_event_and_nothing_stays_behind(home):
    folder, told = Folder.open(home.path), []

    def answers():
        (asked,) = folder.asked()
        assert json.loads(asked[1]) == {
            "kind": "crossfade.checkpoint",
            "tenant": "clinic",
            "seq": 7,
        }
        folder.answer(asked[0], "note", "the note")
        folder.done("asked", asked[0])

    covered(folder, "clinic", 7, Clock(answers).patience(told))
    assert told == ["waiting for the signer to sign event 7"]
    assert list((folder.path / "signed").iterdir()) == []


def test_a_log_that_is_not_signed_is_told_in_words_and_asked_for_no_more(home):
    folder = Folder.open(home.path)

    def refuses():
        ((name, _),) = folder.asked()
        folder.answer(name, "refused", "it is gone\n")

    with pytest.raises(ExportRefused, match="does not sign event 7: it is gone"):
        covered(folder, "clinic", 7, Clock(refuses).patience([]))
    with pytest.raises(ExportRefused, match=r"event 7 is not signed.*waited 2 s"):
        covered(folder, "clinic", 7, Clock().patience([]))
    assert list(folder.asked()) == []
