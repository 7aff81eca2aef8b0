"""The door for exports: a manifest is signed where it ends with what the signer signed itself."""

import hashlib
import json

import pytest
from signed_logs import START_US, root
from sqlalchemy import delete, update

from mirror.journal import events, tables
from mirror.journal.signed import door, folder
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.door import ask
from mirror.journal.signed.note import Checkpoint, manifest_text, origin_of, parse
from mirror.journal.signed.signing import is_signed
from mirror.journal.store import StoreError
from mirror.redaction.redact import redacted

ASKED = {
    "from_us": START_US,
    "to_us": START_US + 1,
    "profile": "full",
    "purpose": "a complaint",
    "requested_by": "siti",
    "approved_by": "lim",
    "notes": {"erased": "the words of 3 requests are gone"},
}


def request(logs, **changed):
    logs.append(type="export.requested", details=ASKED | changed)


@pytest.fixture
def manifest(logs):
    logs.append(count=3)
    logs.step()
    logs.append(count=2)
    request(logs)
    logs.step()
    return ASKED | {
        "kind": "crossfade.export",
        "origin": origin_of(logs.signer.state.deployment, "clinic"),
        "tenant": "clinic",
        "first_seq": 1,
        "last_seq": 3,
        "first_digest_us": 0,
        "as_of_us": logs.rows("log_checkpoint")[0].at_us,
        "end_size": 3,
        "end_root": root(logs.leaves()[:3]).hex(),
    }


def answered(logs, manifest):
    name = ask(logs.folder, manifest)
    logs.step(0)
    assert list((logs.folder.path / "asked").iterdir()) == []
    (answer,) = (logs.folder.path / "signed").glob(f"{name}.*")
    return name, answer.suffix, answer.read_text()


def test_a_manifest_that_ends_with_a_checkpoint_is_signed(logs, manifest):
    name, suffix, text = answered(logs, manifest)
    assert suffix == ".note"
    note = parse(text)
    assert note.text == manifest_text(manifest["origin"], name)
    assert is_signed(note, logs.signer.key.name, logs.signer.key.public)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"kind": "other"}, "its kind is not"),
        ({"origin": "crossfade/another/clinic"}, "is not the log"),
        ({"tenant": "other"}, "is not the log"),
        ({"end_size": 4}, "no checkpoint of 4 events"),
        ({"end_size": "3"}, "no manifest of an export"),
        ({"end_root": "ab" * 32}, "no checkpoint of 3 events"),
        ({"end_root": 7}, "no manifest of an export"),
        ({"end_size": 2**70}, "no manifest of an export"),
        ({"end_size": True}, "no manifest of an export"),
        ({"first_digest_us": 3_600_000_000}, "the first digest of the log is of another hour"),
        ({"purpose": "a study"}, "no export.requested of this log says the same"),
        ({"approved_by": "aminah"}, "no export.requested of this log says the same"),
        ({"approved_by": None}, "no export.requested of this log says the same"),
        ({"requested_by": "aminah"}, "no export.requested of this log says the same"),
        ({"profile": "redacted"}, "no export.requested of this log says the same"),
        ({"to_us": 3}, "no export.requested of this log says the same"),
        ({"certified_by": "somebody"}, "none says certified_by"),
        ({"notes": {}}, "no export.requested of this log says the same"),
        ({"as_of_us": 0}, "the checkpoint of 3 events is of another moment"),
        ({"first_seq": 2}, "stand before event 2, and it leaves them out"),
        ({"last_seq": 2}, "stand behind event 2, and it leaves them out"),
        ({"last_seq": "2"}, "no manifest of an export"),
    ],
)
def test_another_manifest_is_refused_in_words(logs, manifest, changed, why):
    _, suffix, text = answered(logs, manifest | changed)
    assert (suffix, why in text) == (".refused", True)


def test_a_manifest_that_is_too_long_is_refused_and_not_left_waiting(
    logs, manifest, monkeypatch
):
    for module in (door, folder):
        monkeypatch.setattr(module, "LARGEST_ASKED", 1000)
    _, suffix, text = answered(logs, manifest | {"files": ["x" * 1000]})
    assert (suffix, "longer than 1,000 bytes" in text) == (".refused", True)
    assert answered(logs, manifest)[1] == ".note"


def test_whatever_goes_wrong_with_one_is_told_to_who_asked_and_keeps_no_other_waiting(
    logs, manifest, monkeypatch, caplog
):
    def breaks(*_):
        raise ZeroDivisionError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(door, "manifest_text", breaks)
        _, suffix, text = answered(logs, manifest)
    assert (suffix, "ZeroDivisionError" in text) == (".refused", True)
    assert "a fault of ours" in caplog.text
    assert answered(logs, manifest | {"files": []})[1] == ".note"


def test_a_name_that_leaves_no_room_for_an_ending_is_answered_and_keeps_no_other_waiting(
    logs, manifest
):
    name = "a" * 245
    (logs.folder.path / "asked" / f"{name}.json").write_bytes(b"{}")
    assert answered(logs, manifest)[1] == ".note"
    told = hashlib.sha256(name.encode()).hexdigest()
    assert (logs.folder.path / "signed" / f"{told}.refused").exists()


def test_a_store_that_fails_leaves_what_was_asked_waiting(logs, manifest, monkeypatch):
    def fails(*_):
        raise StoreError("away")

    monkeypatch.setattr(door.heads, "at_size", fails)
    name = ask(logs.folder, manifest)
    with pytest.raises(StoreError):
        door.answer(logs.folder, logs.store, logs.signer.key, logs.signer.state)
    assert [one for one, _ in logs.folder.asked()] == [name]


