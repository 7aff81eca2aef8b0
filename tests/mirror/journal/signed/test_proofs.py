"""Proofs that are written can be checked by who has only them and the key."""

import json

import pytest
from signed_logs import root
from sqlalchemy import delete, update

from mirror.journal import tables
from mirror.journal.events import canonical, leaf_hash
from mirror.journal.signed import merkle, proofs
from mirror.journal.signed.note import Checkpoint, parse
from mirror.journal.signed.proofs import NothingToProve, ProofBroken

EVENT = tables.event.c


def proven(proof):
    """Checked with nothing but what the proof has."""
    head = Checkpoint.read(parse(proof["checkpoint"]).text)
    leaf = merkle.leaf_hash(proof["event"].encode())
    path = [bytes.fromhex(one) for one in proof["path"]]
    assert head.size == proof["size"]
    return merkle.verify_inclusion(proof["index"], head.size, leaf, path, head.root)


@pytest.fixture
def signed(logs):
    logs.append(count=300)
    logs.step()
    logs.append(count=5)
    logs.step()
    return logs


def ask(logs, of, *arguments):
    with logs.store.read() as conn:
        return json.loads(json.dumps(of(conn, *arguments)))


def test_an_events_proof_needs_nothing_else(signed):
    for seq in (1, 256, 257, 305):
        proof = ask(signed, proofs.inclusion, "clinic", seq)
        assert proven(proof)
        assert json.loads(proof["event"])["seq"] == seq
        assert (proof["index"], proof["size"]) == (seq - 1, 305)
        assert not proven(proof | {"event": proof["event"].replace("why", "who")})
    (key,) = proof["keys"]
    assert sorted(key) == [
        "id", "name", "public", "revoked_us", "since_us", "statement", "until_us",
    ]  # fmt: skip


def test_an_old_checkpoint_is_shown_to_be_extended(signed):
    with signed.store.read() as conn:
        old, new = proofs.heads.checkpoints(conn, "clinic")
    proof = ask(signed, proofs.consistency, old.note)
    path = [bytes.fromhex(one) for one in proof["path"]]
    before, after = (bytes.fromhex(one.root) for one in (old, new))
    assert merkle.verify_consistency(proof["from"], proof["to"], before, after, path)
    assert (proof["old_checkpoint"], proof["checkpoint"]) == (old.note, new.note)
    with signed.store.read() as conn:
        assert proofs.root_at(conn, "clinic", 300) == root(signed.leaves()[:300])


def test_a_proof_shows_on_demand_that_an_older_head_is_the_beginning_of_its_log(signed):
    root_at = root(signed.leaves()[:300])
    proof = ask(signed, proofs.inclusion, "clinic", 303, (300, root_at))
    assert proven(proof) and proof["extends"]["size"] == 300
    path = [bytes.fromhex(one) for one in proof["extends"]["path"]]
    after = Checkpoint.read(parse(proof["checkpoint"]).text).root
    assert merkle.verify_consistency(300, 305, root_at, after, path)
    assert "extends" not in ask(signed, proofs.inclusion, "clinic", 303)
    for since in ((300, bytes(32)), (306, root_at)):
        with pytest.raises(ProofBroken):
            ask(signed, proofs.inclusion, "clinic", 303, since)


def test_what_is_not_there_or_not_signed_is_told(signed):
    signed.append()
    origin = Checkpoint("crossfade/another/clinic", 3, bytes(32)).text()
    cases = (
        (proofs.inclusion, ("clinic", 999), "has no event 999"),
        (proofs.inclusion, ("clinic", 306), "not signed yet"),
        (proofs.inclusion, ("nobody", 1), "has no event 1"),
        (proofs.consistency, ("no note",), "no signed checkpoint"),
        (proofs.consistency, (signed.signer.key.sign(origin),), "no log of this deployment"),
    )
    for of, arguments, why in cases:
        with pytest.raises(NothingToProve, match=why):
            ask(signed, of, *arguments)


def test_a_log_that_is_not_what_was_signed_proves_nothing(signed):
    with signed.store.read() as conn:
        old, _ = proofs.heads.checkpoints(conn, "clinic")
    (row,) = [one for one in signed.events("clinic") if one.seq == 303]
    body = canonical(json.loads(row.body) | {"reason": "another"})
    where = (EVENT.tenant == "clinic") & (EVENT.seq == 303)
    with signed.store.write() as conn:
        conn.execute(update(tables.event).where(where).values(body=body, leaf=leaf_hash(body)))
    with pytest.raises(ProofBroken, match="not what was signed"):
        ask(signed, proofs.inclusion, "clinic", 303)
    with pytest.raises(ProofBroken, match="does not extend the checkpoint of 300"):
        ask(signed, proofs.consistency, old.note)
    larger = Checkpoint(Checkpoint.read(parse(old.note).text).origin, 999, bytes(32)).text()
    with pytest.raises(ProofBroken, match="305 signed events, and the checkpoint has 999"):
        ask(signed, proofs.consistency, signed.signer.key.sign(larger))
    with signed.store.write() as conn:
        conn.execute(delete(tables.event).where(where))
    with pytest.raises(ProofBroken, match="lost events"):
        ask(signed, proofs.inclusion, "clinic", 304)
