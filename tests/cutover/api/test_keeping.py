"""The paths of legal holds and of the erasure of a patient: for compliance, proven anew, on record, never with the patient's name."""

import pytest
from exported_orders import a_client, a_world, by, told
from rollouts import PASSWORD
from sqlalchemy import update

from mirror.journal import exchanges
from mirror.journal.seal import Erased
from mirror.journal.store import Store
from mirror.journal.tables import exchange
from mirror.patient import pseudonym

HOLDS, ERASURES = "/v1/legal-holds", "/v1/erasures"
PATIENT = "MyKad 850101-14-5523"
WHY = {"reason": "request 4", "ticket": "CHG-9", "proof": PASSWORD}
ERASE = WHY | {"tenant": "clinic", "patient": PATIENT}
PLACE = WHY | {"tenant": "clinic", "reason": "court order 12"}


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = a_world(store, home)
    with store.write() as conn:
        pepper = world.sealer.ring.peppers.verified(conn, "clinic", 1)
    world.subject = pseudonym(pepper, PATIENT)
    yield world
    store.close()


@pytest.fixture
def ask(world):
    client = a_client(world)

    def ask(method, path, person="cora", headers=(), **given):
        return client.request(method, path, headers=by(world, person) | dict(headers), **given)

    return ask


def of_patient(world):
    """An exchange of the patient's."""
    id = world.exchange()
    with world.store.write() as conn:
        of = exchange.c.id == id
        conn.execute(update(exchange).where(of).values(subject=world.subject))
    return id


def kept(world, id):
    with world.store.read() as conn:
        try:
            return bool(exchanges.load(conn, id, world.sealer).accept.body)
        except Erased:
            return False


def type_of(said):
    return said.status_code, said.json()["type"].removeprefix("/problems/")


@pytest.mark.parametrize("named", ["patient", "pseudonym"])
def test_a_patient_is_erased_and_who_had_it_done_is_on_record(world, ask, named):
    theirs, other = of_patient(world), world.exchange()
    whom = {"patient": PATIENT} if named == "patient" else {"pseudonym": world.subject}
    said = ask("POST", ERASURES, json=WHY | {"tenant": "clinic"} | whom)
    assert said.status_code == 201, said.text
    assert (said.json()["subject"], said.json()["erased"]) == (world.subject, 1)
    assert (kept(world, theirs), kept(world, other)) == (False, True)
    (event,) = told(world, prefix="payload.erased")
    details = event["details"]
    assert (event["actor"]["name"], event["reason"]) == ("cora", "request 4")
    assert (details["before"], details["after"]) == ("kept", "erased")
    assert (details["confirmed_by"], details["ticket"]) == ("password", "CHG-9")
    assert details["subject"] == world.subject


def test_the_patients_reference_is_in_no_answer_event_log_or_file(world, ask, caplog):
    of_patient(world)
    answers = [ask("POST", ERASURES, json=ERASE) for _ in range(2)]
    answers.append(ask("POST", HOLDS, json=PLACE | {"patient": PATIENT}))
    answers.append(ask("POST", ERASURES, json=ERASE | {"patient": PATIENT * 30}))
    assert [one.status_code for one in answers] == [201, 409, 201, 422]
    digits = "850101"
    assert not any(digits in one.text for one in answers)
    assert digits not in caplog.text
    for file in world.home.path.rglob("*"):
        if file.is_file():
            assert digits.encode() not in file.read_bytes(), file


def test_what_is_on_legal_hold_is_refused_in_words_until_it_is_lifted(world, ask):
    id = of_patient(world)
    made = ask("POST", HOLDS, json=PLACE | {"patient": PATIENT})
    assert (made.status_code, made.json()["covers"]) == (201, 1)
    assert made.json()["hold"]["subject"] == world.subject
    no = ask("POST", ERASURES, json=ERASE)
    assert type_of(no) == (409, "legal-hold")
    assert "1 under a legal hold" in no.json()["detail"]
    assert kept(world, id)
    number = made.json()["hold"]["id"]
    assert [one["id"] for one in ask("GET", HOLDS, "ines").json()["holds"]] == [number]
    off = ask("POST", f"{HOLDS}/{number}/lift", json=WHY)
    assert (off.status_code, off.json()["lifted_by"]) == (200, "cora")
    assert type_of(ask("POST", f"{HOLDS}/{number}/lift", json=WHY)) == (409, "lifted-already")
    assert ask("GET", HOLDS).json()["holds"] == []
    assert len(ask("GET", HOLDS, params={"lifted": "true"}).json()["holds"]) == 1
    assert ask("POST", ERASURES, json=ERASE).status_code == 201
    placed, lifted = told(world, prefix="legal_hold.")
    assert (placed["details"]["before"], placed["details"]["after"]) == (None, "stands")
    assert (lifted["details"]["before"], lifted["details"]["after"]) == ("stands", "lifted")
    assert placed["details"]["confirmed_by"] == lifted["details"]["confirmed_by"] == "password"


