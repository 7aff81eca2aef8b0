"""Payloads of a full export against what their events committed to."""

import hashlib
import json

import pytest
from bundles import MemoryLog, bundle, checked, kinds, signed_anew, unpacked

from cutover.exports.payloads import PIECE, Revealed

SALT = b"s" * 16
BODIES = {"x1": b"hello", "x2": None, "x3": b"", "x4": b"z" * (2 * PIECE + 5), "x5": False}


@pytest.fixture(scope="module")
def log():
    log = MemoryLog()
    for id, body in BODIES.items():
        commitment = hashlib.sha256(SALT + (body or b"")).hexdigest()
        log.add(
            "request.served",
            {"leg": "served", "body_commitment": commitment},
            of=("exchange", id),
        )
    log.add("request.served", {"leg": "served", "body_commitment": ""}, of=("exchange", "x9"))
    log.sign()
    return log


def opened(exchange, leg, name):
    assert (leg, name) == ("served", "body_commitment")
    body = BODIES[exchange]
    if body is None:
        return "erased"
    if body is False:
        return "unreadable"
    return SALT, iter([body[:3], body[3:]] if body else [])


@pytest.fixture(scope="module")
def files(log):
    return unpacked(bundle(log, Revealed(opened), profile="full"))


def test_payloads_are_what_was_committed_to_and_erased_ones_are_counted_apart(log, files):
    report = checked(signed_anew(log, files))
    assert (report.code, report.checked["payloads"], report.checked["payloads erased"]) == (
        0,
        3,
        1,
    )
    assert report.checked["payloads unreadable"] == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda told: [told[0].replace(b'"aGVs', b'"aGVz'), *told[1:]],
        lambda told: told[1:],
        lambda told: [told[0], told[0], *told[1:]],
        lambda told: [told[1], told[0], *told[2:]],
        lambda told: [*told, told[-1]],
        lambda told: told[:-1],
        lambda told: [told[0].replace(b'"more":true', b'"more":false'), *told[1:]],
        lambda told: [told[0].replace(b'"kept"', b'"keptt"'), *told[1:]],
        lambda told: [b"[]", *told[1:]],
        lambda told: [b"{", *told[1:]],
        lambda told: [told[0].replace(b'"salt":"', b'"salt":"?'), *told[1:]],
    ],
)
def test_a_payload_that_is_another_or_missing_is_named(log, files, change):
    told = files["payloads.jsonl"].split(b"\n")[:-1]
    changed = b"".join([line + b"\n" for line in change(told)])
    assert changed != files["payloads.jsonl"]
    found = checked(signed_anew(log, {**files, "payloads.jsonl": changed}))
    assert ("tampered", "payloads") in kinds(found)
    assert {one.file for one in found.findings if one.check == "payloads"} == {"payloads.jsonl"}


def test_erasing_does_not_change_the_proof(log, files):
    gone = unpacked(bundle(log, Revealed(lambda *_: "erased"), profile="full"))
    assert gone["events.jsonl"] == files["events.jsonl"]
    report = checked(signed_anew(log, gone))
    assert (report.code, report.checked["payloads erased"]) == (0, 5)
    said = [json.loads(line) for line in gone["payloads.jsonl"].splitlines()]
    assert all(one.keys() == {"seq", "of", "commitment", "state"} for one in said)


@pytest.fixture(scope="module")
def straying():
    """Three events, the second of which tells a time three days before."""
    log = MemoryLog()
    commitment = hashlib.sha256(SALT + b"hello").hexdigest()
    for after_us in (1_000_000, -3 * 86_400_000_000, 3 * 86_400_000_000):
        said = {"leg": "served", "body_commitment": commitment}
        log.add("request.served", said, of=("exchange", "x1"), after_us=after_us)
    log.sign()
    return log


def in_one_line(*_):
    return SALT, iter([b"hello"])


def test_of_an_event_that_tells_another_time_than_was_agreed_to_no_payload_leaves(straying):
    report = checked(content := bundle(straying, Revealed(in_one_line), profile="full"))
    assert report.code == 0
    assert (report.checked["payloads"], report.checked["payloads outside"]) == (2, 1)
    told = [json.loads(line) for line in unpacked(content)["payloads.jsonl"].splitlines()]
    assert [one["state"] for one in told] == ["kept", "outside", "kept"]


def test_a_payload_of_the_range_is_not_said_to_be_of_another_time(straying):
    files = unpacked(bundle(straying, Revealed(in_one_line), profile="full"))
    _, *rest = files["payloads.jsonl"].splitlines(keepends=True)
    lie = b"".join([rest[0].replace(b'"seq":2', b'"seq":1'), *rest])
    found = checked(signed_anew(straying, {**files, "payloads.jsonl": lie}))
    assert ("tampered", "payloads") in kinds(found)
