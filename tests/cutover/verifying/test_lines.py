"""Events line by line: canonical, numbered, linked, and proven where they are of before."""

import json

import pytest
from bundles import MemoryLog, bundle, busy, checked, kinds, signed_anew, unpacked

from cutover.verifying.lines import event_of
from cutover.verifying.strict_json import NotJson
from mirror.journal.events import canonical


@pytest.fixture(scope="module")
def log():
    return busy()


@pytest.fixture(scope="module")
def files(log):
    return unpacked(bundle(log))


def signed(log, files, **changed):
    return checked(signed_anew(log, {**files, **changed}))


def lines(files):
    return files["events.jsonl"].split(b"\n")[:-1]


def joined(lines):
    return b"\n".join([*lines, b""])


def test_a_changed_event_is_named_with_its_line(log, files):
    told = lines(files)
    told[4] = told[4].replace(b'"outcome":"ok"', b'"outcome":"no"')
    found = signed(log, files, **{"events.jsonl": joined(told)})
    (one,) = [one for one in found.findings if one.check == "lines"]
    assert (one.file, one.line, one.event) == ("events.jsonl", 6, 6)
    assert "event 5" in one.what


def test_a_changed_last_event_does_not_lead_to_the_root(log, files):
    told = lines(files)
    told[-1] = told[-1].replace(b'"outcome":"ok"', b'"outcome":"no"')
    found = signed(log, files, **{"events.jsonl": joined(told)})
    assert ("tampered", "roots") in kinds(found)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda told: [*told[:3], *told[4:]], 4),
        (lambda told: [*told[:3], told[3], *told[3:]], 5),
        (lambda told: [*told[:3], told[4], told[3], *told[5:]], 4),
        (lambda told: [*told[:3], told[3].replace(b":", b": ", 1), *told[4:]], 4),
        (lambda told: [*told[:3], b"", *told[3:]], 4),
        (lambda told: [*told[:3], b"[]", *told[4:]], 4),
        (lambda told: told[:-1], 33),
    ],
)
def test_a_missing_doubled_swapped_or_broken_line_is_named(log, files, change, line):
    found = signed(log, files, **{"events.jsonl": joined(change(lines(files)))})
    assert [one.line for one in found.findings if one.check == "lines"] == [line]


def test_events_of_before_are_proven_one_by_one(log):
    begins = json.loads(log.events[20])["at_us"]
    part = unpacked(bundle(log, from_us=begins))
    assert part["context.jsonl"].count(b"\n") >= 1
    assert signed(log, part).code == 0
    told = part["context.jsonl"].split(b"\n")
    told[0] = told[0].replace(b'"reason":"shown"', b'"reason":"other"')
    for changed in (
        {"context.jsonl": b"\n".join(told)},
        {"context.jsonl": b""},
        {"proofs/inclusion.json": b"[]"},
    ):
        assert ("tampered", "context") in kinds(signed(log, part, **changed)), changed


@pytest.mark.parametrize("name", ["proofs/start.json", "proofs/end.json"])
def test_a_proof_of_another_shape_is_refused(log, files, name):
    for text in (
        b"",
        b"[]",
        b"{}",
        b'{"size":0,"hashes":["00"]}',
        b'{"hashes":[],"root":"","size":-1}',
    ):
        assert signed(log, files, **{name: text}).code == 1


def test_an_event_of_another_log_is_named(log, files):
    other = busy(MemoryLog(tenant="other"))
    found = signed(
        log, files, **{"events.jsonl": joined([one.encode() for one in other.events])}
    )
    assert any("another log" in one.what for one in found.findings)


def test_an_event_of_another_shape_is_none(log):
    said = json.loads(log.events[0])
    for changed in (
        {"seq": "1"},
        {"details": []},
        {"more": 1},
        {"actor": {}},
        {"seq": True},
        {"object": {"kind": 1}},
    ):
        with pytest.raises(NotJson):
            event_of(canonical({**said, **changed}).encode())
    assert event_of(log.events[0].encode()) == said
