"""Hourly digests: every event in one, empty hours too, each bound to the one before."""

import hashlib
import json
from itertools import pairwise

from signed_logs import HOUR_US, START_US, root

from mirror.journal.signed import digests
from mirror.journal.signed.digests import (
    hour_of,
    is_due,
    jumped_us,
    kept,
    signature_of,
    text_of,
)
from mirror.journal.signed.folder import Signed
from mirror.journal.signed.note import parse, read_digest
from mirror.journal.signed.signing import is_signed


def found(logs, tenant="clinic"):
    with logs.store.read() as conn:
        return kept(conn, tenant)


def bodies(logs, tenant="clinic"):
    return [json.loads(one.body) for one in found(logs, tenant)]


def test_digests_are_chained_by_hash_and_signature_over_empty_hours(logs):
    logs.append(count=2)
    logs.append(type="audit.gap")
    logs.step(3700)
    logs.step(3600)
    logs.append()
    logs.step(3600)
    chain = found(logs)
    first, empty, last = bodies(logs)
    assert [one["period_start_us"] for one in (first, empty, last)] == [
        START_US + HOUR_US * number for number in range(3)
    ]
    assert (first["first_seq"], first["last_seq"], first["gaps"]) == (1, 3, [3])
    assert first["counts"] == {"audit.gap": 1, "hold.placed": 2}
    assert (empty["first_seq"], empty["last_seq"], empty["counts"]) == (0, 0, {})
    assert (last["first_seq"], last["last_seq"], last["size"]) == (4, 4, 4)
    assert (first["previous_sha256"], first["previous_signature"]) == ("", "")
    for before, after in pairwise(chain):
        said = json.loads(after.body)
        assert said["previous_sha256"] == hashlib.sha256(before.body.encode()).hexdigest()
        assert said["previous_signature"] == before.note.splitlines()[-1]
    for one, said in zip(chain, bodies(logs), strict=True):
        note = parse(one.note)
        assert is_signed(note, logs.signer.key.name, logs.signer.key.public)
        assert read_digest(note.text) == (said["origin"], one.period_us, one.sha256)
        assert bytes.fromhex(said["root"]) == root(logs.leaves()[: said["size"]])


def test_an_hour_ends_with_the_last_event_before_the_next_and_late_ones_come_later(logs):
    logs.append(count=2)
    logs.step(3500)
    logs.clock.go(110)  # ten seconds into the next hour
    logs.append(count=3)
    logs.append(at_us=START_US + 5)  # told late
    logs.clock.go(20)
    logs.step(0)
    (first,) = bodies(logs)
    assert (first["last_seq"], first["size"]) == (2, 2)
    logs.step(3600)
    _, second = bodies(logs)
    assert (second["first_seq"], second["last_seq"]) == (3, 6)
    assert second["oldest_us"] == START_US + 5 < second["period_start_us"]


def test_events_of_a_clock_that_was_ahead_keep_nothing_waiting(logs):
    logs.append(at_us=START_US + 10**15)
    logs.append()
    logs.step(3700)
    (first,) = bodies(logs)
    assert (first["first_seq"], first["last_seq"]) == (1, 2)
    assert first["newest_us"] == START_US + 10**15


def test_every_hour_that_passed_gets_its_digest_also_after_a_jump_of_the_clock(logs):
    logs.append()
    logs.step()
    logs.clock.us += 60 * HOUR_US
    logs.step(0)
    assert len(bodies(logs)) == 48  # in one pass
    assert bodies(logs)[0]["clock"]["jumped_us"] == 60 * HOUR_US
    logs.step(0)
    assert len(bodies(logs)) == 60
    logs.clock.us -= 30 * HOUR_US  # and back: nothing is signed for an hour again
    logs.step()
    periods = [one["period_start_us"] for one in bodies(logs)]
    assert periods == [START_US + HOUR_US * number for number in range(60)]


def test_the_first_digest_covers_all_that_was_there_before(logs):
    logs.append(count=4, at_us=START_US - 10**12)
    logs.step(3700)
    (first,) = bodies(logs)
    assert (first["first_seq"], first["last_seq"]) == (1, 4)
    assert first["period_start_us"] == START_US


def test_a_digest_is_due_when_its_hour_is_over_and_all_of_it_is_signed():
    end_us = START_US + HOUR_US + digests.GRACE_US
    log = Signed(size=3, digested=3, hour_us=START_US)
    assert is_due(log, end_us)
    assert not is_due(log, end_us - 1)
    assert not is_due(Signed(size=3, digested=3, hour_us=START_US, refused="why"), end_us)
    assert not is_due(Signed(size=2, digested=3, hour_us=START_US), end_us)
    assert not is_due(Signed(), end_us)
    assert hour_of(START_US + HOUR_US - 1) == START_US


def test_the_hash_that_is_signed_is_of_the_body():
    body = '{"origin":"crossfade/a","period_start_us":7}'
    hashed = hashlib.sha256(body.encode()).hexdigest()
    assert text_of(body) == f"crossfade/a/digest\n7\n{hashed}\n"
    assert signature_of("") == signature_of("no note") == ""


def test_a_folder_that_is_an_older_copy_goes_on_with_the_digests_of_the_store(logs):
    logs.append()
    logs.step(3700)
    logs.append()
    logs.step(3600)
    (logs.folder.path / "state.json").unlink()
    logs.restart()
    logs.append()
    logs.step(3600)
    assert [one["first_seq"] for one in bodies(logs)] == [1, 2, 3]
    assert bodies(logs)[2]["previous_sha256"] == found(logs)[1].sha256


def test_a_digest_over_a_rewritten_log_is_not_signed(logs, monkeypatch):
    logs.append(count=5)
    logs.step()
    monkeypatch.setattr(digests, "verify_consistency", lambda *_: False)
    logs.step(3700)
    assert bodies(logs) == []
    assert set(logs.refusals()) == {"clinic", ""}


def test_the_deployments_own_log_is_told_of_every_tenants(logs):
    logs.append("a")
    logs.append("b")
    logs.step(3700)
    told = {
        json.loads(one.body)["object"]["id"] for one in logs.events(type="checkpoint.signed")
    }
    assert told == {"a", "b"}
    assert len(bodies(logs, "")) == 1


def test_a_clock_that_moves_by_itself_is_told_from_a_second_on():
    began = (1_000_000, 5.0)
    assert jumped_us(began, (4_000_000, 8.0)) == 0
    assert jumped_us(began, (4_900_000, 8.0)) == 0
    assert jumped_us(began, (5_000_000, 8.0)) == 1_000_000
    assert jumped_us(began, (1_000_000, 8.0)) == -3_000_000
