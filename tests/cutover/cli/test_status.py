"""`crossfade status`, with the controller and without."""

import json
import sqlite3
import time
from dataclasses import replace

import pytest
from builders import REHEARSAL, accepted
from click.testing import CliRunner
from looks import a_look, a_row
from rich.console import Console
from rollouts import ANNA, BEN, ERIK, KEY, World, a_policy
from starlette.testclient import TestClient

from cutover import deployment
from cutover.api.app import Api
from cutover.api.shapes import RolloutShape
from cutover.cli import control
from cutover.cli.status import PATIENCE_S, show, status
from cutover.emergency.switchboard import Switchboard
from mirror import backlog
from mirror.board import SharedBoard
from mirror.capacity import Load
from mirror.journal import breakers, exchanges
from mirror.journal.breakers import Tripped
from mirror.journal.store import Store


@pytest.fixture
def world(home, monkeypatch):
    monkeypatch.delenv("CROSSFADE_TOKEN", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


@pytest.fixture
def up(world, monkeypatch):
    """The control API answers, and one user is known on this box."""
    (world.home.tokens / "anna").write_text(world.add(ANNA)["anna"])
    world.home.control_file.write_text(json.dumps({"url": "http://testserver"}))
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    monkeypatch.setattr(control.httpx, "Client", lambda **given: TestClient(app))


@pytest.fixture
def run(world):
    return lambda *argv: CliRunner().invoke(status, [*argv, "--data", str(world.home.path)])


def test_the_table_tells_stage_share_verdict_and_what_it_waits_for(world, up, run):
    world.until_proposed()
    done = run()
    assert done.exit_code == 0
    row = next(line for line in done.output.splitlines() if "clinic" in line)
    for word in ("chat", "mirror", "0 %", "shown to be no worse", "a lead to approve"):
        assert word in row
    assert "not for production" in done.output
    assert done.stderr == ""


def test_a_narrow_terminal_gets_a_block_for_each_rollout_and_no_table(
    world, up, run, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    world.until_proposed()
    lines = [line.strip() for line in run().output.splitlines()]
    begins = lines.index(next(line for line in lines if line.startswith("clinic/chat")))
    assert lines[begins].startswith("clinic/chat  mirror 0 %, ")
    assert lines[begins + 1] == "promote: shown to be no worse"
    assert lines[begins + 2].startswith("waits for: a lead to approve the move to 20 %")


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("controller", ["acts", "down"])
def test_a_reason_that_looks_like_markup_is_shown_as_it_was_written(width, controller):
    why = "erik: see [/wiki] and [b]"
    row = a_row(stage="rolled_back", reasons=[why], waits_for=why, last_reason=why)
    paper = Console(width=width)
    with paper.capture() as taken:
        show(paper, a_look(row, controller=controller))
    assert "see [/wiki] and [b]" in " ".join(taken.get().split())


def test_what_is_live_is_watched_and_not_held(world):
    live = world.view().body() | {"stage": "live", "reasons": ("live: no harm shown", "more")}
    console = Console(record=True, width=90)
    show(
        console,
        {"production": True, "rollouts": [live | {"dry_run": ("DRY RUN: " + 99 * "much ",)}]},
    )
    said = " ".join(console.export_text().split())
    assert "watched DRY RUN: much" in said
    assert "... live: no harm shown waits for" in said
    assert "hold" not in said


def test_json_is_that_of_the_api(world, up, run):
    world.good(3)
    body = json.loads(run("--json").stdout)
    told = RolloutShape.model_validate(world.view().body())
    listed = {**told.model_dump(mode="json", by_alias=True), "needs": None}
    assert body["rollouts"] == [listed]


def test_why_a_rollout_was_rolled_back_stands_beside_it(world, up, run):
    world.to_canary()
    for _ in range(40):
        world.good(1, bad=True)
        if world.view().stage == "rolled_back":
            break
    reason = world.view().reasons[0]
    assert world.view().stage == "rolled_back"
    assert " ".join(reason.split()[:3]) in " ".join(run().output.split())


def test_copies_that_were_sent_too_late_are_counted(world, up, run):
    for number in range(2):
        world.exchange(copy_after_us=61_000_000, session=f"late{number}")
    world.clock.pass_s(3600)
    world.tick()
    assert "clinic chat: 2 copies sent over a minute late, left out" in run().stdout


def test_without_a_controller_the_store_is_read_and_that_is_said(world, run):
    world.to_canary()
    world.good(4)
    world.desk.hold(ERIK, KEY, "wait")
    done = run()
    assert done.exit_code == 0
    assert "read from the store" in done.stderr
    row = next(line for line in done.stdout.splitlines() if "clinic" in line)
    for word in ("canary", "20 %", "4", "by erik: wait", "looks right"):
        assert word in row
    assert "the verdict is known only to a running controller" in done.stdout
    assert "not for production" not in done.stdout
    body = json.loads(run("--json").stdout)
    assert (body["controller"], body["rollouts"][0]["verdict"]) == ("down", None)


def test_without_a_controller_a_rehearsal_is_still_not_for_production(world, run):
    deployment.tell(world.home.path, world.policy)
    assert "not for production" in run().stdout
    assert json.loads(run("--json").stdout)["deployment"] == "test"


def test_a_token_of_somebody_else_is_refused(world, up, run, monkeypatch):
    monkeypatch.setenv("CROSSFADE_TOKEN", (world.home.tokens / "anna").read_text())
    assert run("--as", "anna").exit_code == 0
    done = run("--as", "ben")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'ben', but the token is that of 'anna'" in done.stderr


def test_a_standby_alone_is_as_good_as_none(world, up, run):
    world.controller.cabinet.release()
    done = run()
    assert done.exit_code == 0
    assert "read from the store" in done.stderr


def test_of_several_users_one_must_be_named(world, up, run):
    (world.home.tokens / "ben").write_text(world.add(BEN)["ben"])
    assert "name a user with --as; on this box: anna, ben" in run().stderr
    assert run("--as", "ben").stderr == ""


def test_an_empty_data_folder_is_told(tmp_path):
    done = CliRunner().invoke(status, ["--data", str(tmp_path)])
    assert done.exit_code == 2
    assert "holds no store" in done.output


def test_a_store_that_cannot_be_read_is_told_and_can_be_mended(tmp_path):
    (tmp_path / "store.db").write_text("no database at all")
    done = CliRunner().invoke(status, ["--data", str(tmp_path)])
    assert done.exit_code == 2, done.output
    assert "store.db" in done.stderr


def test_what_is_switched_is_told_before_the_rollouts(world, up, run):
    board = Switchboard(world.controller)
    board.drain(ERIK, "gpu", 3600, "new [fans]")
    board.switch_on(ERIK, "clinic", "", "wrong doses")
    first, second = run().output.splitlines()[1:3]
    assert "emergency clinic" in first and "(erik: wrong doses)" in first
    assert "gpu is drained until 2023-11-14 23:13:" in second and "new [fans]" in second


def test_what_is_in_flight_waits_and_was_shed_is_told_with_the_controller_and_without(
    world, run, request
):
    with world.store.write() as conn:
        for number in (1, 2, 3):
            exchanges.record_accept(conn, accepted(number, stage="canary"), world.sealer)
        backlog.shed(conn, "clinic", "chat", 1, 2 * 10**15)
        breakers.take(conn, "proxy-1", Tripped("clinic", "chat", "gpu", True, 1))
    with SharedBoard(world.home.load) as board:
        board.tell("gpu", Load((0, 0, 2)))
        alone = run().output
        request.getfixturevalue("up")
        for output in (alone, run().output):
            assert "gpu: 2 in flight (0 interactive, 0 batch, 2 copy), 0 wait" in output
            assert "clinic chat: 2 wait for a copy, the oldest for" in output
            assert "clinic chat: 1 copy shed so far: too many copies waited" in output
            assert "clinic chat: the circuit breaker to gpu is open for" in output


def test_a_dry_run_is_said_plainly(world, up, run):
    dry = REHEARSAL.model_copy(update={"dry_run": True})
    world.controller.policy = world.controller.cabinet.policy = a_policy(terms=dry)
    file = world.controller.cabinet.file(KEY)
    file.declared = world.controller.policy.rollouts[0]
    assert "DRY RUN: decisions are written down" in " ".join(run().stdout.split())
    world.good(60)
    assert "DRY RUN: the move to 20 % of the sessions" in " ".join(run().stdout.split())


def test_a_promotion_that_rests_on_the_pool_is_labelled(world, up, run, monkeypatch):
    world.until_proposed()
    file = world.controller.cabinet.file(KEY)
    file.tell(replace(file.told, pooled={"clinic": 9, "second": 30}))
    assert "shown to be no worse, pooled" in run().output


def test_a_store_that_somebody_writes_to_keeps_nobody_waiting(world, run):
    writer = sqlite3.connect(
        world.home.store_url.removeprefix("sqlite:///"), isolation_level=None
    )
    writer.execute("BEGIN IMMEDIATE")
    began_s = time.monotonic()
    done = run()
    assert done.exit_code == 0, done.output
    assert time.monotonic() - began_s < 2 * PATIENCE_S
    writer.close()


def test_a_store_that_is_locked_altogether_is_told_within_seconds(home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    Store.open(home.store_url).close()
    holder = sqlite3.connect(home.store_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("CREATE TABLE held (x)")
    began_s = time.monotonic()
    done = CliRunner().invoke(status, ["--data", str(home.path)])
    assert time.monotonic() - began_s < 2 * PATIENCE_S
    assert done.exit_code == 2
    assert "locked; another process has held it for too long" in done.stderr
    holder.close()
