"""`user password` and `user totp`, on a store of its own."""

import re
import time

import pyotp
import pytest
from click.testing import CliRunner
from rollouts import ROOT

from cutover import people
from cutover.cli.passwords import password, totp
from cutover.identity import credentials, passwords
from cutover.people import Role
from mirror.journal.seal import Sealer
from mirror.journal.store import Store

SAID = "correct horse battery"


@pytest.fixture
def store(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
    yield store
    store.close()


@pytest.fixture
def run(home, store):
    def run(command, *given, said=""):
        return CliRunner().invoke(command, [*given, "--data", str(home.path)], input=said)

    return run


@pytest.fixture
def kept(home, store):
    def kept():
        with store.read() as conn:
            return credentials.find(conn, "anna", Sealer.open(home))

    return kept


def test_a_password_is_set_and_shown_nowhere(run, kept):
    done = run(password, "anna", said=SAID + "\n")
    assert done.exit_code == 0
    assert SAID not in done.output
    assert passwords.matches(kept().password, SAID)


@pytest.mark.parametrize(
    ("name", "said", "says"),
    [
        ("anna", "short\n", "12 to 256 characters"),
        ("anna", "\n", "12 to 256 characters"),
        ("nobody", SAID + "\n", "no user 'nobody'"),
    ],
)
def test_what_is_no_password_changes_nothing(run, kept, name, said, says):
    done = run(password, name, said=said)
    assert done.exit_code == 2
    assert says in done.stderr
    assert kept() == credentials.NONE


def test_an_app_is_added_once_it_shows_the_right_code(run, kept, monkeypatch):
    run(password, "anna", said=SAID + "\n")
    codes = []

    def shown(text, **how):
        secret = re.search(r"^  ([A-Z2-7]{32})$", "".join(said), re.MULTILINE)[1]
        codes.append(secret)
        return pyotp.TOTP(secret).at(int(time.time()))

    said = []
    monkeypatch.setattr("click.echo", lambda text="", **how: said.append(f"{text}\n"))
    monkeypatch.setattr("click.prompt", shown)
    assert run(totp, "anna").exit_code == 0
    assert kept().totp == codes[0]
    assert run(totp, "anna", "--remove").exit_code == 0
    assert kept().totp == ""


def test_an_app_that_shows_another_code_shuts_nobody_out(run, kept):
    run(password, "anna", said=SAID + "\n")
    done = run(totp, "anna", said="000000\n")
    assert done.exit_code == 2
    assert "nothing was changed" in done.stderr
    assert kept().totp == ""


def test_without_a_password_there_is_no_code(run, kept):
    done = run(totp, "anna", "--remove")
    assert done.exit_code == 2
    assert "has no password yet" in done.stderr
