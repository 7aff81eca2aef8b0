"""An explanation on a terminal and in a pipe."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from compare.comparison import Performance, Timing
from cutover.cli.explaining import show, visible
from cutover.explanation import Explained, Explanation, Voice

HOSTILE = "a\x1b[31mred\x07 \u202egnp.exe \u2066x\u0085\u2028y\ud800\0"
TIMES = Performance(
    Timing(1200.0, 210.0, 80.0, 20.0, 45.0, 2100.0, 1, 2100.0),
    Timing(900.4),
    61_000.0,
    "candidate",
)


def page(told, *, plain=False, width=120, color=False):
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=color, highlight=False, no_color=plain or None
    )
    show(told, plain=plain, console=console)
    return out.getvalue()


def explanation(primary="Take 500 mg. Rest.", candidate="Take 5000 mg. Rest.", **values):
    flag = Explained("DOSE_CONFLICT", "fail", "5000 mg", "A dose is new.")
    given = {
        "id": "e1",
        "route": "chat",
        "primary": Voice(TIMES.primary, primary),
        "candidate": Voice(TIMES.candidate, candidate),
        "performance": TIMES,
        "attribution": "both_answered",
        "equivalence": 0.5,
        "flags": (flag,),
    }
    return Explanation(**given | values)


def test_a_wide_terminal_shows_both_answers_in_columns():
    wide = page(explanation())
    (line,) = [line for line in wide.splitlines() if "Take" in line]
    assert line.index("Take 500 mg") < line.index("Take 5000 mg")


def test_a_narrow_terminal_shows_one_below_the_other():
    lines = page(explanation(), width=60).splitlines()
    assert "- Take 500 mg." in lines and "+ Take 5000 mg." in lines and "  Rest." in lines


def test_a_line_of_marks_that_one_side_has_alone_is_shown_unmarked():
    lines = page(explanation("Rest.", "Rest.\n---"), plain=True).splitlines()
    assert lines[lines.index("  Rest.") + 1] == "  ---"


def test_differing_words_are_marked_by_more_than_a_colour():
    assert "\x1b[1;4;31m500" in page(explanation(), color=True)
    assert "Take {+5000+} mg." in page(explanation(), plain=True)


def test_plain_lines_are_never_broken():
    long = "word " * 70
    assert long.strip() in page(explanation(long, long), plain=True, width=80)


def test_how_fast_both_were_is_told_and_a_late_copy_is_said():
    out = page(explanation(), plain=True)
    assert "whole answer: primary 1,200 ms, candidate 900 ms" in out
    assert "stalls: primary 1, the longest 2,100 ms, candidate -" in out
    assert "speed: primary 80 characters/s, candidate -" in out
    assert "61,000 ms after the client's request; the candidate's times are no evidence" in out


def test_what_nobody_timed_or_scored_is_left_out():
    nothing = Voice(Timing(), "a")
    out = page(
        explanation(
            primary="a", candidate="a", performance=Performance(), flags=(), equivalence=None
        ),
        plain=True,
    )
    assert "no agreement score" in out and "no flag" in out
    bare = Explanation("e1", "chat", nothing, nothing)
    assert "How fast" not in page(bare, plain=True)
    assert "nothing yet: it was not compared" in page(bare, plain=True)


def test_a_long_prompt_is_shown_in_part():
    out = page(explanation(prompt="x" * 2500), plain=True)
    assert "x" * 2000 + "\n... and 500 characters more" in out


def test_answers_without_words_are_said_to_have_none():
    assert "neither side has words to show" in page(explanation("", ""), plain=True)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("width", [60, 120])
def test_no_text_steers_the_terminal(plain, width):
    flag = Explained(HOSTILE, "fail", HOSTILE, HOSTILE)
    values = {"prompt": HOSTILE, "flags": (flag,), "session": HOSTILE, "tenant": "t"}
    voice = Voice(Timing(), HOSTILE, HOSTILE, HOSTILE, "served", "complete", 200, HOSTILE)
    out = page(
        explanation(**values, primary=voice.text, candidate=voice.text),
        plain=plain,
        width=width,
    ) + page(
        Explanation("e1", HOSTILE, voice, voice, unopened=HOSTILE), plain=plain, width=width
    )
    assert "\x1b[31m" not in out
    assert all(c == "\n" or c.isprintable() for c in out)


@given(
    text=st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]))
)
def test_ordinary_text_stays_as_it_is(text):
    assert visible(text) == text


def test_what_steers_is_written_out():
    assert visible("a\x1b\u202e\nb") == "a<U+001B><U+202E>\nb"
