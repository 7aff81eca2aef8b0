import io

import pytest
from rehearsed import a_proposal, a_view
from rich.console import Console

from cutover.rehearsal.driver import Tally
from cutover.rehearsal.screen import Screen, board, progress, row_text, verdict_text


def on_a(console, shown):
    shown(Screen(console, of=40))
    return console.file.getvalue()


def show(screen):
    tallies = {"clinic-1": Tally(sent=9, answered=7, client_errors=1)}
    with screen.redrawing():
        screen.show({("clinic-1", "chat"): a_view()}, tallies)
        screen.show({("clinic-1", "chat"): a_view()}, tallies)


def test_a_log_gets_the_rows_now_and_then():
    text = on_a(Console(file=io.StringIO(), width=200), show)
    assert text.count("clinic-1/chat: mirror 0 %, 8/40 sessions") == 1


def test_a_terminal_gets_a_table_that_is_redrawn():
    console = Console(file=io.StringIO(), width=200, force_terminal=True, _environ={})
    text = on_a(console, show)
    assert "what the evidence says" in text
    assert "\x1b[" in text


def test_a_line_says_when_it_was():
    console = Console(file=io.StringIO(), width=200)
    Screen(console).say("hello")
    assert console.file.getvalue() == "0:00  hello\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "hold: equivalence is not shown yet"),
        ({"reasons": []}, "hold: more sessions"),
        ({"reasons": [], "waits_for": ""}, "hold"),
        ({"reasons": ["a", "b", "c"]}, "hold: a"),
        ({"proposal": a_proposal()}, "waits for an approval: 20 % of the sessions"),
    ],
)
def test_the_verdict_is_told_in_words(changes, words):
    assert verdict_text(a_view(**changes)) == words


def test_progress_names_the_end_where_there_is_one():
    assert progress(Tally(answered=3), 40) == "3/40"
    assert progress(Tally(answered=3), 0) == "3"


def test_a_row_says_where_a_rollout_stands():
    view = a_view(stage="canary", share=20.0, ledger={"compared": 5})
    assert row_text(view, Tally(answered=6), 0).startswith(
        "clinic-1/chat: canary 20 %, 6 sessions, 5 compared; hold"
    )
    assert board({view.key: view}, {"clinic-1": Tally()}, 0).row_count == 1
