"""An export from the first event to the archive: the same bytes each time, also where it was killed."""

import json
from dataclasses import replace

import pytest
from bundles import MemoryLog, Signer, asked, bundle, busy, checked, unpacked

from cutover.exports.archive import Work
from cutover.exports.bundle import Export, begun
from cutover.exports.planned import ExportRefused, planned


class Killed(BaseException):
    """The process ends here."""


def export(log, out, sign=None, progress=lambda *_: None, **changed):
    wanted = asked(log, **changed)
    work, plan = begun(log, out, wanted, lambda: planned(log, wanted, "0.7.0", log.heads[-1]))
    return Export(log, plan, work, sign or log.manifest_note, progress).make(out)


def test_the_same_log_and_question_give_the_same_bytes(tmp_path):
    log = busy()
    one, other = bundle(log), bundle(busy())
    assert one == other
    made = export(log, tmp_path / "b.tar")
    assert ((tmp_path / "b.tar").read_bytes(), made.events) == (one, len(log.events))
    assert [file.name for file in tmp_path.iterdir()] == ["b.tar"]


def test_killed_after_any_file_and_run_again_it_gives_the_same_bytes(tmp_path, monkeypatch):
    log = busy(rounds=1)
    whole = bundle(log)
    write = Work.writing
    many = len(unpacked(whole))
    for last in range(0, many + 3, 3):
        out = tmp_path / f"b{last}.tar"
        left = [last]

        def counted(self, name, left=left):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return write(self, name)

        monkeypatch.setattr(Work, "writing", counted)
        try:
            export(log, out)
        except Killed:
            assert not out.exists()
        monkeypatch.setattr(Work, "writing", write)
        log.sign()  # what is signed meanwhile changes nothing of what was begun
        export(log, out)
        assert (last == 0) or out.read_bytes() == whole, last
        log.heads.pop()


def test_a_begun_export_is_not_mixed_with_another(tmp_path):
    log = busy(rounds=1)
    out = tmp_path / "b.tar"

    def refuse(_):
        raise ExportRefused("no signer")

    with pytest.raises(ExportRefused, match="no signer"):
        export(log, out, sign=refuse)
    assert not out.exists()
    with pytest.raises(ExportRefused, match="another export was begun"):
        export(log, out, purpose="other")
    (tmp_path / "b.tar.work" / "plan.json").write_text("{}")
    with pytest.raises(ExportRefused, match="delete it"):
        export(log, out)


def test_events_that_are_missing_from_the_log_are_not_exported_over(tmp_path):
    log = busy()

    class Gapped(MemoryLog):
        def bodies(self, first, last):
            yield from list(super().bodies(first, last))[:-2]

    gapped = Gapped(events=log.events, heads=log.heads, hours=log.hours)
    with pytest.raises(ExportRefused, match="fsck"):
        export(gapped, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_a_part_of_a_log_proves_where_it_stands():
    log = busy()
    for first in range(1, len(log.events) + 1, 5):
        content = bundle(log, from_us=json.loads(log.events[first - 1])["at_us"])
        assert checked(content).code == 0, first
        manifest = json.loads(unpacked(content)["manifest.json"])
        assert manifest["first_seq"] == first


def test_a_range_that_ends_before_the_checkpoint_is_led_up_to_it():
    log = busy()
    for last in range(1, len(log.events), 4):
        content = bundle(
            log, end=log.heads[-1], to_us=json.loads(log.events[last - 1])["at_us"] + 1
        )
        report = checked(content)
        assert (report.code, report.facts["last_seq"]) == (0, last)


def test_the_profile_decides_about_payloads():
    log = busy()
    files = unpacked(bundle(log))
    assert "payloads.jsonl" not in files
    said = json.loads(files["manifest.json"])
    assert said["redaction"]["payloads"] == "left out"
    assert replace(asked(log), profile="full").profile == "full"


def exchanging(log, times):
    """Makes the log's signer exchange its key that many times, each time while it is asked to sign a manifest."""
    keys, note = iter(range(2, 2 + times)), log.manifest_note

    def signs(content):
        if (seed := next(keys, None)) is not None:
            log.keys[-1] = log.signer.listed(until_us=log.at_us)
            log.signer = Signer(bytes([seed]) * 32)
            log.keys = [*log.keys, log.signer.listed(since_us=log.at_us)]
        return note(content)

    log.manifest_note = signs
    return log


def test_a_key_that_is_exchanged_while_the_export_is_made_is_among_its_keys():
    log = exchanging(busy(), times=2)
    content = bundle(log)
    assert checked(content).code == 0
    assert len(json.loads(unpacked(content)["keys.json"])) == 3


def test_an_export_that_no_listed_key_signs_is_not_made():
    log = busy()
    log.signer = Signer(b"\x09" * 32)
    with pytest.raises(ExportRefused, match="signs with a key that the store does not list"):
        bundle(log)
