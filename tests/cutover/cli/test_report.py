"""`crossfade report`, on a data folder that nobody else uses."""

import csv
import io
import json

import pytest
import yaml
from click.testing import CliRunner
from rollouts import World

from cutover.cli.report import report
from mirror import applied
from mirror.journal import events
from mirror.journal.signed import heads
from mirror.journal.signed.heads import Head
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    text = yaml.safe_dump(world.policy.model_dump(mode="json", exclude_defaults=True))
    applied.apply(home.policies, text.encode())
    world.tick()
    world.to_canary()
    world.good(2)
    yield world
    store.close()


@pytest.fixture
def run(home):
    def run(*told, code=0):
        asked = [*told, "--tenant", "clinic", "--data", str(home.path)]
        done = CliRunner().invoke(report, asked)
        assert done.exit_code == code, done.output + done.stderr
        return done.stdout

    return run


def write(world, type, actor, details, tenant="clinic", at_us=1000):
    with world.store.write() as conn:
        events.append(
            conn, tenant=tenant, type=type, actor=actor, object={"kind": "exchange", "id": "e1"},
            at_us=at_us, details=details,
        )  # fmt: skip


def anna_applies_a_policy(world):
    """The first, at the very beginning."""
    write(
        world,
        "policy.applied",
        {"kind": "human", "name": "os:anna"},
        {"after": "aa"},
        tenant="",
        at_us=1,
    )


def test_what_left_is_told_with_under_whose_authority(world, run):
    anna_applies_a_policy(world)
    details = {"purpose": "shadow", "upstream": "openai", "sent_bytes": 120, "subject": "K7"}
    write(world, "egress.done", {"kind": "service", "name": "shadow"}, details)
    assert "1 request with 120 bytes left for a cloud" in run("egress")
    (group,) = json.loads(run("egress", "--json"))["groups"]
    assert (group["subject"], group["in_force_by"], group["policy_sha256"]) == (
        "K7",
        "os:anna",
        "aa",
    )
    (row,) = csv.DictReader(io.StringIO(run("egress", "--csv")))
    assert (row["exchange"], row["in_force_by"]) == ("e1", "os:anna")
    assert json.loads(run("egress", "--json", "--from", "2026-01-01"))["groups"] == []


def test_what_a_wrong_clock_stamped_is_left_out_and_that_is_said(world, home):
    left = {"purpose": "shadow", "upstream": "openai", "sent_bytes": 120}
    for at_us in (10**15, 10**15 + 1, 7, 10**15 + 2):
        write(world, "egress.done", {"kind": "service", "name": "shadow"}, left, at_us=at_us)
    asked = ["egress", "--tenant", "clinic", "--data", str(home.path), "--json"]
    span = ["--from", "2001-09-09", "--to", "2001-09-10"]
    done = CliRunner().invoke(report, [*asked, *span])
    (group,) = json.loads(done.stdout)["groups"]
    assert (done.exit_code, group["requests"]) == (0, 3)
    assert "1 event between those of this time" in done.stderr
    assert CliRunner().invoke(report, asked).stderr == ""


def test_what_left_by_a_wrong_clock_is_marked_with_when_it_was_recorded(world, run):
    anna_applies_a_policy(world)
    write(
        world,
        "policy.applied",
        {"kind": "human", "name": "os:ben"},
        {"after": "bb"},
        tenant="",
        at_us=10**15,
    )
    left = {"purpose": "shadow", "upstream": "openai", "sent_bytes": 120}
    before = run("egress", "--csv")
    with world.store.write() as conn:
        seq = events.read(conn, "clinic")[-1].seq
        heads.keep(conn, [Head("clinic", seq, "", 2_000, "")])
    for at_us in (3_000, 2 * 10**15):
        write(world, "egress.done", {"kind": "service", "name": "shadow"}, left, at_us=at_us)
    with world.store.write() as conn:
        heads.keep(conn, [Head("clinic", seq + 2, "", 4_000, "")])
    assert before.count("\n") == 1
    right, wrong = csv.DictReader(io.StringIO(run("egress", "--csv")))
    assert (right["in_force_by"], wrong["policy_sha256"]) == ("os:anna", "bb")
    assert wrong["in_force_by"] == (
        "os:ben (its time is a wrong clock's: recorded between 1970-01-01T00:00:00.002000Z and "
        "1970-01-01T00:00:00.004000Z, under policy aa of os:anna)"
    )
    assert "1 request of a time out of the log's order" in run("egress")
    first, second = json.loads(run("egress", "--json"))["groups"]
    assert ("in_doubt" in first, second["in_doubt"]) == (False, 1)


