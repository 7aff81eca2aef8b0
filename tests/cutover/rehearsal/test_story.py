import io

import pytest
from rehearsed import a_proposal, a_view
from rich.console import Console

from cutover.rehearsal.driver import Tally
from cutover.rehearsal.screen import Screen
from cutover.rehearsal.story import Story, news


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (None, {}, ["is in", "mirror", "0 %"]),
        ({}, {}, []),
        ({}, {"epoch": 2, "stage": "canary", "share": 20.0}, ["canary", "20 %"]),
        (
            {"epoch": 2, "stage": "canary", "share": 20.0},
            {"epoch": 3, "stage": "rolled_back", "reasons": ["flags 90 % where 15 % may be"]},
            ["rolled_back", "flags 90 %"],
        ),
        ({}, {"proposal": a_proposal()}, ["promotion is shown", "the move to 20 %"]),
        ({"proposal": a_proposal()}, {"proposal": a_proposal()}, []),
    ],
)
def test_only_what_is_new_is_said(before, now, words):
    said = news(None if before is None else a_view(**before), a_view(**now))
    assert bool(said) == bool(words)
    for word in words:
        assert word in said[0]


def test_a_story_keeps_the_latest_view_and_says_each_move_once():
    console = Console(file=io.StringIO(), width=200)
    story = Story(Screen(console), {"clinic-1": Tally()})
    for view in (a_view(), a_view(), a_view(epoch=2, stage="canary")):
        story.saw(view)
    assert story.latest[("clinic-1", "chat")].stage == "canary"
    assert console.file.getvalue().count(" is in ") == 2
