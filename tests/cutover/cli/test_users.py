"""`crossfade user`."""

import json
import stat

import pytest
from click.testing import CliRunner

from cutover import people
from cutover.cli.users import user
from mirror.journal import events
from mirror.journal.home import Home
from mirror.journal.store import Store


@pytest.fixture
def run(tmp_path):
    return lambda *argv: CliRunner().invoke(user, [*argv, "--data", str(tmp_path / "data")])


def test_a_user_is_added_listed_and_removed(run, tmp_path):
    added = run("add", "anna", "--role", "lead", "--role", "viewer")
    assert added.exit_code == 0, added.output
    kept = tmp_path / "data" / "tokens" / "anna"
    token = kept.read_text().strip()
    assert token in added.output
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    store = Store.open(Home.open(tmp_path / "data").store_url)
    with store.read() as conn:
        assert people.authenticate(conn, token).name == "anna"
    store.close()
    assert "anna" in run("list").output
    assert token not in run("list").output
    assert run("remove", "anna").exit_code == 0
    assert not kept.exists()
    assert "nobody yet" in run("list").output


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("add", "Anna", "--role", "lead"), "not allowed"),
        (("add", "../x", "--role", "lead"), "not allowed"),
        (("add", "anna", "--role", "boss"), "boss"),
        (("add", "anna"), "--role"),
        (("remove", "anna"), "holds no store"),
        (("list",), "holds no store"),
        (("grant", "anna", "--role", "lead"), "holds no store"),
        (("revoke", "anna"), "holds no store"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_2(run, argv, says):
    done = run(*argv)
    assert done.exit_code == 2
    assert says in done.output
    assert "Traceback" not in done.output


def test_only_adding_somebody_begins_a_data_folder(run, tmp_path):
    for argv in (("list",), ("remove", "anna"), ("revoke", "anna")):
        run(*argv)
    assert not (tmp_path / "data").exists()
    assert run("add", "anna", "--role", "lead").exit_code == 0
    gone = run("remove", "erik")
    assert (gone.exit_code, "no user 'erik'" in gone.output) == (2, True)


def test_a_token_that_cannot_be_kept_adds_nobody(run, tmp_path):
    home = Home.open(tmp_path / "data")
    (home.tokens / "anna").mkdir()
    done = run("add", "anna", "--role", "lead")
    assert done.exit_code == 2
    assert "cannot keep the token" in done.output
    assert "nobody yet" in run("list").output


def test_a_second_user_of_the_name_is_refused_and_the_first_token_stays(run, tmp_path):
    run("add", "anna", "--role", "lead")
    token = (tmp_path / "data" / "tokens" / "anna").read_text()
    assert run("add", "anna", "--role", "viewer").exit_code == 2
    assert (tmp_path / "data" / "tokens" / "anna").read_text() == token


def test_a_role_for_one_tenant_is_given_listed_and_taken(run):
    added = run("add", "ida", "--role", "lead", "--tenant", "clinic-a")
    assert "ida added as lead for clinic-a" in added.output
    assert "no rollout of clinic-a is known here yet" in added.stderr
    assert "ida is viewer for every tenant" in run("grant", "ida", "--role", "viewer").output
    assert run("list").output.split() == ["ida", "viewer;", "lead", "for", "clinic-a"]
    taken = run("revoke", "ida", "--tenant", "clinic-a")
    assert "ida has no role for clinic-a any more" in taken.output
    assert run("list").output.split() == ["ida", "viewer"]
    again = run("revoke", "ida", "--tenant", "clinic-a")
    assert (again.exit_code, "no role of clinic-a alone" in again.stderr) == (2, True)


def test_every_change_of_a_person_says_why_in_the_event_log(run, tmp_path):
    assert run("add", "anna", "--role", "viewer", "--reason", "joins the ward").exit_code == 0
    more = ("--role", "engineer", "--tenant", "clinic")
    assert run("grant", "anna", *more, "--reason", "on call").exit_code == 0
    assert run("revoke", "anna", "--tenant", "clinic", "--reason", "off call").exit_code == 0
    assert run("remove", "anna", "--reason", "left us " + "x" * 1000).exit_code == 0
    store = Store.open(Home.open(tmp_path / "data").store_url)
    with store.read() as conn:
        said = [json.loads(one.body) for one in events.read(conn, "")]
    store.close()
    reasons = {one["type"]: one["reason"] for one in said}
    assert reasons["user.added"] == "joins the ward"
    assert (reasons["user.granted"], reasons["user.revoked"]) == ("on call", "off call")
    assert reasons["user.removed"].startswith("left us")
    assert len(reasons["user.removed"]) == 500
