"""Sessions of people who are signed in, on both engines."""

import pytest
from rollouts import ROOT

from cutover import people
from cutover.identity import sign_ins
from cutover.people import Role

NOW = 1_000_000_000_000


@pytest.fixture
def anna(store):
    with store.write() as conn:
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=NOW)
    return store


def test_a_token_stands_for_its_session_until_that_ends(anna):
    with anna.write() as conn:
        token, made = sign_ins.begin(conn, "anna", NOW)
        assert token.startswith("cfs_")
        assert sign_ins.find(conn, token, NOW) == made
        assert (made.name, made.auth_us) == ("anna", NOW)
        assert sign_ins.find(conn, token, made.expires_us - 1) == made
        assert sign_ins.find(conn, token, made.expires_us) is None
        assert sign_ins.find(conn, token + "x", NOW) is None


def test_signing_out_ends_one_and_only_it(anna):
    with anna.write() as conn:
        first, _ = sign_ins.begin(conn, "anna", NOW)
        second, _ = sign_ins.begin(conn, "anna", NOW)
        assert first != second
        assert sign_ins.end(conn, first)
        assert sign_ins.end(conn, first) is None
        assert sign_ins.find(conn, second, NOW)
        assert sign_ins.end_all(conn, "anna") == 1
        assert sign_ins.find(conn, second, NOW) is None


def test_sessions_that_ran_out_are_forgotten_at_the_next_sign_in(anna):
    with anna.write() as conn:
        _, old = sign_ins.begin(conn, "anna", NOW)
        sign_ins.begin(conn, "anna", old.expires_us)
        assert sign_ins.end_all(conn, "anna") == 1


def test_no_token_is_kept(anna):
    with anna.write() as conn:
        token, _ = sign_ins.begin(conn, "anna", NOW)
        kept = conn.exec_driver_sql("SELECT * FROM sign_in").all()
    assert token not in str(kept)
    assert sign_ins.digest(token) in str(kept)
