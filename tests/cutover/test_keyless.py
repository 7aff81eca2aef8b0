"""Which keys are missed is what was said in the last two hours."""

from cutover.keyless import SAID_US, missing, samples
from mirror.journal.keys.missing import Missing


def test_a_tenant_is_missed_until_two_hours_after_it_was_said_last(store):
    with store.write() as conn:
        for tenant, at_us in (("ward", 100), ("clinic", 100), ("ward", 200)):
            Missing(lambda: 1.0).tell(conn, tenant, at_us, "its file is gone")
        assert missing(conn, 200) == ["clinic", "ward"]
        assert missing(conn, 100 + SAID_US) == ["ward"]
        assert missing(conn, 200 + SAID_US) == []


def test_prometheus_is_told_how_many(store):
    with store.write() as conn:
        assert list(samples(conn, 200)) == [("crossfade_keys_missing", (), 0)]
        Missing(lambda: 1.0).tell(conn, "ward", 100, "its file is gone")
        assert list(samples(conn, 200)) == [("crossfade_keys_missing", (), 1)]
