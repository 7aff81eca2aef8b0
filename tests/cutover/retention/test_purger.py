import pytest
from builders import accepted
from rollouts import ANNA

from cutover.emergency import incidents
from cutover.people import Deed
from cutover.retention import erasing, holds
from cutover.retention.purger import DAYS_EVERY, Purger
from mirror.journal import chain, exchanges


def deed(world):
    return Deed(ANNA.actor, world.clock(), "asked for")


@pytest.fixture
def acting(world, keeping):
    """A purger of a controller that acts, by what the tenant keeps."""

    def made(keep, **more):
        world.controller.policy = keeping(keep, **more)
        return Purger(world.controller, world.sealer)

    return made


def once(purger):
    purger.controller.cabinet.lead()  # as the controller does four times a second
    purger.step()


def all_steps(purger):
    purger.controller.cabinet.lead()
    for _ in range(DAYS_EVERY):
        purger.step()


@pytest.mark.parametrize("keep", ["none", "until_scored"])
def test_what_was_scored_goes_at_once_and_what_waits_for_its_score_stays(
    world, seen, acting, keep
):
    purger = acting(keep)
    scored, waits = world.exchange(bad=True), world.exchange(pending=True)
    once(purger)
    assert (seen.kept(scored), seen.kept(waits)) == (False, True)
    (told,) = seen.told("retention.purged")
    assert told["details"]["count"] == 1 and told["details"]["first"] == scored
    assert told["details"]["keep"] == keep
    assert told["details"]["policy_sha256"] == purger.controller.cabinet.policy_sha256


def test_days_are_counted_from_when_a_request_was_accepted(world, seen, acting):
    purger = acting(30)
    old = world.exchange()
    world.clock.pass_s(30 * 86_400 - 60)
    new = world.exchange()
    all_steps(purger)
    assert seen.kept(old)
    world.clock.pass_s(120)
    all_steps(purger)
    assert (seen.kept(old), seen.kept(new)) == (False, True)


def test_holds_incidents_and_open_proposals_keep_payloads(world, seen, acting):
    purger = acting("until_scored")
    held, reported, free = (world.exchange() for _ in range(3))
    with world.store.write() as conn:
        hold = holds.place(conn, "clinic", deed(world), exchange_id=held)
        incidents.report(conn, reported, world.key, None, deed(world))
    once(purger)
    assert [seen.kept(one) for one in (held, reported, free)] == [True, True, False]
    with world.store.write() as conn:
        holds.lift(conn, hold.id, deed(world))
    once(purger)
    assert (seen.kept(held), seen.kept(reported)) == (False, True)


def test_what_is_put_on_hold_after_the_purger_looked_is_kept(world, seen, acting, monkeypatch):
    purger = acting("until_scored")
    held, free = world.exchange(), world.exchange()
    writing = type(purger.controller.cabinet).writing

    def late(cabinet):
        if not late.placed:
            late.placed = True
            with world.store.write() as conn:
                holds.place(conn, "clinic", deed(world), exchange_id=held)
        return writing(cabinet)

    late.placed = False
    purger.controller.cabinet.lead()
    monkeypatch.setattr(type(purger.controller.cabinet), "writing", late)
    purger.step()
    assert [seen.kept(one) for one in (held, free)] == [True, False]


def test_after_a_jump_of_the_clock_nothing_is_erased(world, seen, acting):
    purger = acting(30)
    old = world.exchange()
    world.clock.jump_s(400 * 86_400)
    all_steps(purger)
    assert seen.kept(old)
    world.clock.jump_s(-400 * 86_400)
    all_steps(purger)
    assert seen.kept(old)


def test_a_standby_erases_nothing(world, seen, keeping):
    scored = world.exchange()
    Purger(world.another("second", keeping("none")), world.sealer).step()
    assert seen.kept(scored)


def test_more_than_a_batch_is_erased_in_several_transactions(world, seen, acting, monkeypatch):
    monkeypatch.setattr(erasing, "BATCH", 2)
    purger = acting("until_scored")
    ids = [world.exchange() for _ in range(5)]
    once(purger)
    assert not any(map(seen.kept, ids))
    assert [one["details"]["count"] for one in seen.told("retention.purged")] == [2, 2, 1]


