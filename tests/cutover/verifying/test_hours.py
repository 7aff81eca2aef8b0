"""The chain of hourly digests."""

import json

import pytest
from bundles import HOUR_US, MemoryLog, bundle, busy, checked, kinds, signed_anew, unpacked


@pytest.fixture
def log():
    log = MemoryLog()
    for _ in range(4):
        log.add("request.served", {"route": "chat"})
        log.close()
    log.close()
    log.sign()
    return log


def without(log, *names):
    files = unpacked(bundle(log))
    gone = {name for name in files if any(name.startswith(f"digests/{one}") for one in names)}
    return checked(
        signed_anew(log, {name: text for name, text in files.items() if name not in gone})
    )


def hours(log):
    return [
        name[8:-5]
        for name in unpacked(bundle(log))
        if name.startswith("digests/") and name.endswith(".json")
    ]


def test_every_hour_has_its_digest_also_an_empty_one(log):
    report = checked(bundle(log))
    assert (report.code, report.checked["digests"]) == (0, 5)


def test_a_missing_hour_is_a_gap_where_it_was_taken_out_or_cut_off(log):
    assert kinds(without(log, hours(log)[2])) == {("gap", "digests")}
    log.at_us += 3 * HOUR_US
    log.add("request.served", {})
    log.sign()
    assert ("gap", "digests") in kinds(checked(bundle(log)))
    assert ("gap", "digests") in kinds(without(log, "2"))


@pytest.mark.parametrize(
    "changed",
    [{"counts": {"request.served": 2}}, {"root": "0" * 64}, {"oldest_us": 1}, {"newest_us": 1}, {"size": 9},
     {"previous_sha256": "0" * 64}, {"previous_signature": "x"}, {"first_seq": 1}],
)  # fmt: skip
def test_a_digest_that_says_something_else_is_found_even_where_it_is_signed(log, changed):
    del log.hours[2:]
    log.close = lambda: None
    body = {**json.loads(log.hours[1].body), **changed}
    from hashlib import sha256

    from cutover.exports.source import Hourly
    from mirror.journal.events import canonical
    from mirror.journal.signed.note import digest_text

    text = canonical(body)
    note = log.signer.note(
        digest_text(log.origin, body["period_start_us"], sha256(text.encode()).hexdigest())
    )
    log.hours[1] = Hourly(body["period_start_us"], text, note)
    found = checked(bundle(log, to_us=log.hours[1].period_us + HOUR_US))
    assert ("tampered", "digests") in kinds(found)


def test_a_digest_or_a_signature_alone_or_of_another_is_refused(log):
    files = unpacked(bundle(log))
    one, other = [
        name for name in files if name.endswith(".sig") and name.startswith("digests/")
    ][:2]
    gone = {name: text for name, text in files.items() if name != one}
    assert ("gap", "digests") in kinds(checked(signed_anew(log, gone)))
    alone = {name: text for name, text in files.items() if name != one[:-4] + ".json"}
    assert ("tampered", "digests") in kinds(checked(signed_anew(log, alone)))
    assert ("tampered", "digests") in kinds(
        checked(signed_anew(log, {**files, one: files[other]}))
    )


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"origin":1}'])
def test_a_digest_of_another_shape_is_refused(log, text):
    files = unpacked(bundle(log))
    name = f"digests/{hours(log)[0]}.json"
    assert ("tampered", "digests") in kinds(checked(signed_anew(log, {**files, name: text})))


def test_a_new_deployment_has_no_digest_yet_and_lacks_none():
    log = MemoryLog()
    log.add("request.served", {})
    log.sign()
    assert checked(bundle(log)).code == 0
    assert checked(bundle(busy())).code == 0


def test_hours_before_the_log_had_its_first_digest_lack_none():
    log = MemoryLog()
    for _ in range(3):  # a store of before there was a signer
        log.add("request.served", {})
        log.at_us += 5 * HOUR_US
    old = log.at_us
    for _ in range(4):
        log.add("request.served", {})
        log.close()
    log.sign()
    del log.hours[0]  # the first digest speaks of all that was before
    assert checked(bundle(log, to_us=old)).code == 0
    late = json.loads(unpacked(bundle(log))["manifest.json"])["first_digest_us"]
    assert late == log.hours[0].period_us


def test_the_first_hours_cannot_be_left_out(log):
    assert ("gap", "digests") in kinds(without(log, hours(log)[0]))


def test_a_jump_of_the_signers_clock_is_a_note_each_time_that_it_is_another():
    log = MemoryLog()
    for jumped_us in (0, 2_000_000, 86_399_999_999, 86_400_000_001, 0):
        log.add("request.served", {"route": "chat"})
        log.jumped_us = jumped_us
        log.close()
    log.sign()
    report = checked(bundle(log))
    told = [one for one in report.findings if one.check == "clock" and "moved by" in one.what]
    assert (report.code, len(told)) == (0, 1)
    assert "86,400 seconds" in told[0].what and told[0].file == f"digests/{hours(log)[2]}.json"
