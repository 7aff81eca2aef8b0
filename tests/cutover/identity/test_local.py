"""How local users sign in and confirm."""

import pyotp
import pytest
from rollouts import ROOT, Clock

from cutover import people
from cutover.identity import credentials, passwords, sign_ins
from cutover.identity.local import ASKED, NEITHER, NO_PASSWORD, USED, WRONG, Local, NotProven
from cutover.people import Deed, Role
from mirror.journal import events
from mirror.journal.seal import Sealer

PASSWORD, SECRET = "correct horse battery", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HASH = passwords.hashed(PASSWORD)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def local(home, store, clock):
    sealer = Sealer.open(home)
    deed = Deed(ROOT, clock(), "")
    with store.write() as conn:
        for name in ("anna", "ben", "carl"):
            people.add(conn, name, [Role.LEAD], by=ROOT, at_us=clock())
        for name in ("anna", "ben"):
            credentials.set_password(conn, name, HASH, deed)
        credentials.set_totp(conn, "ben", SECRET, sealer, deed)
    return Local(store, sealer, clock)


def code(clock):
    return pyotp.TOTP(SECRET).at(clock() // 1_000_000)


def told(local):
    with local.store.read() as conn:
        kept = [one.body for one in events.read(conn, "")]
    assert PASSWORD not in str(kept) and SECRET not in str(kept)
    return [kind for body in kept for kind in _SIGNS if f'"{kind}"' in body]


_SIGNS = ("user.signed_in", "user.sign_in_failed", "user.signed_out", "user.confirm_failed")


def test_a_password_signs_in_and_a_session_is_signed_out_of(local, clock):
    token, made = local.sign_in("anna", PASSWORD, "")
    with local.store.read() as conn:
        assert sign_ins.find(conn, token, clock()) == made
    local.sign_out(token, "anna")
    local.sign_out(token, "anna")
    assert told(local) == ["user.signed_in", "user.signed_out"]


@pytest.mark.parametrize(
    ("name", "password", "given"),
    [
        ("anna", "wrong horse battery", ""),
        ("carl", PASSWORD, ""),
        ("nobody", PASSWORD, ""),
        ("", "", ""),
        ("ben", PASSWORD, ""),
        ("ben", PASSWORD, "000000"),
        ("ben", "", "right"),
    ],
)
def test_all_that_is_wrong_is_told_in_the_same_words(local, clock, name, password, given):
    with pytest.raises(NotProven) as caught:
        local.sign_in(name, password, code(clock) if given == "right" else given)
    assert str(caught.value) == WRONG
    known = name in ("anna", "ben")
    assert told(local) == (["user.sign_in_failed"] if known else [])


def test_who_has_an_app_signs_in_with_both_and_each_code_is_used_once(local, clock):
    used = code(clock)
    local.sign_in("ben", PASSWORD, used)
    with pytest.raises(NotProven):
        local.sign_in("ben", PASSWORD, used)
    clock.pass_s(30)
    local.sign_in("ben", PASSWORD, code(clock))


def test_somebody_signed_in_confirms_with_a_password_or_a_code(local, clock):
    local.confirm("anna", PASSWORD)
    local.confirm("ben", PASSWORD)
    used = code(clock)
    local.confirm("ben", f" {used} ")
    for name, proof, why in (
        ("anna", "no", NEITHER),
        ("ben", used, NEITHER),
        ("anna", "123456", NEITHER),
        ("anna", "", ASKED),
        ("carl", PASSWORD, NO_PASSWORD),
    ):
        with pytest.raises(NotProven) as caught:
            local.confirm(name, proof)
        assert str(caught.value) == why
    assert told(local) == ["user.confirm_failed"] * 3


def guess(local, times):
    for _ in range(times):
        with pytest.raises(NotProven):
            local.sign_in("anna", "a wrong guess", "")


def test_guessing_is_made_slow_and_ends_with_the_wait(local, clock):
    guess(local, 5)
    with pytest.raises(NotProven) as caught:
        local.sign_in("anna", PASSWORD, "")
    assert str(caught.value) == WRONG, "a right one that comes too early is told nothing"
    assert told(local) == ["user.sign_in_failed"] * 5
    clock.pass_s(2)
    local.sign_in("anna", PASSWORD, "")
    guess(local, 4)
    local.sign_in("anna", PASSWORD, "")


def test_who_guesses_at_signing_in_keeps_nobody_from_confirming(local):
    guess(local, 9)
    assert local.confirm("anna", PASSWORD) == "password"
    for _ in range(5):
        with pytest.raises(NotProven, match="neither"):
            local.confirm("anna", "a wrong guess")
    with pytest.raises(NotProven, match="try again in 2 s"):
        local.confirm("anna", PASSWORD)


def test_a_name_that_waits_is_looked_at_for_as_long_as_one_that_nobody_has(local, monkeypatch):
    guess(local, 5)
    looked = []
    monkeypatch.setattr(passwords, "matches", lambda kept, _: looked.append(kept))
    for name in ("anna", "nobody", "carl"):
        with pytest.raises(NotProven):
            local.sign_in(name, PASSWORD, "")
    assert looked == ["", "", ""]


def test_of_two_with_the_same_code_one_is_let_in(local, clock, monkeypatch):
    monkeypatch.setattr(credentials, "use_code", lambda *_: False)
    with pytest.raises(NotProven) as caught:
        local.sign_in("ben", PASSWORD, code(clock))
    assert str(caught.value) == USED
    assert told(local) == []


@pytest.mark.parametrize("name", ["anna", "ben"])
@pytest.mark.parametrize("ends", ["password", "app", "user"])
def test_what_is_replaced_while_it_is_looked_at_proves_nothing(
    local, clock, monkeypatch, name, ends
):
    def meanwhile(conn):
        deed = Deed(ROOT, clock(), "")
        if ends == "password":
            credentials.set_password(conn, name, "another hash", deed)
        elif ends == "app":
            credentials.set_totp(conn, name, SECRET[::-1], local.sealer, deed)
        else:
            people.remove(conn, name, by=ROOT, at_us=clock())

    def matches(*_):
        with local.store.write() as conn:
            meanwhile(conn)
        return True

    monkeypatch.setattr(passwords, "matches", matches)
    given = code(clock) if name == "ben" else ""
    with pytest.raises(NotProven) as caught:
        local.sign_in(name, PASSWORD, given)
    assert str(caught.value) == WRONG
    assert told(local) == []


@pytest.mark.parametrize("name", ["anna", "ben"])
def test_a_password_that_is_replaced_while_it_is_looked_at_confirms_nothing(
    local, clock, monkeypatch, name
):
    def matches(*_):
        with local.store.write() as conn:
            credentials.set_password(conn, name, "another hash", Deed(ROOT, clock(), ""))
        return True

    monkeypatch.setattr(passwords, "matches", matches)
    with pytest.raises(NotProven) as caught:
        local.confirm(name, PASSWORD)
    assert str(caught.value) == NEITHER
