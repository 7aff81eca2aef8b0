"""Which key signed, whether it was good then, and whether the reader trusts it."""

import base64
import json

import pytest
from bundles import DEPLOYMENT, Signer

from cutover.exports.manifesting import keys as listed
from cutover.verifying.findings import GAP, Fault
from cutover.verifying.keyring import Keyring
from mirror.journal.signed.note import Note, parse

NAME = f"crossfade/{DEPLOYMENT}"
OLD, NEW, FOREIGN = Signer(b"\1" * 32), Signer(b"\2" * 32), Signer(b"\3" * 32)


class Listed:
    def __init__(self, *keys):
        self._keys = keys

    def public_keys(self):
        return list(self._keys)


def text(*keys):
    return listed(Listed(*keys)).encode()


def ring(*keys, pinned=None):
    return Keyring.read(text(*keys), "keys.json", pinned)


def statement(old, new, *signers):
    lines = [f"{NAME}/rotation"]
    lines += [f"{one.id.hex()} {base64.b64encode(one.public).decode()}" for one in (old, new)]
    notes = [one.note("".join(f"{line}\n" for line in lines)) for one in signers]
    head, _, _ = notes[0].rpartition("\n\n")
    return head + "\n\n" + "".join(note.rpartition("\n\n")[2] for note in notes)


def test_a_note_of_a_known_key_is_opened_and_the_key_is_named():
    keys = ring(OLD.listed(), NEW.listed())
    assert keys.open(NEW.note("x\n").encode(), "a.note", NAME).text == "x\n"
    assert list(keys.used) == [NEW.id.hex()]


@pytest.mark.parametrize(
    "note",
    [FOREIGN.note("x\n").encode(), OLD.note("x\n").replace("x", "y").encode(), b"", b"\xff"],
)
def test_a_note_that_no_known_key_signed_is_refused(note):
    with pytest.raises(Fault) as fault:
        ring(OLD.listed()).open(note, "a.note", NAME)
    assert fault.value.file == "a.note"
    with pytest.raises(Fault):
        ring(OLD.listed()).open(OLD.note("x\n").encode(), "a.note", "crossfade/other")


def test_a_key_that_was_revoked_or_had_ended_cannot_have_signed_later():
    minute = 60_000_000
    ended = OLD.listed(until_us=100 * minute)
    revoked = OLD.listed(until_us=100 * minute, revoked_us=50 * minute)
    note = OLD.note("x\n").encode()
    for key, last_good in ((ended, 104 * minute), (revoked, 50 * minute - 1)):
        keys = ring(key)
        opened = keys.open(note, "a.note", NAME)
        keys.in_time(opened, NAME, last_good, "a.note")
        with pytest.raises(Fault, match="worth nothing"):
            keys.in_time(opened, NAME, last_good + minute, "a.note")


def test_pinned_keys_refuse_others_but_for_those_they_vouch_for():
    held = ring(OLD.listed())
    vouched = NEW.listed(statement=statement(OLD, NEW, OLD, NEW))
    alone = NEW.listed(statement=statement(OLD, NEW, NEW))
    note = NEW.note("x\n").encode()
    assert ring(OLD.listed(), vouched, pinned=held).open(note, "a.note", NAME)
    for key in (NEW.listed(), alone, NEW.listed(statement="no note")):
        with pytest.raises(Fault, match="not among those that you hold"):
            ring(OLD.listed(), key, pinned=held).open(note, "a.note", NAME)
    other = NEW.listed(statement=statement(OLD, FOREIGN, OLD, FOREIGN))
    with pytest.raises(Fault, match="not among"):
        ring(other, pinned=held).open(note, "a.note", NAME)


def test_a_reader_who_is_two_rotations_behind_trusts_from_key_to_key():
    third = Signer(b"\4" * 32)
    keys = [
        OLD.listed(until_us=10),
        NEW.listed(until_us=20, statement=statement(OLD, NEW, OLD, NEW)),
        third.listed(statement=statement(NEW, third, NEW, third)),
    ]
    note = third.note("x\n").encode()
    assert ring(*keys, pinned=ring(OLD.listed())).open(note, "a.note", NAME)
    assert ring(*keys[1:], pinned=ring(OLD.listed())).open(note, "a.note", NAME)
    with pytest.raises(Fault, match="not among those that you hold"):
        ring(keys[0], keys[2], pinned=ring(OLD.listed())).open(note, "a.note", NAME)


def test_a_revocation_that_the_reader_knows_counts_though_the_bundle_leaves_it_out():
    keys = ring(OLD.listed(), pinned=ring(OLD.listed(until_us=100, revoked_us=50)))
    opened = keys.open(OLD.note("x\n").encode(), "a.note", NAME)
    keys.in_time(opened, NAME, 49, "a.note")
    with pytest.raises(Fault, match="revoked before"):
        keys.in_time(opened, NAME, 50, "a.note")


