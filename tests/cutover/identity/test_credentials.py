"""What local users prove to be themselves with, as the store keeps it."""

import pytest
from rollouts import ROOT

from cutover import people
from cutover.identity import credentials, guesses, sign_ins
from cutover.identity.guesses import Place
from cutover.people import Deed, Role
from mirror.journal import events
from mirror.journal.seal import Sealer

NOW = 1_000_000_000_000
DEED = Deed(ROOT, NOW, "first day")


@pytest.fixture
def sealer(home):
    return Sealer.open(home)


@pytest.fixture
def conn(store):
    with store.write() as conn:
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=NOW)
        yield conn


def told(conn):
    return [one.type for one in events.read(conn, "")]


def test_who_has_none_has_nothing_that_matches(conn, sealer):
    assert credentials.find(conn, "anna", sealer) == credentials.NONE
    assert credentials.find(conn, "nobody", sealer) == credentials.NONE
    assert not credentials.set_totp(conn, "anna", "SECRET", sealer, DEED)
    assert credentials.find(conn, "anna", sealer) == credentials.NONE


def test_a_new_password_signs_out_everywhere_and_is_an_event(conn, sealer):
    credentials.set_password(conn, "anna", "hash one", DEED)
    token, _ = sign_ins.begin(conn, "anna", NOW)
    for _ in range(5):
        guesses.begin(conn, "anna", Place.SIGN_IN, lambda: NOW)
    credentials.set_password(conn, "anna", "hash two", DEED)
    assert sign_ins.find(conn, token, NOW) is None
    assert credentials.find(conn, "anna", sealer).password == "hash two"
    assert guesses.begin(conn, "anna", Place.SIGN_IN, lambda: NOW) == 0
    assert told(conn) == ["user.added", "user.password_set", "user.password_set"]


def test_the_secret_of_an_app_is_sealed_and_bound_to_its_user(conn, sealer):
    credentials.set_password(conn, "anna", "hash", DEED)
    assert credentials.set_totp(conn, "anna", "SECRETOFANAPP", sealer, DEED)
    assert credentials.find(conn, "anna", sealer).totp == "SECRETOFANAPP"
    kept = conn.exec_driver_sql("SELECT totp FROM credential").scalar()
    assert b"SECRETOFANAPP" not in bytes(kept)
    assert credentials.set_totp(conn, "anna", "", sealer, DEED)
    assert credentials.find(conn, "anna", sealer).totp == ""
    assert told(conn)[-2:] == ["user.totp_set", "user.totp_removed"]


def test_a_code_is_used_once_however_many_send_it(conn, sealer):
    credentials.set_password(conn, "anna", "hash", DEED)
    assert credentials.use_code(conn, "anna", 7)
    assert not credentials.use_code(conn, "anna", 7)
    assert not credentials.use_code(conn, "anna", 6)
    assert credentials.use_code(conn, "anna", 8)


def test_who_is_removed_leaves_nothing_to_prove(conn, sealer):
    credentials.set_password(conn, "anna", "hash", DEED)
    sign_ins.begin(conn, "anna", NOW)
    guesses.begin(conn, "anna", Place.SIGN_IN, lambda: NOW)
    people.remove(conn, "anna", by=ROOT, at_us=NOW)
    assert credentials.find(conn, "anna", sealer) == credentials.NONE
