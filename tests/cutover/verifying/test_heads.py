"""Checkpoints of a bundle, and those that a reader kept."""

import json

import pytest
from bundles import (
    START_US,
    MemoryLog,
    Signer,
    bundle,
    busy,
    checked,
    kinds,
    signed_anew,
    unpacked,
)

from cutover.verifying.heads import origin_of_note
from mirror.journal.signed.note import NoteInvalid


def part(log, first):
    """An export that begins with an event."""
    return bundle(log, from_us=json.loads(log.events[first - 1])["at_us"])


def test_any_checkpoint_that_was_kept_is_shown_to_be_of_the_same_log():
    log = busy()
    whole = bundle(log)
    for head in log.heads:
        assert checked(whole, [head.note]).code == 0


def test_an_old_checkpoint_before_the_range_needs_its_proof():
    log = busy()
    old = log.heads[0]
    begins = log.heads[1].size + 2
    assert checked(part(log, begins)).code == 0
    without = checked(part(log, begins), [old.note])
    assert kinds(without) == {("gap", "consistency")}
    assert "--old-checkpoint" in without.findings[0].what
    at_us = json.loads(log.events[begins - 1])["at_us"]
    assert checked(bundle(log, from_us=at_us, kept=(old.note,)), [old.note]).code == 0


def test_a_checkpoint_that_is_newer_than_the_bundle_shows_that_it_is_old():
    log = busy()
    early = json.loads(log.events[log.heads[0].size - 1])["at_us"] + 1
    found = checked(bundle(log, to_us=early), [log.heads[-1].note])
    assert kinds(found) == {("gap", "consistency")}
    assert "older than this checkpoint" in found.findings[0].what


def test_a_log_that_was_written_anew_is_found_by_one_old_note():
    log, forged = busy(), MemoryLog()
    for body in log.events:
        said = json.loads(body)
        forged.at_us = said["at_us"]
        forged.add(said["type"], said["details"], kind=said["actor"]["kind"], name="somebody",
                   of=(said["object"]["kind"], said["object"]["id"]), after_us=0)  # fmt: skip
    forged.sign()
    content = bundle(forged)
    assert ("tampered", "checkpoints") in kinds(checked(content, [log.heads[0].note]))


def test_a_checkpoint_under_another_name_or_of_another_log_is_refused():
    log = busy()
    files = unpacked(bundle(log))
    name = f"checkpoints/{log.heads[0].size:012}.note"
    other = {**files, name: log.heads[1].note.encode()}
    assert ("tampered", "checkpoints") in kinds(checked(signed_anew(log, other)))
    stranger = busy(MemoryLog(tenant="other"))
    foreign = {**files, name: stranger.heads[0].note.encode()}
    assert ("tampered", "checkpoints") in kinds(checked(signed_anew(log, foreign)))
    assert ("tampered", "checkpoints") in kinds(
        checked(bundle(log), [Signer(b"\7" * 32).note("x\n")])
    )


def test_a_proof_that_is_none_is_refused():
    log = busy()
    begins = log.heads[1].size + 2
    files = unpacked(part(log, begins))
    for text in (b"[]", b"{}", b'[{"from":1,"path":["00"],"to":2}]', b"[1]"):
        found = checked(signed_anew(log, {**files, "proofs/consistency.json": text}))
        assert "consistency" in {check for _, check in kinds(found)}, text


def test_the_origin_of_a_note_tells_its_log():
    log = busy()
    assert origin_of_note(log.heads[0].note.encode()) == log.origin
    with pytest.raises(NoteInvalid):
        origin_of_note(b"words")
    assert START_US