def test_when_a_month_is_over_and_nothing_of_it_is_kept_its_key_is_destroyed(
    world, seen, acting
):
    purger = acting(30)
    old = world.exchange()
    world.clock.pass_s(62 * 86_400)
    all_steps(purger)
    assert not seen.kept(old)
    assert seen.told("retention.purged")[0]["details"]["months_destroyed"] == [202311]


def test_the_key_of_a_month_goes_also_where_nothing_of_the_tenant_came_since(
    world, seen, acting
):
    purger = acting("none")
    world.exchange()
    once(purger)
    assert seen.told("retention.purged")[0]["details"]["months_destroyed"] == []
    world.clock.pass_s(17 * 86_400)  # December 1st and not yet a day
    all_steps(purger)
    assert seen.told("retention.months_ended") == []
    world.clock.pass_s(86_400)
    for _ in range(2):
        all_steps(purger)
    (told,) = seen.told("retention.months_ended")
    assert told["details"] == {"months_destroyed": [202311]}


def test_a_month_keeps_its_key_until_all_of_it_is_due(world, seen, acting):
    """A drainer that is days behind brings what the policy keeps for longer."""
    purger = acting(10)
    world.exchange()
    world.clock.pass_s(18 * 86_400)  # the month is over, and its last days are kept still
    all_steps(purger)
    assert seen.told("retention.purged")[0]["details"]["months_destroyed"] == []
    world.clock.pass_s(10 * 86_400)
    all_steps(purger)
    assert seen.told("retention.months_ended")[0]["details"]["months_destroyed"] == [202311]


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        ({}, True),
        ({"subject": "p" * 20}, True),
        ({"until_us": 1_700_000_000_000_000}, True),
        ({"from_us": 1_701_388_800_000_000}, False),  # December
        ({"exchange_id": "e1"}, False),  # which is known, and kept by itself
    ],
)
def test_a_month_into_which_a_hold_reaches_keeps_its_key_until_it_is_lifted(
    world, seen, acting, scope, kept
):
    purger = acting("none")
    world.exchange()
    once(purger)
    with world.store.write() as conn:
        hold = holds.place(conn, "clinic", deed(world), **scope)
    world.clock.pass_s(62 * 86_400)
    all_steps(purger)
    assert len(seen.told("retention.months_ended")) == (not kept)
    with world.store.write() as conn:
        holds.lift(conn, hold.id, deed(world))
    all_steps(purger)
    assert len(seen.told("retention.months_ended")) == 1


def test_the_log_is_whole_after_it_and_the_commitment_stands(world, seen, acting):
    purger = acting("none")
    id = world.exchange()
    before = [one["details"]["body_commitment"] for one in seen.told("request.served")]
    once(purger)
    assert [one["details"]["body_commitment"] for one in seen.told("request.served")] == before
    with world.store.read() as conn:
        assert all(isinstance(one, int) for one in chain.checked(conn, "clinic"))
        assert exchanges.load(conn, id, None).accept.session == "s1"


def test_of_what_was_erased_no_byte_is_left_in_the_folder(world, acting, store, home):
    if store.shared:
        pytest.skip("PostgreSQL keeps old rows until it vacuums: docs/payloads.md says so")
    purger = acting("until_scored")
    with store.write() as conn:
        record = accepted(1, body=b"x" * 90_000)  # in a file of its own
        exchanges.record_accept(conn, record, world.sealer)
        exchanges.abandon(conn, record.id, exchanges.Outcome.FAILED, "shadow_lost")
        sealed = conn.exec_driver_sql("SELECT body FROM exchange").scalar()
    file = world.sealer.file_of(sealed)
    assert file.exists()
    small = world.exchange()
    with store.read() as conn:
        body = conn.exec_driver_sql("SELECT body FROM exchange WHERE id = ?", (small,)).scalar()
    once(purger)
    assert not file.exists()
    with store.read() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    found = b"".join(p.read_bytes() for p in home.path.rglob("*") if p.is_file())
    assert body[21:60] not in found


def test_what_cannot_be_announced_is_told_and_tried_again(
    world, seen, acting, caplog, monkeypatch
):
    purger = acting("until_scored")
    id = world.exchange()

    def full(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(erasing, "announced", full)
    once(purger)
    assert seen.kept(id) and "not erased" in caplog.text
    monkeypatch.undo()
    once(purger)
    assert not seen.kept(id)
