import json

import pytest
from builders import accepted

from mirror.journal import events, intake
from mirror.journal.keys import peppers
from mirror.journal.keys.files import FOLDER, PEPPER_FILE, FileKeys
from mirror.journal.keys.missing import TOLD_S
from mirror.journal.keys.peppers import AGAIN_S, Peppers, fingerprint
from mirror.journal.keys.port import KeyLost
from mirror.journal.seal import Sealer
from mirror.journal.segments import Entry

ANNA = {"kind": "human", "name": "anna"}


@pytest.fixture
def keys(home):
    return FileKeys(home.keys / FOLDER)


@pytest.fixture
def now_s():
    return [0.0]


@pytest.fixture
def held(keys, now_s):
    return Peppers(keys, lambda: now_s[0])


def verified(store, held, tenant="clinic"):
    with store.write() as conn:
        return held.verified(conn, tenant, 7)


def look(store, held, tenant="clinic"):
    with store.write() as conn:
        held.look(conn, tenant, 7)


def said(store, tenant=""):
    with store.read() as conn:
        return [json.loads(one.body) for one in events.read(conn, tenant)]


def file_of(keys, tenant="clinic"):
    return keys.folder / tenant / PEPPER_FILE


def test_a_pepper_is_known_from_its_first_use_and_verified_ever_after(store, held, keys):
    assert verified(store, held) == keys.pepper("clinic") == verified(store, held)
    assert verified(store, held, "other") != keys.pepper("clinic")
    with store.read() as conn:
        known = peppers.known(conn)
    assert known == {one: fingerprint(keys.pepper(one)) for one in ("clinic", "other")}


def test_one_that_was_there_before_the_store_knew_of_any_is_taken_over(store, held, keys):
    was = keys.pepper("clinic")
    assert verified(store, held) == was


def test_a_fingerprint_tells_nothing_of_its_pepper(keys):
    pepper = keys.pepper("clinic")
    assert len(fingerprint(pepper)) == 16
    assert fingerprint(pepper) not in pepper.hex()


@pytest.mark.parametrize("how", ["vanished", "another"])
def test_where_the_pepper_is_another_nobody_is_looked_for_until_it_is_put_back(
    store, held, keys, how
):
    was = verified(store, held)
    file = file_of(keys)
    away = file.rename(file.with_suffix(".away"))
    if how == "another":
        file.write_bytes(b"x" * 32)
        file.chmod(0o600)
    with pytest.raises(KeyLost, match="put its file back") as lost:
        verified(store, held)
    assert "crossfade keys pepper --tenant clinic --accept" in str(lost.value)
    assert was.hex() not in str(lost.value)
    away.replace(file)
    assert verified(store, held) == was


def test_who_stores_pseudonyms_says_once_an_hour_that_they_are_others(
    store, held, keys, now_s, caplog
):
    look(store, held)
    file_of(keys).unlink()
    look(store, held)  # within the minute: not looked at again
    assert said(store) == []
    for _ in range(4):
        now_s[0] += AGAIN_S
        look(store, held)
    (told,) = said(store)
    assert (told["type"], told["outcome"]) == ("key.missing", "failed")
    assert told["object"] == {"kind": "tenant", "id": "clinic"}
    assert "pseudonyms are not those of before" in told["reason"]
    assert caplog.text.count("may not be found") == 1
    now_s[0] += TOLD_S
    look(store, held)
    assert len(said(store)) == 2


def test_a_key_store_that_is_away_is_told_and_stops_no_record(store, held, keys):
    verified(store, held)
    file_of(keys).unlink()
    file_of(keys).mkdir()
    look(store, held)
    assert [one["type"] for one in said(store)] == ["key.missing"]


def test_only_requests_of_patients_are_looked_after(store, home):
    sealer = Sealer.open(home)

    def take(number, **changes):
        with store.write() as conn:
            entry = Entry(accepted(number, **changes), 0)
            intake.take(conn, "spool", [entry], sealer, 7)
        with store.read() as conn:
            return peppers.known(conn)

    assert take(1) == {}
    assert set(take(2, subject="K7")) == {"clinic"}


def test_another_pepper_is_accepted_by_name_and_reason(store, held, keys):
    was = fingerprint(verified(store, held))
    file_of(keys).write_bytes(b"x" * 32)
    with store.write() as conn:
        before, now = peppers.accept(conn, keys, "clinic", ANNA, "no backup", 9)
    assert before == was != now == fingerprint(verified(store, held))
    (told,) = said(store, "clinic")
    assert (told["type"], told["reason"]) == ("pepper.accepted", "no backup")
    assert told["details"] == {"before": was, "after": now}


def test_a_tenant_of_which_none_was_known_may_be_accepted_too(store, keys):
    with store.write() as conn:
        before, now = peppers.accept(conn, keys, "clinic", ANNA, "restored", 9)
    assert (before, now) == ("", fingerprint(keys.pepper("clinic")))