def test_a_request_by_another_name_or_of_no_json_is_refused(logs, manifest):
    _, suffix, text = answered(logs, b"[" * 100_000)
    assert (suffix, "no manifest" in text) == (".refused", True)
    _, suffix, text = answered(logs, b"[]")
    assert (suffix, "no manifest" in text) == (".refused", True)
    (logs.folder.path / "asked" / "name.json").write_text(json.dumps(manifest))
    logs.step(0)
    assert "not named by" in (logs.folder.path / "signed" / "name.refused").read_text()


def test_a_checkpoint_that_only_the_store_knows_is_not_believed(logs, manifest):
    forged = {"root": "ab" * 32}
    where = signed_tables.log_checkpoint.c.size == 3
    with logs.store.write() as conn:
        conn.execute(update(signed_tables.log_checkpoint).where(where).values(forged))
    _, suffix, text = answered(logs, manifest | {"end_root": "ab" * 32})
    assert (suffix, "not what was signed any more" in text) == (".refused", True)
    with logs.store.write() as conn:
        conn.execute(delete(tables.event).where(tables.event.c.seq == 4))
    _, suffix, text = answered(logs, manifest | {"end_root": "ab" * 32, "build": "1"})
    assert (suffix, "run `crossfade fsck`" in text) == (".refused", True)


def test_a_manifest_names_the_first_hour_that_has_a_digest(logs, manifest):
    logs.step(7300)
    logs.append()
    logs.step()
    head = next(one for one in logs.rows("log_checkpoint")[::-1] if one.tenant == "clinic")
    later = manifest | {"end_size": head.size, "end_root": head.root, "as_of_us": head.at_us}
    first = min(row.period_us for row in logs.rows("log_digest") if row.tenant == "clinic")
    for told, ending in (
        (first, ".note"),
        (0, ".refused"),
        (first + 3_600_000_000, ".refused"),
    ):
        assert answered(logs, later | {"first_digest_us": told})[1] == ending
    assert answered(logs, manifest)[1] == ".note"


def test_a_request_that_is_not_signed_yet_is_signed_at_once_and_the_manifest_in_the_same_pass(
    logs, manifest
):
    request(logs, purpose="another")
    assert logs.checkpoints()[-1].size == 6
    assert answered(logs, manifest | {"purpose": "another"})[1] == ".note"
    assert logs.checkpoints()[-1].size == 7


def test_a_request_that_was_written_over_another_event_is_not_believed(logs, manifest):
    with logs.store.read() as conn:
        (said,) = [one for one in events.read(conn, "clinic") if one.type == "export.requested"]
    forged = said.body.replace("a complaint", "a study")
    where = tables.event.c.seq == said.seq
    with logs.store.write() as conn:
        conn.execute(update(tables.event).where(where).values(body=forged))
    _, suffix, text = answered(logs, manifest | {"purpose": "a study"})
    assert (suffix, "event 6 is not what was signed" in text) == (".refused", True)


def test_of_a_refused_log_what_was_signed_is_exported_still(logs, manifest):
    logs.append(count=2)
    with logs.store.write() as conn:
        conn.execute(delete(tables.event).where(tables.event.c.seq == 7))
    logs.step()
    assert "clinic" in logs.refusals()
    request(logs, purpose="what was broken")
    assert answered(logs, manifest | {"purpose": "what was broken"})[1] == ".note"


def test_a_purpose_that_names_another_patient_than_was_covered_is_no_purpose_of_the_log(
    logs, manifest
):
    purpose = "complaint of 900101-14-5678"
    request(logs, purpose=redacted(purpose))
    assert answered(logs, manifest | {"purpose": purpose})[1] == ".refused"
    assert answered(logs, manifest | {"purpose": redacted(purpose)})[1] == ".note"


def covering(seq, tenant="clinic"):
    return {"kind": "crossfade.checkpoint", "tenant": tenant, "seq": seq}


def test_a_log_is_signed_at_once_where_an_event_of_it_is_to_be_covered(logs):
    logs.append(count=3)
    logs.append(tenant="other", count=2)
    logs.step()
    logs.append(count=2)
    logs.append(tenant="other")
    _, suffix, text = answered(logs, covering(4))
    assert (suffix, Checkpoint.read(parse(text).text).size) == (".note", 5)
    assert [one.size for one in logs.checkpoints("other")] == [2], "nothing else is hurried"
    assert answered(logs, covering(1))[2] == text, "what is covered is told as it is"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (covering(9), "has no event 9"),
        (covering(1, "nobody"), "the log of nobody has no event 1"),
        (covering(0), "no event to cover"),
        (covering(True), "no event to cover"),
        (covering(2**60), "no event to cover"),
        (covering(1, None), "no event to cover"),
        ({"kind": "crossfade.checkpoint"}, "no event to cover"),
    ],
)
def test_what_is_not_on_record_is_not_waited_for(logs, asked, why):
    logs.append(count=3)
    logs.step()
    _, suffix, text = answered(logs, asked)
    assert (suffix, why in text) == (".refused", True)


def test_of_a_refused_log_no_further_event_is_covered(logs):
    logs.append(count=3)
    logs.step()
    with logs.store.write() as conn:
        conn.execute(delete(tables.event).where(tables.event.c.seq == 2))
    logs.append(count=2)
    logs.step()
    assert "clinic" in logs.refusals()
    _, suffix, text = answered(logs, covering(5))
    assert (suffix, "the log is signed no further" in text) == (".refused", True)
    assert answered(logs, covering(3))[1] == ".note"


def test_an_event_that_only_the_store_has_as_signed_is_not_covered(logs):
    logs.append(count=3)
    logs.step()
    with logs.store.write() as conn:
        conn.execute(delete(signed_tables.log_checkpoint))
    assert answered(logs, covering(3))[1] == ".note"
    assert [one.size for one in logs.checkpoints()] == [3], "the store is told once more"
