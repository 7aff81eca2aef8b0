"""Bundles whose key was revoked: what is known of when it signed, and from whom."""

import pytest
from bundles import Signer, bundle, busy, checked, kinds

from cutover.exports.manifesting import keys as listed


@pytest.fixture(scope="module")
def log():
    return busy()


def revoked_later(log):
    """The keys of a reader who learned that the log's key was stolen, a second after the bundle was made."""
    later_us = log.heads[-1].at_us + 1_000_000
    return [log.signer.listed(until_us=later_us, revoked_us=later_us)]


class Held:
    """A list of keys that a reader has."""

    def __init__(self, keys):
        self.public_keys = lambda: keys


def test_a_manifest_over_a_list_that_has_its_key_as_revoked_was_signed_behind_that():
    log = busy()
    log.keys = revoked_later(log)
    found = checked(bundle(log))
    assert (found.code, kinds(found)) == (1, {("tampered", "signature")})
    assert "keys.json, which this signs, says so" in str(found.findings[0])


def test_a_bundle_whose_key_the_reader_knows_to_be_revoked_has_its_time_from_itself_alone(log):
    pinned = listed(Held(revoked_later(log))).encode()
    found = checked(bundle(log), pinned=pinned)
    assert (found.code, kinds(found)) == (2, {("gap", "keys")})
    assert "is the bundle's own word" in str(found.findings[0])
    assert found.facts["keys"][0]["revoked_us"] == log.heads[-1].at_us + 1_000_000


def test_a_checkpoint_of_its_end_that_the_reader_kept_vouches_for_its_events(log):
    pinned = listed(Held(revoked_later(log))).encode()
    found = checked(bundle(log), [log.heads[-1].note], pinned)
    assert (found.code, kinds(found)) == (0, set())
    assert any("the checkpoint that you kept" in str(one) for one in found.findings)
    assert checked(bundle(log), [log.heads[0].note], pinned).code == 2


def test_a_later_key_under_the_manifest_vouches_for_what_a_revoked_one_signed_before(log):
    signed = busy()
    new, keys = Signer(b"\x07" * 32), revoked_later(signed)
    signed.keys = [*keys, new.listed(since_us=keys[0].until_us)]
    signed.signer = new
    for pinned in (None, listed(Held(signed.keys)).encode()):
        found = checked(bundle(signed), pinned=pinned)
        assert (found.code, kinds(found)) == (0, set())