@pytest.mark.parametrize("where", ["held", "bundled"])
def test_a_revoked_key_vouches_for_no_other(where):
    revoked = {"until_us": 100, "revoked_us": 50}
    held = ring(OLD.listed(**(revoked if where == "held" else {})))
    bundled = OLD.listed(**(revoked if where == "bundled" else {}))
    thiefs = NEW.listed(statement=statement(OLD, NEW, OLD, NEW))
    with pytest.raises(Fault, match="not among those that you hold") as found:
        ring(bundled, thiefs, pinned=held).open(NEW.note("x\n").encode(), "a.note", NAME)
    assert ("one of yours was revoked" in str(found.value)) == (where == "bundled")


def test_a_key_that_was_exchanged_vouches_for_no_other_once_the_reader_holds_its_successor():
    successor = NEW.listed(statement=statement(OLD, NEW, OLD, NEW))
    held = ring(OLD.listed(until_us=10), successor)
    thiefs = FOREIGN.listed(statement=statement(OLD, FOREIGN, OLD, FOREIGN))
    note = FOREIGN.note("x\n").encode()
    for bundled in ([OLD.listed(until_us=10), successor, thiefs], [OLD.listed(), thiefs]):
        with pytest.raises(Fault, match="not among those that you hold"):
            ring(*bundled, pinned=held).open(note, "a.note", NAME)
    next_one = FOREIGN.listed(statement=statement(NEW, FOREIGN, NEW, FOREIGN))
    assert ring(OLD.listed(until_us=10), next_one, pinned=held).open(note, "a.note", NAME)


def test_a_reader_whose_keys_have_all_ended_trusts_from_the_last_of_them_on():
    held = ring(OLD.listed(until_us=10), NEW.listed(until_us=20))
    note = FOREIGN.note("x\n").encode()
    for by, believed in ((OLD, False), (NEW, True)):
        key = FOREIGN.listed(statement=statement(by, FOREIGN, by, FOREIGN))
        keys = ring(OLD.listed(until_us=10), NEW.listed(until_us=20), key, pinned=held)
        if believed:
            assert keys.open(note, "a.note", NAME)
        else:
            with pytest.raises(Fault, match="not among"):
                keys.open(note, "a.note", NAME)


def test_a_note_of_no_known_moment_is_worth_nothing_once_its_key_is_revoked():
    note = OLD.note("x\n").encode()
    keys = ring(OLD.listed(until_us=9))
    keys.unrevoked(keys.open(note, "a.note", NAME), NAME, "a.note")
    keys = ring(OLD.listed(until_us=9, revoked_us=9))
    with pytest.raises(Fault, match="was revoked") as fault:
        keys.unrevoked(keys.open(note, "a.note", NAME), NAME, "a.note")
    assert fault.value.kind == GAP


def test_a_note_over_the_list_itself_was_signed_behind_what_the_list_tells():
    note = OLD.note("x\n").encode()
    for own, held in ((0, 0), (0, 9), (9, 0)):
        pinned = ring(OLD.listed(until_us=9, revoked_us=held))
        keys = ring(OLD.listed(until_us=9, revoked_us=own), pinned=pinned)
        opened = keys.open(note, "a.note", NAME)
        assert bool(keys.revoked(opened, NAME)) == bool(own or held)
        if own:
            with pytest.raises(Fault, match="which this signs, says so"):
                keys.signed_behind(opened, NAME, "a.note")
        else:
            keys.signed_behind(opened, NAME, "a.note")


def test_one_key_that_was_not_revoked_is_enough():
    keys = ring(OLD.listed(until_us=9, revoked_us=9), NEW.listed(since_us=9))
    both = Note("x\n", (*parse(OLD.note("x\n")).signatures, *parse(NEW.note("x\n")).signatures))
    assert keys.revoked(both, NAME) is None
    assert [one["revoked_us"] for one in keys.told()] == [
        {OLD.id.hex(): 9, NEW.id.hex(): 0}[one["id"]] for one in keys.told()
    ]
    keys.unrevoked(both, NAME, "a.note")
    keys.signed_behind(both, NAME, "a.note")


@pytest.mark.parametrize(
    "changed",
    [{"id": "00000000"}, {"public": "AA=="}, {"public": "?"}, {"since_us": -1}, {"since_us": "1"}, {"name": 3},
     {"statement": 4}, {"id": ["a"]}],
)  # fmt: skip
def test_an_entry_that_is_no_key_is_refused(changed):
    (one,) = json.loads(text(OLD.listed()))
    with pytest.raises(Fault):
        Keyring.read(json.dumps([{**one, **changed}]).encode(), "keys.json")


@pytest.mark.parametrize("content", [b"[]", b"{}", b"[1]", b"", b"[[]]", b"null"])
def test_what_is_no_list_of_keys_is_refused(content):
    with pytest.raises(Fault):
        Keyring.read(content, "keys.json")
    with pytest.raises(Fault, match="twice"):
        ring(OLD.listed(), OLD.listed())
