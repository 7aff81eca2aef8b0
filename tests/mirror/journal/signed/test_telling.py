"""What the signer tells the store is told once."""

import json

from mirror.journal.signed.digests import Digest
from mirror.journal.signed.folder import Signed
from mirror.journal.signed.telling import head, tell_digests, tell_refusals, whose


def test_a_refusal_and_a_digest_are_each_one_event_however_often_they_are_told(logs):
    for _ in range(2):
        tell_refusals(logs.store, {"clinic": Signed(refused="it is gone")}, 5)
        tell_digests(logs.store, {"clinic": Signed()}, [Digest("clinic", 0, "{}", "")], 5)
    refused, signed = [json.loads(one.body) for one in logs.events()]
    assert (refused["type"], refused["outcome"]) == ("signer.refused", "refused")
    assert (refused["reason"], signed["type"]) == ("it is gone", "checkpoint.signed")


def test_a_log_is_called_as_people_call_it_and_its_head_is_what_was_signed():
    assert whose("a") == "the log of a"
    assert whose("") == "the deployment's own log"
    found = head("a", Signed(1, ("ab" * 32,), note="note", at_us=3))
    assert (found.size, found.root, found.at_us, found.note) == (1, "ab" * 32, 3, "note")
