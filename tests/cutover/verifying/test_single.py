"""Proofs in one file."""

import json

import pytest
from bundles import Signer, busy

from cutover.exports.manifesting import keys as listed
from cutover.verifying.single import is_proof, verify_proof
from mirror.journal.signed.merkle import consistency_path, inclusion_path


@pytest.fixture(scope="module")
def log():
    return busy()


def inclusion(log, seq=5):
    path = inclusion_path(seq - 1, len(log.events), log.subtree())
    return {
        "kind": "crossfade.inclusion",
        "event": log.events[seq - 1],
        "index": seq - 1,
        "size": len(log.events),
        "path": [one.hex() for one in path],
        "checkpoint": log.heads[-1].note,
        "keys": json.loads(listed(log)),
    }


def consistency(log):
    old = log.heads[0]
    path = consistency_path(old.size, len(log.events), log.subtree())
    return {
        "kind": "crossfade.consistency",
        "old_checkpoint": old.note,
        "path": [one.hex() for one in path],
        "checkpoint": log.heads[-1].note,
        "keys": json.loads(listed(log)),
    }


def checked(said, pinned=None):
    return verify_proof(json.dumps(said).encode(), "proof.json", pinned)


def test_an_honest_proof_of_either_kind_is_valid(log):
    report = checked(inclusion(log))
    assert (report.code, report.facts["event"], report.facts["origin"]) == (0, 5, log.origin)
    assert checked(consistency(log)).code == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda said, log: said | {"event": log.events[5]},
        lambda said, log: said | {"index": 5},
        lambda said, log: said | {"size": 3},
        lambda said, log: said | {"path": said["path"][:-1]},
        lambda said, log: said | {"path": ["zz"]},
        lambda said, log: said | {"checkpoint": log.heads[0].note},
        lambda said, log: said | {"checkpoint": 3},
        lambda said, log: said | {"checkpoint": said["checkpoint"].replace("clinic", "other")},
        lambda said, log: said | {"keys": []},
        lambda said, log: said | {"kind": "other"},
        lambda said, log: {"kind": "crossfade.inclusion"},
        lambda said, log: said | {"event": "{}"},
        lambda said, log: said | {"index": "4"},
        lambda said, log: [said],
    ],
)
def test_a_changed_proof_is_refused(log, change):
    assert checked(change(inclusion(log), log)).code == 1


def test_a_log_that_did_not_grow_on_is_refused(log):
    other = busy()
    other.events[0] = other.events[0].replace("shown", "other")
    said = consistency(log)
    assert checked(said | {"path": said["path"][::-1]}).code == 1
    assert checked(said | {"old_checkpoint": log.heads[1].note}).code == 1


def test_the_reader_may_hold_the_keys(log):
    class Other:
        def public_keys(self):
            return [Signer(b"\5" * 32).listed()]

    assert checked(inclusion(log), listed(log).encode()).code == 0
    assert checked(inclusion(log), listed(Other()).encode()).code == 1


def test_a_key_that_the_reader_knows_to_be_revoked_proves_nothing(log):
    class Revoked:
        def __init__(self, at_us):
            self.at_us = at_us

        def public_keys(self):
            return [log.signer.listed(until_us=self.at_us, revoked_us=self.at_us)]

    at_us = json.loads(log.events[4])["at_us"]
    grace_us = 300_000_000
    # Signed behind the key's end for sure; or, for all that is known, before it or behind it.
    for revoked_us, code in ((at_us - grace_us, 1), (at_us - grace_us + 1, 2), (at_us + 1, 2)):
        found = checked(inclusion(log), listed(Revoked(revoked_us)).encode())
        assert (found.code, "revoked" in str(found.findings[0])) == (code, True)
    assert checked(consistency(log), listed(Revoked(at_us)).encode()).code == 2


def test_a_proof_is_told_from_a_bundle():
    assert is_proof(b'\n {"kind"')
    assert not is_proof(b"README.txt\0")
