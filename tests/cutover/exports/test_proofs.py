"""The proofs of a bundle, as JSON. That they verify is tested with the verifier."""

import json

import pytest
from bundles import HOUR_US, MemoryLog, asked, busy

from cutover.exports import proofs
from cutover.exports.planned import ExportRefused, planned
from cutover.exports.source import Signed
from mirror.journal.signed.merkle import leaf_hash


def plan_of(log, end=None, **changed):
    return planned(log, asked(log, **changed), "1", end or log.heads[-1])


def test_a_log_that_does_not_lead_to_what_was_signed_is_not_exported():
    log = busy()
    plan = plan_of(log)
    log.events[3] = log.events[3].replace("served", "berved")
    begun, _ = proofs.start(log, plan)
    for body in log.events:
        begun = begun.add(leaf_hash(body.encode()))
    with pytest.raises(ExportRefused, match="was changed since"):
        proofs.end(log, plan, begun)


def test_kept_notes_that_are_none_or_of_another_log_are_refused():
    log, other = busy(), busy(MemoryLog(tenant="other"))
    assert proofs.kept_sizes(plan_of(log, kept=(log.heads[0].note,))) == [log.heads[0].size]
    for note in ("words", other.heads[0].note):
        with pytest.raises(ExportRefused, match="--old-checkpoint"):
            proofs.kept_sizes(plan_of(log, kept=(note,)))
    early = json.loads(log.events[0])["at_us"] + 1
    newer = plan_of(log, end=log.heads[0], to_us=early, kept=(log.heads[-1].note,))
    assert proofs.kept_sizes(newer) == []  # no proof leads back; the verifier says so


def test_checkpoints_are_thinned_to_the_first_of_every_hour_and_the_last():
    many = [Signed(size, "", size * HOUR_US // 60, "") for size in range(1, 150)]
    assert [one.size for one in proofs.thinned(many)] == [1, 60, 120, 149]
    assert list(proofs.thinned([])) == []
    assert [one.size for one in proofs.thinned(many[:1])] == [1]


def test_hours_are_named_as_people_name_them():
    assert proofs.hour_name(1_790_000_000_000_000 // HOUR_US * HOUR_US) == "20260921T14Z"
    assert proofs.hour_of(HOUR_US + 5) == HOUR_US