def test_who_saw_something_by_a_wrong_clock_stands_where_that_was_recorded(world, home):
    rita = {"kind": "human", "name": "rita"}
    with world.store.read() as conn:
        before = len(events.read(conn, "clinic"))
    hour_us = 3_600_000_000
    times = (10**15, 2 * 10**15, 10**15 + 2 * hour_us)
    for place, at_us in enumerate(times):
        write(world, "payload.viewed", rita, {"exchanges": 1}, at_us=at_us)
        with world.store.write() as conn:
            heads.keep(
                conn, [Head("clinic", before + place + 1, "", 10**15 + place * hour_us, "")]
            )
    asked = ["access", "--tenant", "clinic", "--data", str(home.path), "--json"]
    done = CliRunner().invoke(report, asked)
    seen = [row["seq"] for row in json.loads(done.stdout)["rows"] if row["actor"] == "rita"]
    assert seen == [before + 1, before + 2, before + 3]
    assert "1 event of a time out of the log's order" in done.stderr


def test_what_came_late_is_said_to_and_an_approval_that_stands_nowhere_is_not_counted(
    world, home
):
    with world.store.write() as conn:
        size = len(events.read(conn, "clinic"))
        heads.keep(conn, [Head("clinic", size, "", world.clock(), "")])
    anna = {"kind": "human", "name": "anna"}
    write(world, "approval.given", anna, {"proposal": "p"}, at_us=4 * 10**15)
    write(world, "payload.viewed", anna, {"exchanges": 1}, at_us=7)
    with world.store.write() as conn:
        heads.keep(conn, [Head("clinic", size + 2, "", world.clock() + 1, "")])
    asked = ["--tenant", "clinic", "--data", str(home.path), "--json"]
    assert CliRunner().invoke(report, ["promotion", *asked]).stderr == ""
    said = CliRunner().invoke(report, ["access", *asked]).stderr
    assert said.startswith("crossfade: 1 event of a time long past when recorded")
    assert "it came late" in said and "the time of a wrong clock" not in said
    write(world, "state.transition", anna, {"epoch": 9}, at_us=4 * 10**15)
    with world.store.write() as conn:
        heads.keep(conn, [Head("clinic", size + 3, "", world.clock() + 2, "")])
    said = CliRunner().invoke(report, ["promotion", *asked]).stderr
    assert said.startswith("crossfade: 1 event of a time out of the log's order")


def test_a_terminal_shows_two_hundred_rows_and_counts_the_rest(world, run):
    with world.store.write() as conn:
        for number in range(203):
            events.append(
                conn, tenant="clinic", type="egress.done", actor={"kind": "service", "name": "shadow"},
                object={"kind": "exchange", "id": f"e{number}"}, at_us=1000 + number,
                details={"purpose": "shadow", "upstream": "openai", "sent_bytes": 1, "subject": f"K{number}"},
            )  # fmt: skip
    told = run("egress")
    assert "and 3 more rows; --csv and --json have all" in told
    assert "203 requests with 203 bytes" in told
    assert "K199" in told and "K200" not in told
    assert len(json.loads(run("egress", "--json"))["groups"]) == 203


def test_who_saw_what_is_told(world, run):
    details = {"exchanges": 1, "exchange_ids": ["e1"]}
    write(world, "payload.viewed", {"kind": "human", "name": "rita"}, details)
    assert "rita" in run("access")
    (row,) = json.loads(run("access", "--json"))["rows"]
    assert (row["actor"], row["exchange_ids"]) == ("rita", "e1")
    assert run("access", "--csv").count("\n") == 2


def test_on_a_narrow_terminal_each_row_stands_in_lines_and_no_word_is_broken(
    world, run, monkeypatch
):
    details = {"exchanges": 1, "exchange_ids": ["e1"], "purpose": "audit"}
    write(world, "payload.viewed", {"kind": "human", "name": "rita.binti.ahmad"}, details)
    for columns, together in (("80", False), ("200", True)):
        monkeypatch.setenv("COLUMNS", columns)
        told = run("access")
        assert "rita.binti.ahmad" in told and "payload.viewed" in told
        (line,) = [one for one in told.splitlines() if "payload.viewed" in one]
        assert ("rita.binti.ahmad" in line) == together


def test_why_a_tenant_was_promoted_is_told_with_the_evidence_computed_again(world, run):
    moves = json.loads(run("promotion", "--json"))["moves"]
    entered = next(one for one in moves if one["signal"] == "enter_canary")
    assert entered["verdict_again"] == "equal" and entered["sessions"] > 0
    assert [one["printed_name"] for one in entered["approvals"]] == ["anna"]
    assert "equal" in run("promotion")
    assert "enter_canary" in run("promotion", "--csv")


def test_moves_before_the_time_that_is_asked_for_cost_nothing(world, run, monkeypatch):
    from cutover.evidence import observed

    def never(*_):
        raise AssertionError("nobody asked for this evidence")

    monkeypatch.setattr(observed, "exchanges", never)
    assert json.loads(run("promotion", "--json", "--from", "2030-01-01"))["moves"] == []


def test_a_tenant_of_which_nothing_is_on_record_is_told_as_such(world, home):
    asked = ["egress", "--tenant", "nobody", "--data", str(home.path)]
    done = CliRunner().invoke(report, asked)
    assert done.exit_code == 0 and "nothing is on record there" in done.stdout
