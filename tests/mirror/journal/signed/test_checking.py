"""What was signed of a log is held against its events: every change of it is found and named."""

import json

import pytest
from signed_logs import HOUR_US, START_US, root
from sqlalchemy import delete, update

from mirror.journal import chain, tables
from mirror.journal.signed import heads, orders
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.checking import Marks
from mirror.journal.signed.growing import Complete
from mirror.journal.signed.keyring import Order
from mirror.journal.signed.note import Checkpoint

HEAD, DIGEST = signed_tables.log_checkpoint, signed_tables.log_digest


@pytest.fixture
def signed(logs):
    """Two checkpoints, a whole subtree, and three digests, the middle one empty."""
    logs.append(count=300)
    logs.append(type="audit.gap")
    logs.step(3700)
    logs.step(3600)
    logs.append(count=2)
    logs.step(3600)
    return logs


def found(logs):
    with logs.store.read() as conn:
        marks = Marks(conn, "clinic")
        *_, last = chain.checked(conn, "clinic", [marks.add])
        broken = last if not isinstance(last, int) else marks.end()
        return (str(broken), broken.gap) if broken else marks.signed


def change(logs, table, values, *where):
    with logs.store.write() as conn:
        query = update(table) if values else delete(table)
        query = query.where(table.c.tenant == "clinic", *where)
        conn.execute(query.values(values) if values else query)


def test_what_was_signed_is_found_good(signed):
    assert found(signed) == 303


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"root": "ab" * 32}, "checkpoint of 301 events has another root than they have"),
        ({"note": "words"}, "is no signed note"),
        ({"size": 302}, "has another root than they have"),
    ],
)
def test_a_changed_checkpoint_is_found(signed, values, told):
    change(signed, HEAD, values, HEAD.c.size == 301)
    assert told in found(signed)[0]


def test_a_checkpoint_of_another_log_or_key_is_found(signed):
    with signed.store.read() as conn:
        (other,) = heads.checkpoints(conn, "")[:1]
        old = heads.at_size(conn, "clinic", 301)
    change(signed, HEAD, {"note": other.note}, HEAD.c.size == 301)
    assert "a note that says something else" in found(signed)[0]
    lines = old.note.splitlines(keepends=True)
    forged = "".join([*lines[:-1], lines[-1][:-12] + "AAAAAAAAAA=\n"])
    change(signed, HEAD, {"note": forged}, HEAD.c.size == 301)
    assert found(signed) != 303


def test_another_key_in_the_store_signs_nothing_good(signed):
    with signed.store.write() as conn:
        conn.execute(update(signed_tables.signing_key).values(public="00" * 32))
    assert "no good signature of a key" in found(signed)[0]


def test_a_missing_digest_shows_by_the_next_one(signed):
    change(signed, DIGEST, None, DIGEST.c.period_us == START_US + HOUR_US)
    assert "says another `period_start_us`" in found(signed)[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"root": "ab" * 32},
        {"counts": {}},
        {"previous_sha256": "00"},
        {"gaps": []},
        {"oldest_us": 1},
        {"first_seq": 2},
        {"size": 2},
    ],
    ids=str,
)
def test_a_changed_digest_is_found_and_says_what(signed, changed):
    (first, *_) = [one for one in signed.rows("log_digest") if one["tenant"] == "clinic"]
    body = json.dumps(
        json.loads(first["body"]) | changed, sort_keys=True, separators=(",", ":")
    )
    change(signed, DIGEST, {"body": body}, DIGEST.c.period_us == first["period_us"])
    told, _ = found(signed)
    assert "the digest of 2025-11-26" in told


def test_a_digest_signed_for_another_body_or_of_no_json_is_found(signed):
    change(signed, DIGEST, {"note": "words"}, DIGEST.c.period_us == START_US)
    assert "is no signed note" in found(signed)[0]
    change(signed, DIGEST, {"body": "words"}, DIGEST.c.period_us == START_US)
    assert "does not go on" in found(signed)[0]


def test_a_subtree_from_which_proofs_would_be_false_is_found(signed):
    with signed.store.write() as conn:
        heads.keep_subtrees(conn, "clinic", [Complete(8, 0, bytes(32))])
    assert "event 256: the subtree that ends with it" in found(signed)[0]


def test_events_that_were_signed_and_are_gone_are_a_gap(signed):
    change(signed, tables.event, None, tables.event.c.seq > 302)
    told, gap = found(signed)
    assert (gap, "303 events were signed, and there are 302" in told) == (True, True)
    change(signed, HEAD, None, HEAD.c.size > 302)
    told, gap = found(signed)
    assert (gap, "has more events than there are" in told) == (True, True)


def stolen(logs, *, backdated_us=0):
    """A checkpoint of new events, by the log's first key, which was exchanged and revoked before."""
    key = logs.signer.key
    for kind, more in (("rotate", {}), ("revoke", {"key_id": key.id.hex()})):
        orders.give(
            logs.folder, kind, Order({"kind": "human", "name": "aminah"}, "why", 0), **more
        )
        logs.step(5)
    logs.clock.go(301)
    logs.append(count=2, at_us=logs.clock.us - backdated_us)
    with logs.store.write() as conn:
        size = len(logs.leaves())
        origin = logs.checkpoints()[-1].origin
        note = key.sign(Checkpoint(origin, size, root(logs.leaves())).text())
        heads.keep(conn, [heads.Head("clinic", size, root(logs.leaves()).hex(), 1, note)])
    return key


def test_a_checkpoint_that_a_key_signed_behind_its_end_is_named(signed):
    key = stolen(signed)
    told, gap = found(signed)
    assert f"305 events was signed too late: key {key.id.hex()} was revoked before" in told
    assert not gap


def test_one_that_is_no_older_than_the_log_says_is_not(signed):
    stolen(signed, backdated_us=600_000_000)
    assert found(signed) == 305


def test_a_key_that_is_exchanged_signs_on_and_nothing_is_wrong(signed):
    for _ in range(2):
        orders.give(
            signed.folder, "rotate", Order({"kind": "human", "name": "aminah"}, "why", 0)
        )
        signed.step(5)
        signed.append(count=3)
        signed.step(4000)
    assert found(signed) == 309
