"""`crossfade watch`, on a terminal and without one."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from click.testing import CliRunner
from looks import PROPOSAL, a_look, a_row
from rich.console import Console

from cutover.cli import watch as watching
from cutover.cli.changes import Wanted
from cutover.cli.control import ControlError
from cutover.cli.watch import Watched, watch
from mirror.journal.store import Store, StoreError

MIRROR, CANARY = a_look(a_row()), a_look(a_row(stage="canary", share=5.0))


def watched(first=MIRROR, **wanted):
    one = Watched(Wanted(**wanted))
    one.see(first, "", 0)
    return one


def then(*looks):
    """A way to look that gives one after another, or raises it, and ends the watch as ctrl-C does."""
    left = list(looks)

    def again():
        if not left:
            raise KeyboardInterrupt
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one, ""

    return again


def lines(of, again, as_json=False):
    with pytest.raises(KeyboardInterrupt):
        watching._lines(of, again, 2.0, as_json, pause=lambda _: None)


def test_without_a_terminal_each_change_is_a_line(capsys):
    lines(watched(), then(MIRROR, CANARY, CANARY, MIRROR))
    told = [line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert told == [
        "clinic chat: mirror -> canary",
        "clinic chat: 0 % -> 5 % of the sessions",
        "clinic chat: canary -> mirror",
        "clinic chat: 5 % -> 0 % of the sessions",
    ]


def test_json_is_one_object_a_change(capsys):
    lines(watched(), then(CANARY), as_json=True)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert {**first, "at_us": 0} == {
        "at_us": 0,
        "tenant": "clinic",
        "route": "chat",
        "what": "stage",
        "before": "mirror",
        "after": "canary",
        "says": "mirror -> canary",
    }
    assert (second["what"], second["before"], second["after"]) == ("share", 0.0, 5.0)


def test_the_first_look_is_a_change_from_nothing():
    found = Watched(Wanted()).see(CANARY, "", 0)
    assert [(one.what, one.before, one.after) for one in found] == [("stage", None, "canary")]


@pytest.mark.parametrize("fault", [ControlError("it said no", 500), StoreError("locked")])
def test_a_look_that_fails_is_told_once_and_ends_no_watch(capsys, fault):
    lines(watched(), then(fault, fault, CANARY))
    told = capsys.readouterr()
    assert told.err == f"crossfade: {fault}\n"
    assert "mirror -> canary" in told.out


def test_a_look_that_takes_long_is_taken_less_often():
    of, rests = watched(), []
    of.took_s = 5.0
    pause = rests.append

    with pytest.raises(KeyboardInterrupt):
        watching._lines(of, then(MIRROR), 2.0, False, pause)
    assert rests == [15.0, 2.0]


def a_terminal(width=100, height=24):
    return Console(
        file=io.StringIO(), force_terminal=True, width=width, height=height, color_system=None
    )


def on_terminal(of, again, console):
    with pytest.raises(KeyboardInterrupt):
        watching._board(of, again, 2.0, console, pause=lambda _: None)
    return console.file.getvalue()


def test_on_a_terminal_the_board_is_drawn_in_place_and_the_terminal_given_back():
    text = on_terminal(watched(), then(CANARY), a_terminal())
    entered, left = text.index("\x1b[?1049h"), text.index("\x1b[?1049l")
    board, after = text[entered:left], text[left:]
    assert "canary" in board and "5 %" in board
    assert "\x1b[2J" not in board  # it is overwritten, not cleared: clearing flickers
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is back
    assert "clinic chat: mirror -> canary" in after  # what happened stays to be read


def test_between_two_looks_the_board_is_drawn_once_unless_the_terminal_changes():
    console, drawn = a_terminal(), []
    of = watched()
    of_size = of.screen
    sizes = iter([None, (60, 20), *[None] * 50])

    def pause(_):
        size = next(sizes)
        if size:
            console._width, console._height = size

    class Spied:
        def screen(self, *size):
            drawn.append(size[:2])
            return of_size(*size)

        def __getattr__(self, name):
            return getattr(of, name)

    with pytest.raises(KeyboardInterrupt):
        watching._board(Spied(), then(), 2.0, console, pause)
    assert drawn == [(100, 24), (60, 20)]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("height", [5, 24, 50])
@pytest.mark.parametrize("count", [0, 1, 30, 400])
def test_the_board_fits_any_terminal(width, height, count):
    rows = [a_row(f"clinic-{number}", waits_for="a lead " * 12) for number in range(count)]
    look = {**MIRROR, "rollouts": rows}
    of = watched(look)
    of.see(
        {**look, "rollouts": [{**one, "stage": "live"} for one in rows[:3]] + rows[3:]}, "", 1
    )
    drawn = of.screen(width, height, 2.0).split("\n", allow_blank=True)
    assert len(drawn) <= height
    assert max(line.cell_len for line in drawn) <= width


def test_rollouts_that_have_no_room_are_counted():
    rows = [a_row(f"clinic-{number:03}") for number in range(400)]
    text = watched({**MIRROR, "rollouts": rows}).screen(200, 20, 2.0).plain
    shown = text.count("clinic-")
    assert 10 <= shown < 20
    assert f"{400 - shown} more rollouts: --tenant, --route or words show fewer" in text


def test_only_what_has_the_words_is_on_the_board():
    look = {
        **MIRROR,
        "rollouts": [a_row("a"), a_row("b", proposal=PROPOSAL, waits_for="a lead")],
    }
    text = watched(look, words=("lead",)).screen(120, 20, 2.0).plain
    assert "1 rollout: 1 mirror" in text and "\na " not in text


def test_what_is_the_case_instead_stands_on_top():
    of = watched()
    down = a_look(a_row(last_reason="looks right"), controller="down")
    of.see(down, "no controller answers at http://x", 5)
    top = of.screen(200, 24, 2.0).plain.splitlines()[1]
    assert top == "no controller answers at http://x; what follows is the last that is known"


def test_what_the_api_says_no_to_ends_the_command(home, monkeypatch):
    monkeypatch.setattr(
        watching, "look", lambda *_: (_ for _ in ()).throw(ControlError("no", 403))
    )
    done = CliRunner().invoke(watch, ["--data", str(home.path)])
    assert (done.exit_code, done.stderr) == (1, "crossfade: no\n")


def test_a_watch_that_is_ended_by_hand_ends_well(home, monkeypatch):
    monkeypatch.setattr(watching, "look", lambda *_: (MIRROR, "no controller"))
    monkeypatch.setattr(watching, "_lines", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    done = CliRunner().invoke(watch, ["--data", str(home.path)])
    assert (done.exit_code, "Aborted" in done.output) == (0, False)
    assert "1 rollout: 1 mirror; a line for each change follows" in done.stdout
    assert "no controller\nread from the store" in done.stderr


@pytest.mark.parametrize("as_json", [False, True])
def test_what_people_and_models_wrote_cannot_move_the_cursor(capsys, as_json):
    nasty = a_look(
        a_row(held_by="erik", hold_reason="\x1b[2J\x9b2Joh\nno", waits_for="\x1b[2J")
    )
    of = watched()
    assert "\x1b[2J" not in on_terminal(of, then(nasty), a_terminal())
    capsys.readouterr()
    lines(watched(), then(nasty), as_json)
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "\x1b" not in out and "\x9b" not in out


@pytest.fixture
def heeds_interrupts():
    """Children heed SIGINT, also where these tests run in the background, where a shell has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.deep
@pytest.mark.usefixtures("heeds_interrupts")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_real_terminal_is_given_back_at_a_signal(home, number):
    Store.open(home.store_url).close()
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cutover.cli", "watch", "--data", str(home.path)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        text = b""
        while b"no rollout" not in text:
            text += os.read(ours, 65536)
        child.send_signal(number)
        assert child.wait(60) == 0
        with suppress(OSError):  # the end of a terminal that nobody holds
            while more := os.read(ours, 65536):
                text += more
    os.close(ours)
    assert text.index(b"\x1b[?1049h") < text.index(b"\x1b[?1049l")
    assert b"\x1b[?25h" in text and b"Traceback" not in text and b"Aborted" not in text
