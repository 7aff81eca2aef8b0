"""One comparison, explained: what is told, what is opened, and what of that is on record."""

import pytest
from rollouts import KEY, World

from compare.cases import Case
from compare.comparison import Pair
from cutover import explanation
from cutover.explanation import Found, NotFound, explain, find
from cutover.people import Actor, Deed, Kind
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError

ME = Deed(Actor(Kind.HUMAN, "os:ines"), 5, "complaint 12")


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


def told(world, id, sealer=..., why=""):
    opening = world.sealer if sealer is ... else sealer
    return explain(world.store, Found(id, *KEY), opening, ME, why)


def test_a_comparison_is_told_with_its_reasons_and_both_answers(world):
    found = told(world, world.exchange(bad=True))
    assert (found.tenant, found.route, found.outcome) == ("clinic", "chat", "compared")
    assert (found.equivalence, found.noise_floor, found.serving) == (0.2, 0.95, "primary")
    (flag,) = found.flags
    assert (flag.code, flag.evidence) == ("DOSE_CONFLICT", "5 mg / 50 mg")
    assert "dose" in flag.meaning
    assert found.prompt.startswith("question")
    assert found.primary.text.startswith("answer of the primary")
    assert found.candidate.text.startswith("answer of the candidate")
    assert (found.candidate.upstream, found.candidate.leg) == ("gpu", "shadow")
    assert found.candidate.timing.total_ms == 200.0


def test_reading_the_words_is_an_event_that_names_who_and_why(world):
    id = world.exchange()
    told(world, id)
    (event,) = world.events("payload.viewed")
    assert event["actor"] == {"kind": "human", "name": "os:ines"}
    assert event["object"] == {"kind": "rollout", "id": "clinic/chat"}
    assert event["reason"] == "complaint 12"
    assert event["details"] == {"exchanges": 1, "exchange": id}


def test_without_the_words_nothing_is_opened_and_nothing_recorded(world):
    found = told(world, world.exchange(bad=True), None, "not asked for")
    assert (found.prompt, found.primary.text, found.candidate.text) == (None, None, None)
    assert (found.unopened, found.flags[0].evidence) == ("not asked for", "")
    assert (found.flags[0].code, found.equivalence) == ("DOSE_CONFLICT", 0.2)
    assert world.events("payload.viewed") == []


def test_where_reading_cannot_be_recorded_nothing_is_opened(world, monkeypatch):
    def full(*args, **values):
        raise StoreError("the disk is full")

    id = world.exchange()
    monkeypatch.setattr(explanation.deeds, "report", full)
    found = told(world, id)
    assert found.primary.text is None and "the disk is full" in found.unopened


def test_words_that_cannot_be_opened_are_missing_and_the_rest_is_told(world, home):
    id = world.exchange(bad=True)
    found = told(world, id, Sealer.open(Home.open(home.path / "other")))
    assert "cannot be opened" in found.unopened
    assert (found.primary.text, found.equivalence) == (None, 0.2)
    assert found.flags[0].evidence == ""


def test_an_exchange_that_waits_is_told_without_a_comparison(world):
    found = told(world, world.exchange(pending=True))
    assert (found.outcome, found.attribution, found.flags) == ("pending", "", ())
    assert found.candidate.text.startswith("answer of the candidate")


def test_an_id_is_found_by_its_beginning(world):
    id = world.exchange()
    assert find(world.store, id) == find(world.store, id[:20]) == Found(id, *KEY)


def test_an_id_that_means_several_or_none_is_refused_with_what_to_do(world):
    ids = [world.exchange() for _ in range(7)]
    with pytest.raises(NotFound, match="write more of one") as fault:
        find(world.store, "0")
    assert str(fault.value).count("clinic chat") == 5 and "..." in str(fault.value)
    with pytest.raises(NotFound, match="x-crossfade-exchange"):
        find(world.store, ids[0] + "f" if len(ids[0]) < 36 else "f" * 36)
    for odd in ("", "%", "a b", "x" * 37):
        with pytest.raises(NotFound, match="no id"):
            find(world.store, odd)


def test_a_pair_out_of_a_file_is_told_as_far_as_it_is_known(world):
    id = world.exchange(bad=True)
    with world.store.read() as conn:
        row = explanation.ledger.of_exchange(conn, id)
    case = Case("p1", Pair("reason", "ask", "yes", "no"))
    comparison = type("Comparison", (), {name: getattr(row, name) for name in row.__slots__})
    found = explanation.of_pair(case, comparison)
    assert (found.id, found.tenant, found.route) == ("p1", "", "reason")
    assert (found.primary.text, found.candidate.text, found.prompt) == ("yes", "no", "ask")
