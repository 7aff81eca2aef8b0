import pytest
from rehearsed import a_proposal, a_view

from cutover.rehearsal.chapters import AFTERWARDS, GOOD_SESSIONS, Chapter, Fate, the_clinics
from cutover.rehearsal.driver import Tally


def told(chapter, *turns):
    """Takes a chapter through stages, with how many sessions were over at each."""
    for stage, done in turns:
        view, tally = a_view(stage=stage), Tally(answered=done)
        chapter.turns_bad(view, tally)
        chapter.saw(view, tally)
    return chapter


def test_a_healthy_clinic_ends_live_some_sessions_later():
    chapter = told(Chapter("a"), ("mirror", 40), ("canary", 60), ("live", 100))
    assert chapter.fate is Fate.GOING
    told(chapter, ("live", 100 + AFTERWARDS - 1))
    assert chapter.fate is Fate.GOING
    told(chapter, ("live", 100 + AFTERWARDS))
    assert chapter.fate is Fate.AS_TOLD
    assert chapter.end().startswith("live")


def test_a_healthy_clinic_that_is_rolled_back_ends_otherwise():
    chapter = told(Chapter("a"), ("rolled_back", 10), ("rolled_back", 10 + AFTERWARDS))
    assert chapter.fate is Fate.OTHERWISE
    assert "not its story" in chapter.end()


@pytest.mark.parametrize("stage", ["canary", "live"])
def test_a_candidate_turns_bad_once_it_has_answered_clients_for_a_while(stage):
    chapter = Chapter("a", turns=True)
    view = a_view(stage=stage)
    assert not chapter.turns_bad(a_view(), Tally(answered=30))
    assert not chapter.turns_bad(view, Tally(answered=40))
    assert not chapter.turns_bad(view, Tally(answered=39 + GOOD_SESSIONS))
    assert chapter.turns_bad(view, Tally(answered=40 + GOOD_SESSIONS))
    assert not chapter.turns_bad(view, Tally(answered=90))


def test_a_turned_clinic_ends_rolled_back():
    chapter = told(Chapter("a", turns=True), ("canary", 40), ("canary", 40 + GOOD_SESSIONS))
    assert chapter.bad
    told(chapter, ("rolled_back", 60), ("rolled_back", 60 + AFTERWARDS))
    assert chapter.fate is Fate.AS_TOLD
    assert "nobody acting" in chapter.end()


def test_a_clinic_rolled_back_before_it_turned_ends_otherwise():
    chapter = told(Chapter("a", turns=True), ("rolled_back", 5), ("rolled_back", 50))
    assert chapter.fate is Fate.OTHERWISE


def test_lines_are_kept_while_a_proposal_waits_and_after_the_end():
    chapter, tally = Chapter("a"), Tally()
    chapter.saw(a_view(), tally)
    assert not chapter.rests(tally)
    chapter.saw(a_view(proposal=a_proposal()), tally)
    assert chapter.rests(tally)
    chapter.saw(a_view(), tally)
    assert not chapter.rests(tally)
    assert told(chapter, ("live", 1), ("live", 1 + AFTERWARDS)).rests(tally)


@pytest.mark.parametrize(
    ("turns", "step", "kept"), [(False, 0, 4), (False, 1, 0), (True, 0, 0), (True, 1, 0)]
)
def test_half_the_lines_of_an_early_step_are_kept_but_not_of_a_clinic_that_turns(
    turns, step, kept
):
    chapter = Chapter("a", turns=turns)
    chapter.saw(a_view(stage="canary", step=step), Tally())
    assert sum(chapter.rests(Tally(sent=sent)) for sent in range(8)) == kept


def test_there_are_three_clinics_of_which_one_turns_and_one_forbids_the_cloud():
    clinics = the_clinics()
    assert len(clinics) == 3
    assert [one.tenant for one in clinics if one.turns] == ["klinik-harapan"]
    assert [one.tenant for one in clinics if one.forbids_cloud] == ["klinik-tertutup"]
    assert clinics[0].end() == "its story is not at its end"
