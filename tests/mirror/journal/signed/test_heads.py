"""What the store keeps of the signed log, on both engines."""

from signed_logs import START_US

from mirror.journal.signed import heads
from mirror.journal.signed.growing import Complete
from mirror.journal.signed.heads import Head, Key, Refusal


def test_a_deployment_has_one_id_and_keeps_it(store):
    with store.write() as conn:
        assert heads.deployment(conn) == ""
        drawn = heads.identify(conn)
        assert len(drawn) == 16 and int(drawn, 16) >= 0
        assert heads.identify(conn, "0" * 16) == heads.deployment(conn) == drawn


def test_logs_are_listed_with_how_far_they_are_and_how_far_they_are_signed(logs):
    with logs.store.read() as conn:
        assert heads.logs(conn) == []
        assert heads.waiting_since_us(conn) == 0
    logs.append("a", 2)
    logs.append("b", 3)
    logs.step(0)
    logs.append("b")
    with logs.store.read() as conn:
        found = {one.tenant: (one.newest, one.signed) for one in heads.logs(conn)}
    assert found == {"": (1, 1), "a": (2, 2), "b": (4, 3)}


def test_who_waits_longest_waits_since_its_event_or_the_checkpoint_before_it(logs):
    logs.append("a", at_us=START_US - 10**9)  # told late
    with logs.store.read() as conn:
        assert heads.waiting_since_us(conn) == START_US - 10**9
    logs.step(0)
    logs.clock.go(10)
    logs.append("a", at_us=START_US - 10**9)
    logs.append("b")
    with logs.store.read() as conn:
        assert heads.waiting_since_us(conn) == START_US
    logs.step(0, last=True)
    with logs.store.read() as conn:
        assert heads.waiting_since_us(conn) == 0


def test_checkpoints_are_found_by_size(store):
    rows = [Head("a", size, "aa" * 32, size, f"note {size}") for size in (3, 5, 9)]
    with store.write() as conn:
        heads.keep(conn, rows)
        heads.keep(conn, [Head("a", 5, "bb" * 32, 1, "another")])
        heads.keep(conn, [])
        assert heads.checkpoints(conn, "a") == rows
        assert heads.checkpoints(conn, "a", above=3, up_to=5) == rows[1:2]
        assert heads.checkpoints(conn, "a", limit=1) == rows[:1]
        assert heads.newest(conn, "a") == rows[2]
        assert heads.newest(conn, "b") is None
        assert heads.at_size(conn, "a", 5) == rows[1]
        assert heads.at_size(conn, "a", 4) is None
        assert [heads.covering(conn, "a", seq) for seq in (3, 4, 10)] == [*rows[:2], None]
        assert heads.gone(conn) == ["a"]


def test_subtrees_replace_those_of_a_pass_that_came_to_no_end(store):
    with store.write() as conn:
        heads.keep_subtrees(conn, "a", [Complete(8, at, bytes(32)) for at in range(3)])
        heads.keep_subtrees(conn, "a", [Complete(8, 1, b"1" * 32), Complete(8, 2, b"2" * 32)])
        heads.keep_subtrees(conn, "a", [])
        read = heads.subtrees(conn, "a")
        assert [read(8, at) for at in range(3)] == [bytes(32), b"1" * 32, b"2" * 32]


def test_keys_and_refusals_are_kept_once(store):
    key = Key("00000001", "crossfade/0", "aa" * 32, 5)
    refusal = Refusal("a", 1, 2, "why")
    with store.write() as conn:
        assert heads.add_key(conn, key) and not heads.add_key(conn, key)
        heads.end_key(conn, key.key_id, 9)
        assert [one.until_us for one in heads.keys(conn)] == [9]
        assert heads.refuse(conn, refusal) and not heads.refuse(conn, refusal)
        assert heads.refusals(conn) == [refusal]
        assert heads.resume(conn, "a") and not heads.resume(conn, "a")