def test_nothing_found_and_gone_already_are_told_apart(world, ask):
    assert type_of(ask("POST", ERASURES, json=ERASE)) == (404, "nothing-found")
    of_patient(world)
    assert ask("POST", ERASURES, json=ERASE).status_code == 201
    again = ask("POST", ERASURES, json=ERASE)
    assert type_of(again) == (409, "erased-already")
    assert "gone already, the last since 20" in again.json()["detail"]
    none = ask("POST", HOLDS, json=PLACE | {"exchange_id": "nobody's"})
    assert type_of(none) == (404, "nothing-found")


@pytest.mark.parametrize(
    ("person", "kind"),
    [
        ("vera", "missing-role"),
        ("erik", "missing-role"),
        ("lena", "missing-role"),
        ("otto", "wrong-tenant"),
    ],
)
def test_nobody_else_places_lifts_or_erases_and_the_attempt_is_on_record(
    world, ask, person, kind
):
    id = of_patient(world)
    number = ask("POST", HOLDS, json=PLACE).json()["hold"]["id"]
    acts = [(ERASURES, ERASE), (HOLDS, PLACE), (f"{HOLDS}/{number}/lift", WHY)]
    for path, body in acts:
        assert type_of(ask("POST", path, person, json=body)) == (403, kind)
    assert kept(world, id)
    assert len(told(world, prefix="access.denied")) == len(acts)
    assert ask("GET", HOLDS, person).status_code == (200 if person in ("lena", "otto") else 403)
    assert ask("GET", HOLDS, "otto").json()["holds"] == []


@pytest.mark.parametrize("proof", ["", "wrong"])
def test_who_proves_nothing_gets_nothing(world, ask, proof):
    id = of_patient(world)
    number = ask("POST", HOLDS, json=PLACE | {"exchange_id": world.exchange()}).json()["hold"][
        "id"
    ]
    acts = [(ERASURES, ERASE), (HOLDS, PLACE), (f"{HOLDS}/{number}/lift", WHY)]
    for path, body in acts:
        assert type_of(ask("POST", path, json=body | {"proof": proof})) == (403, "not-proven")
    assert kept(world, id)
    assert len(told(world, prefix="legal_hold.")) == 1


def test_the_same_request_with_the_same_key_is_done_once(world, ask):
    of_patient(world)
    key = {"idempotency-key": "k1"}
    first, again = [ask("POST", ERASURES, headers=key, json=ERASE) for _ in range(2)]
    assert first.json() == again.json()
    assert (first.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert len(told(world, prefix="payload.erased")) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"pseudonym": "A" * 20}, "not by both"),
        ({"patient": ""}, "must name a patient"),
        ({"reason": " "}, "`reason`"),
        ({"pseudonym": "lower", "patient": ""}, "`pseudonym`"),
        ({"exchange": "x"}, "`exchange` is not asked for"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(ask, body, said):
    answer = ask("POST", ERASURES, json=ERASE | body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_a_pepper_that_was_replaced_erases_nobody(world, ask):
    id = of_patient(world)
    (pepper,) = world.home.path.rglob("clinic/pepper.key")
    pepper.write_bytes(bytes(reversed(pepper.read_bytes())))
    said = ask("POST", ERASURES, json=ERASE)
    assert said.status_code == 503
    assert kept(world, id)


def test_the_list_of_holds_comes_in_pages(world, ask):
    ids = [ask("POST", HOLDS, json=PLACE).json()["hold"]["id"] for _ in range(3)]
    page = ask("GET", HOLDS, params={"limit": 2}).json()
    assert [one["id"] for one in page["holds"]] == [ids[2], ids[1]]
    rest = ask("GET", HOLDS, params={"limit": 2, "before": page["next"]}).json()
    assert ([one["id"] for one in rest["holds"]], rest["next"]) == ([ids[0]], None)
