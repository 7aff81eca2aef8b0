import io
from pathlib import Path

import pytest
from rehearsed import a_proposal, a_view
from rich.console import Console

from cutover.rehearsal.answers import Line, Recording
from cutover.rehearsal.chapters import AFTERWARDS, GOOD_SESSIONS, the_clinics
from cutover.rehearsal.clinics import CLOUD, ELSEWHERE
from cutover.rehearsal.demo import Demo, DemoSettings, Scenery
from cutover.rehearsal.driver import Tally
from cutover.rehearsal.replay import Replay, Worsening
from cutover.rehearsal.screen import Screen
from cutover.rehearsal.servers import Listener, ReplayServer


def a_demo(**settings):
    chapters = {chapter.tenant: chapter for chapter in the_clinics()}
    cloud = ReplayServer(Replay({}, {}), base_url="http://cloud/v1")
    scenery = Scenery({CLOUD: cloud}, Listener("http://elsewhere/v1"), Worsening("broken"))
    return Demo(
        DemoSettings(**settings),
        Screen(Console(file=io.StringIO(), width=300)),
        Recording((Line("1", "chat", "one?", {}),), 0, {}),
        scenery,
        chapters,
        {name: Tally() for name in chapters},
        Path("/tmp/my data"),
    )


def told(demo, tenant, *turns):
    for stage, done in turns:
        demo.tallies[tenant].sent = demo.tallies[tenant].answered = done
        demo.saw(a_view(tenant=tenant, stage=stage))
    return demo.screen.console.file.getvalue()


def test_the_candidate_turns_bad_from_the_next_session_on_and_it_is_said():
    demo = a_demo()
    text = told(demo, "klinik-harapan", ("canary", 50), ("canary", 50 + GOOD_SESSIONS))
    assert demo.scenery.worsening.after == {"klinik-harapan": 51 + GOOD_SESSIONS}
    assert "broken answers from now on" in text


def test_it_is_over_when_every_story_has_ended():
    demo = a_demo()
    for tenant in ("klinik-sihat", "klinik-tertutup"):
        told(demo, tenant, ("live", 90), ("live", 90 + AFTERWARDS))
    assert not demo.over
    told(demo, "klinik-harapan", ("canary", 5), ("canary", 50))
    text = told(demo, "klinik-harapan", ("rolled_back", 60), ("rolled_back", 60 + AFTERWARDS))
    assert demo.over
    assert text.count("live: the candidate answers every session") == 2
    assert "rolled back with nobody acting" in text


def test_it_is_over_after_the_longest_time():
    demo = a_demo()
    demo.started_s -= 31 * 60
    assert demo.over


def test_addresses_are_known_by_upstream():
    assert a_demo().scenery.urls() == {
        CLOUD: "http://cloud/v1",
        ELSEWHERE: "http://elsewhere/v1",
    }


@pytest.mark.parametrize(("ask", "times"), [(True, 1), (False, 0)])
def test_the_command_to_paste_is_said_once_a_proposal(ask, times):
    demo = a_demo(ask=ask)
    for _ in range(2):
        demo.saw(a_view(tenant="klinik-sihat", proposal=a_proposal()))
    text = demo.screen.console.file.getvalue()
    assert text.count("approve klinik-sihat/chat --as lead --reason") == times
    assert text.count("--data '/tmp/my data'") == times


@pytest.mark.parametrize("ask", [True, False])
def test_a_story_without_its_end_is_a_fault_only_where_nobody_was_asked(ask):
    demo = a_demo(ask=ask)
    assert demo.as_told() == ask
    told(demo, "klinik-sihat", ("rolled_back", 60), ("rolled_back", 60 + AFTERWARDS))
    assert not demo.as_told()
